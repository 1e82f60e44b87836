import datetime

import polars as pl
import pytest

from models import columns
from models.columns import Kind
from models.errors import TableError

ROWS = 90


def kind_of(name: str, values: list) -> Kind:
    return columns.infer(pl.DataFrame({name: values}))[0].kind


@pytest.mark.parametrize(
    ("name", "values", "kind"),
    [
        ("age", [str(20 + n % 50) for n in range(ROWS)], Kind.NUMBER),
        ("premium", [f"${1000 + n * 37 % 900:,}.50" for n in range(ROWS)], Kind.NUMBER),
        ("保费", [f"¥{n * 13 % 700}" for n in range(ROWS)], Kind.NUMBER),
        ("city", ["Riverside", "Fairview", "Lakewood"] * 30, Kind.CATEGORY),
        ("married", ["true", "false"] * 45, Kind.CATEGORY),
        ("since", [f"20{10 + n % 9}-0{1 + n % 9}-1{n % 9}" for n in range(ROWS)], Kind.DATE),
        ("日期", [f"20{10 + n % 9}年{1 + n % 9}月{1 + n % 20}日" for n in range(ROWS)], Kind.DATE),
        ("customer_id", [f"C{n:05}" for n in range(ROWS)], Kind.IDENTIFIER),
        ("running", [str(n + 100) for n in range(ROWS)], Kind.IDENTIFIER),
        ("client_id", [f"C{n // 3:05}" for n in range(ROWS)], Kind.GROUP),
        ("country", ["US"] * ROWS, Kind.CONSTANT),
        ("nothing", [None] * ROWS, Kind.EMPTY),
        ("note", [f"Called on day {n} and said that all is well with the car" for n in range(ROWS)], Kind.TEXT),
        ("income", [str(20_000 + n * n * 7) for n in range(ROWS)], Kind.NUMBER),
    ],
)
def test_kinds_are_told_from_the_values(name, values, kind):
    assert kind_of(name, values) == kind


def test_decimal_commas_are_read():
    frame = pl.DataFrame({"amount": ["1.234,50", "12,5", "7", None]})
    assert columns.typed(frame, columns.infer(frame))["amount"].to_list() == [1234.5, 12.5, 7.0, None]


def test_stray_words_among_numbers_count_as_missing_and_are_told():
    found = columns.infer(pl.DataFrame({"age": [str(20 + n % 40) for n in range(199)] + ["old"]}))[0]
    assert (found.kind, found.stray) == (Kind.NUMBER, 1)


def test_a_correction_wins():
    frame = pl.DataFrame({"plan": ["1", "2", "3"] * 30})
    assert columns.infer(frame, {"plan": Kind.CATEGORY})[0].kind == Kind.CATEGORY


def test_a_correction_that_no_value_fits_is_refused():
    with pytest.raises(TableError, match="No value of column city reads as a number"):
        columns.infer(pl.DataFrame({"city": ["Riverside", "Fairview"]}), {"city": Kind.NUMBER})


def test_a_correction_of_an_unknown_column_names_those_there_are():
    with pytest.raises(TableError, match="no column town; there are: city"):
        columns.infer(pl.DataFrame({"city": ["a"]}), {"town": Kind.CATEGORY})


def test_dates_lose_their_time_of_day():
    frame = pl.DataFrame({"at": ["2024-02-03 10:11:12", "2024-02-04T01:02", "2024-02-05"]})
    assert columns.typed(frame, columns.infer(frame))["at"][0] == datetime.date(2024, 2, 3)


def test_a_table_that_lacks_a_column_says_which():
    frame = pl.DataFrame({"age": ["30", "41", "52"]})
    with pytest.raises(TableError, match="lacks the column age"):
        columns.typed(pl.DataFrame({"city": ["a"]}), columns.infer(frame))
