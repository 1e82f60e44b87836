from datetime import date

import polars as pl
import pytest

from models import customers, facts
from models.cli import main
from tests.factories import crm as make
from tests.models.needs.test_findings import two_kinds


@pytest.fixture
def table(tmp_path):
    held = pl.DataFrame({"home": ["yes", "no"] * 200, "life": ["yes", "no"] * 200})
    path = tmp_path / "t.csv"
    pl.concat([two_kinds(), held], how="horizontal").write_csv(path)
    return path


@pytest.mark.parametrize(("language", "words"), [("en", "What customers need"), ("zh", "客户需求分析")])
def test_the_report_of_a_table_is_one_page_that_needs_no_network(tmp_path, table, language, words):
    out = tmp_path / "n.html"
    arguments = ["--table", str(table), "--compare", "kind", "--products", "home", "life", "--language", language]
    assert main(["needs", *arguments, "--out", str(out)]) == 0
    page = out.read_text(encoding="utf-8")
    assert words in page
    assert "<script" not in page
    assert "<link" not in page


def test_an_unknown_column_is_named(tmp_path, table, capsys):
    assert main(["needs", "--table", str(table), "--compare", "size", "--out", str(tmp_path / "n.html")]) == 1
    assert "no column size" in capsys.readouterr().err


def test_the_store_s_customers_become_a_table_without_names(sqlite_store):
    with sqlite_store.session() as session:
        make.a_policy(session)
    with sqlite_store.reading() as session:
        people, contracts = customers.tables(facts.of_all(session, date(2026, 11, 22)), date(2026, 11, 22))
    assert (people.height, contracts.height) == (1, 1)
    assert not {"name", "given_name", "email", "phone", "address"} & set(people.columns)
