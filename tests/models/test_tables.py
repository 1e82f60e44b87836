import polars as pl
import pytest

from models import tables
from models.errors import TableError


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(tmp_path, delimiter):
    path = tmp_path / "t.csv"
    path.write_text("\n".join(delimiter.join(row) for row in [["name", "age"], ["Ann", "30"], ["Bo, jr", "40"]]))
    if delimiter == ",":
        path.write_text('name,age\nAnn,30\n"Bo, jr",40\n')
    assert tables.read(path).rows() == [("Ann", "30"), ("Bo, jr", "40")]


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("utf-8", "姓名,年龄\n张三,30\n"),
        ("utf-8-sig", "姓名,年龄\n张三,30\n"),
        ("utf-16", "姓名,年龄\n张三,30\n"),
        ("gb18030", "姓名,年龄,城市\n张三,30,上海\n李四,41,北京\n王五,22,广州\n"),
        ("latin-1", "prénom;âge;métier\nHélène;30;députée\nRené;41;élève\n"),
    ],
)
def test_the_encoding_is_found(tmp_path, encoding, text):
    path = tmp_path / "t.csv"
    path.write_bytes(text.encode(encoding))
    table = tables.read(path)
    header, first = text.splitlines()[:2]
    separator = ";" if ";" in header else ","
    assert table.columns == header.split(separator)
    assert table.row(0) == tuple(first.split(separator))


def test_blanks_cut_only_what_they_cut_evenly(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("a b c\n1 2 x\n3 4 y\n")
    assert tables.read(path).rows() == [("1", "2", "x"), ("3", "4", "y")]
    path.write_text("note\nall is well\ncalled twice, came once\nno\n".replace(",", ""))
    assert tables.read(path).columns == ["note"]


def test_what_stands_for_nothing_is_missing(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("a,b\nNA,1\n?,2\nnull,3\n")
    assert tables.read(path)["a"].null_count() == 3


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("", "is empty"),
        ("a,b\n", "holds a header and no rows"),
        ("1,2,3\n4,5,6\n7,8,9\n", "--no-header"),
        ("a,a\n1,2\n", "more than one column named a"),
        ("a,b\n1,2\n3,4,5\n", "not a table with 2 columns"),
        ("PK\x03\x04rest", "spreadsheet"),
    ],
)
def test_what_is_no_table_says_so(tmp_path, content, words):
    path = tmp_path / "t.csv"
    path.write_text(content)
    with pytest.raises(TableError, match=words):
        tables.read(path)


def test_a_missing_file_is_named(tmp_path):
    with pytest.raises(TableError, match=r"no file .*away\.csv"):
        tables.read(tmp_path / "away.csv")


def test_a_table_without_names_gets_numbers(tmp_path):
    path = tmp_path / "t.csv"
    path.write_text("1,2\n3,4\n")
    assert tables.read(path, header=False).columns == ["column_1", "column_2"]


def test_batches_hold_the_whole_table_in_order(tmp_path):
    path = tmp_path / "t.parquet"
    pl.DataFrame({"n": range(1000)}).write_parquet(path)
    parts = list(tables.batches(path, rows=300))
    assert len(parts) > 1
    assert pl.concat(parts)["n"].to_list() == list(range(1000))
