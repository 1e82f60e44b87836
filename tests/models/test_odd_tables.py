"""Tables as they really come: each is read, with what was repaired told, or refused in words."""

import csv
import datetime
import io
import tempfile
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from models import columns, tables
from models.columns import Kind
from models.errors import ModelsError, TableError

ROWS = range(60)
ODD_CELLS = (
    "", "NA", "inf", "-inf", "nan", "1e999", "12%", "1.234,5", "True", "false", "2024-01-02", "9" * 40, '"', "a,b",
    "x\ny", ";", "0x1", "１２", "²", "1_000", "2024-13-40", "--5", "+", "€",
)  # fmt: skip
CELLS = st.one_of(
    st.text(max_size=8),
    st.sampled_from(ODD_CELLS),
    st.floats().map(str),
    st.integers().map(str),
    st.dates().map(str),
)
TABLES = st.integers(1, 4).flatmap(
    lambda width: st.lists(st.lists(CELLS, min_size=width, max_size=width), min_size=1, max_size=30)
)


def read(folder: Path, content: str | bytes, *, header: bool = True) -> pl.DataFrame:
    path = folder / "t.csv"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return tables.read(path, header=header)


def kinds(frame: pl.DataFrame) -> dict[str, Kind]:
    return {column.name: column.kind for column in columns.infer(frame)}


def lines(*cells: str) -> str:
    return "".join(f"{cell}\n" for cell in cells)


def understood(content: bytes, header: bool) -> None:
    """Every table is understood or refused with an error of ours."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            frame = read(Path(folder), content, header=header)
            found = columns.infer(frame)
            columns.typed(frame, found)
        except ModelsError:
            return
        assert [column.name for column in found] == frame.columns


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.binary(max_size=200), st.booleans())
def test_any_bytes_are_a_table_or_an_error_of_ours(content, header):
    understood(content, header)


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(
    TABLES, st.sampled_from(",;\t|"), st.booleans(), st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "gb18030"]),
    st.booleans(),
)  # fmt: skip
def test_any_cells_are_a_table_or_an_error_of_ours(rows, delimiter, quoted, encoding, header):
    out = io.StringIO()
    if quoted:
        csv.writer(out, delimiter=delimiter).writerows(rows)
    else:
        out.write("\n".join(delimiter.join(row) for row in rows))
    understood(out.getvalue().encode(encoding, errors="replace"), header)


def test_a_byte_order_mark_is_no_part_of_a_quoted_name(tmp_path):
    assert read(tmp_path, '\ufeff"a","b"\n1,x\n2,y\n').columns == ["a", "b"]


def test_quoted_cells_may_hold_lines_and_delimiters(tmp_path):
    frame = read(tmp_path, "name;note\r\n" + "".join(f'n{i};"one\r\ntwo; {i}"\r\n' for i in ROWS))
    assert (frame.height, frame["note"][3]) == (60, "one\r\ntwo; 3")


def test_a_name_over_two_lines_is_one_name(tmp_path):
    assert read(tmp_path, '"first\nname",b\nx,2\ny,3\n').columns == ["first name", "b"]


def test_a_trailing_delimiter_makes_an_empty_column(tmp_path):
    assert kinds(read(tmp_path, "a,b,\n" + "".join(f"{i % 9},x{i % 2},\n" for i in ROWS)))["column_3"] == Kind.EMPTY


def test_a_trailing_delimiter_in_the_rows_alone_is_refused(tmp_path):
    with pytest.raises(TableError, match="not a table with 2 columns in every line"):
        read(tmp_path, "a,b\n1,x,\n2,y,\n")


def test_a_name_of_ours_may_be_taken(tmp_path):
    with pytest.raises(TableError, match="more than one column named column_2"):
        read(tmp_path, "column_1,,column_2\nx,1,2\ny,2,3\n")


def test_one_column_is_a_table(tmp_path):
    assert read(tmp_path, "age\n31\n\n42\n")["age"].to_list() == ["31", None, "42"]


def test_lines_without_any_value_are_no_rows(tmp_path):
    assert read(tmp_path, "a,b\n\n1,x\n\n,\n2,y\n\n").height == 2


def test_the_hint_of_a_spreadsheet_is_followed(tmp_path):
    frame = read(tmp_path, "sep=;\na;b\nx;1,5\ny;2,5\n")
    assert frame.rows() == [("x", "1,5"), ("y", "2,5")]


def test_half_a_utf_16_file_is_refused(tmp_path):
    with pytest.raises(TableError, match="utf_16"):
        read(tmp_path, "a,b\nx,1\n".encode("utf-16") + b"x")


@pytest.mark.parametrize(
    ("cells", "kind", "stray"),
    [
        ([f"{i * i % 90} %" for i in ROWS], Kind.NUMBER, 0),
        ([str(10**30 + i * i) for i in ROWS], Kind.NUMBER, 0),
        ([str(2**63 - 1 - i * i) for i in ROWS], Kind.NUMBER, 0),
        (["inf" if i < 6 else "-Infinity" if i < 9 else str(i * i) for i in ROWS], Kind.NUMBER, 9),
        (["1e400" if i < 30 else str(i * i) for i in ROWS], Kind.NUMBER, 30),
        (["nan" if i < 30 else str(i * i) for i in ROWS], Kind.NUMBER, 0),
        (["" if i % 3 else f"2024-01-{1 + i % 28:02}" for i in ROWS], Kind.DATE, 0),
        (["x" if i % 2 else str(i) for i in ROWS], Kind.CATEGORY, 0),
        ([f"word{i}" for i in ROWS], Kind.IDENTIFIER, 0),
        ([str(bool(i % 2)) for i in ROWS], Kind.CATEGORY, 0),
    ],
)
def test_odd_values_have_a_kind(tmp_path, cells, kind, stray):
    frame = read(tmp_path, "column\n" + lines(*cells))
    found = columns.infer(frame)[0]
    assert (found.kind, found.stray) == (kind, stray)
    if kind == Kind.NUMBER:
        assert columns.typed(frame, [found])["column"].drop_nulls().is_finite().all()


@pytest.mark.parametrize("values", [["True", "False"] * 30, ["TRUE", "FALSE"] * 30, [True, False] * 30])
def test_true_and_false_are_the_same_in_every_spelling(values):
    frame = pl.DataFrame({"married": values})
    assert columns.typed(frame, columns.infer(frame))["married"].to_list() == ["true", "false"] * 30


def test_a_category_of_numbers_is_the_same_from_text_and_from_floats():
    found = columns.infer(pl.DataFrame({"plan": ["1", "2"] * 30}), {"plan": Kind.CATEGORY})
    assert columns.typed(pl.DataFrame({"plan": [1.0, 2.0, None]}), found)["plan"].to_list() == ["1", "2", None]


@pytest.mark.parametrize(
    ("values", "dtype", "kind"),
    [
        (["x", "y"], pl.Categorical, Kind.CATEGORY),
        (["x", "y"], pl.Enum(["x", "y"]), Kind.CATEGORY),
        ([datetime.time(1), None], pl.Time, Kind.NUMBER),
        ([datetime.timedelta(1), None], pl.Duration, Kind.NUMBER),
        ([datetime.datetime(2024, 1, 1, tzinfo=datetime.UTC), None], pl.Datetime(time_zone="UTC"), Kind.DATE),
        ([Decimal("1.5"), None], pl.Decimal(10, 2), Kind.NUMBER),
        ([10**30, None], pl.Int128, Kind.NUMBER),
        ([float("nan"), float("inf"), 1.0], pl.Float64, Kind.NUMBER),
        (["NA", " ", None], pl.String, Kind.EMPTY),
        ([None, None], pl.Null, Kind.EMPTY),
    ],
)
def test_parquet_types_have_a_kind(tmp_path, values, dtype, kind):
    path = tmp_path / "t.parquet"
    pl.DataFrame({"column": pl.Series(values, dtype=dtype)}).write_parquet(path)
    frame = tables.read(path)
    found = columns.infer(frame)
    columns.typed(frame, found)
    assert found[0].kind == kind


@pytest.mark.parametrize("values", [[[1], [2]], [{"x": 1}, {"x": 2}], [b"\xff", b"\x00"]])
def test_parquet_columns_of_many_values_are_refused(tmp_path, values):
    path = tmp_path / "t.parquet"
    pl.DataFrame({"deep": values}).write_parquet(path)
    with pytest.raises(TableError, match="Column deep holds"):
        tables.read(path)


@pytest.mark.parametrize("name", ["id", "customer_id", "policyId", "客户编号"])
def test_whoever_has_several_rows_is_a_group(name):
    assert kinds(pl.DataFrame({name: [str(10_000 + 7 * (i // 3)) for i in range(90)]}))[name] == Kind.GROUP


def test_an_id_that_repeats_once_or_twice_still_ties_its_rows():
    assert kinds(pl.DataFrame({"customer_id": [f"C{max(i, 3):04}" for i in range(200)]}))["customer_id"] == Kind.GROUP
