import polars as pl
import pytest

from models import target
from models.errors import TargetError


@pytest.mark.parametrize(
    "pair",
    [
        ("1", "0"),
        ("yes", "no"),
        ("TRUE", "false"),
        ("Y", "N"),
        ("是", "否"),
        ("1.0", "0.0"),
        ("1", "-1"),
        ("True.", "False."),
    ],
)
def test_yes_and_no_are_read_in_many_words(pair):
    found = target.read(pl.Series("t", [pair[0]] * 12 + [pair[1]] * 20 + [None, ""]))
    assert (found.known.sum(), found.happened.sum(), len(found.happened), found.taken) == (32, 12, 32, None)


def test_booleans_are_read():
    assert target.read(pl.Series("t", [True] * 10 + [False] * 10)).happened.sum() == 10


def test_any_two_values_do_when_one_is_named():
    found = target.read(pl.Series("t", ["stays"] * 11 + ["leaves"] * 15), "Leaves")
    assert (found.happened.sum(), found.taken) == (15, None)


@pytest.mark.parametrize(
    ("rarer", "other", "taken"), [(" >50K", " <=50K", ">50K"), ("2", "1", "2"), ("bad", "good", "bad")]
)
def test_of_two_other_values_the_rarer_is_a_yes_and_named_as_written(rarer, other, taken):
    found = target.read(pl.Series("t", [other] * 15 + [rarer] * 11))
    assert (found.happened.sum(), found.taken) == (11, taken)


def test_a_dot_behind_a_value_does_not_make_another_one():
    found = target.read(pl.Series("t", [">50K", ">50K.", "<=50K", "<=50K.", "<=50K"] * 6))
    assert (found.happened.sum(), found.taken) == (12, ">50K")


@pytest.mark.parametrize(
    ("values", "words"),
    [
        (["yes"] * 50, "says 'yes' in every row"),
        (["a"] * 20 + ["b"] * 20 + ["c"] * 20, "3 different values"),
        ([str(n) for n in range(50)], "how much, not whether"),
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
