import polars as pl
import pytest

from models import target
from models.errors import TargetError


@pytest.mark.parametrize(
    "pair", [("1", "0"), ("yes", "no"), ("TRUE", "false"), ("Y", "N"), ("是", "否"), ("1.0", "0.0")]
)
def test_yes_and_no_are_read_in_many_words(pair):
    known, happened = target.read(pl.Series("t", [pair[0]] * 12 + [pair[1]] * 20 + [None, ""]))
    assert (known.sum(), happened.sum(), len(happened)) == (32, 12, 32)


def test_booleans_are_read():
    assert target.read(pl.Series("t", [True] * 10 + [False] * 10))[1].sum() == 10


def test_any_two_values_do_when_one_is_named():
    assert target.read(pl.Series("t", ["stays"] * 15 + ["leaves"] * 11), "Leaves")[1].sum() == 11


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (["yes"] * 50, "says 'yes' in every row"),
        (["a"] * 20 + ["b"] * 20 + ["c"] * 20, "3 different values"),
        (["stays"] * 20 + ["leaves"] * 20, "Which value"),
        (["yes"] * 3 + ["no"] * 100, "Only 3 of 103 rows say yes"),
        ([None] * 20, "is empty"),
    ],
)
def test_what_cannot_be_learned_says_why(values, words):
    with pytest.raises(TargetError, match=words):
        target.read(pl.Series("t", values, dtype=pl.String))


def test_an_unknown_positive_value_lists_those_there_are():
    with pytest.raises(TargetError, match="'leaves', 'stays'"):
        target.read(pl.Series("t", ["stays"] * 20 + ["leaves"] * 20), "goes")
