from datetime import date

import polars as pl
import pytest

from crm.demo import Job, fill
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


def test_customers_and_contracts_are_read_as_the_offers_read_them(sqlite_store):
    day = date(2026, 11, 22)
    with sqlite_store.session() as session:
        policy = make.a_policy(session)
        for status in ("open", "overdue", "paid"):
            make.an_invoice(session, policy, due_on=date(2026, 10, 1), status=status)
        gone = make.a_customer(session, email="gone@example.com", phone="+15550000009")
        gone.erased_at = make.NOW
        session.flush()
        people, contracts = customers.tables(facts.of_all(session, day), day)
    assert people.select("overdue invoices", "policies", "left").rows() == [(2, 1, "no")]
    assert contracts["ended"].to_list() == [False]


def test_the_store_s_report_speaks_the_reader_s_language(tmp_path, monkeypatch, sqlite_store):
    monkeypatch.setattr("models.needs.command.Store.from_settings", lambda: sqlite_store)
    fill(sqlite_store, Job(200, 3, "2026-11-20"), key_file=None)
    out = tmp_path / "n.html"
    assert main(["needs", "--language", "zh", "--out", str(out)]) == 0
    page = out.read_text(encoding="utf-8")
    assert "已离开" in page
    assert "holds" not in page
    assert "premium a year" not in page
