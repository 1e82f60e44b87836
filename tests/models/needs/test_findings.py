import numpy as np
import polars as pl
import pytest

from models import columns
from models.needs.compare import compare
from models.needs.correlate import strongest
from models.needs.describe import describe
from models.needs.lapse import curves
from models.needs.rules import rules
from models.needs.segments import segments


def two_kinds(rows: int = 400) -> pl.DataFrame:
    rng = np.random.default_rng(5)
    old = np.arange(rows) % 2 == 0
    return pl.DataFrame(
        {
            "age": np.where(old, rng.normal(70, 4, rows), rng.normal(30, 4, rows)),
            "premium": np.where(old, rng.normal(900, 50, rows), rng.normal(300, 50, rows)),
            "town": np.where(rng.random(rows) < np.where(old, 0.9, 0.1), "Riverside", "Fairview"),
            "noise": rng.normal(size=rows),
            "kind": np.where(old, "old", "young"),
        }
    )


def kinds(frame: pl.DataFrame) -> list[columns.Column]:
    return columns.infer(frame)


def test_a_difference_that_is_there_is_found_and_one_that_is_not_is_not():
    frame = two_kinds().with_columns(age=pl.col("age") + 15 * pl.col("noise"))
    rows = {row["column"]: row for row in compare(frame, kinds(frame), "kind")["rows"]}
    assert rows["age"]["effect"] > 0.6
    assert rows["age"]["p"] < 0.001
    assert rows["noise"]["effect"] < 0.1
    assert rows["noise"]["p"] > 0.01


def test_columns_that_define_the_groups_are_no_finding():
    frame = two_kinds().with_columns(
        stage=pl.when(pl.col("kind") == "old").then(pl.lit("late")).otherwise(pl.lit("early"))
    )
    found = compare(frame, kinds(frame), "kind")
    assert found["left_out"] == ["age", "premium", "stage"]
    assert {row["column"] for row in found["rows"]} == {"town", "noise"}
    pairs = [{pair["a"], pair["b"]} for pair in strongest(frame, kinds(frame), seed=1)]
    assert {"kind", "stage"} not in pairs
    assert {"town", "kind"} in pairs


def test_a_longer_rule_that_adds_nothing_is_not_told():
    rng = np.random.default_rng(2)
    home = rng.random(2000) < 0.3
    noise = rng.random(2000) < 0.5
    found = rules(pl.DataFrame({"home": home, "life": home & (rng.random(2000) < 0.8), "travel": noise}))
    assert (["home"], ["life"]) in [(rule["if"], rule["then"]) for rule in found]
    assert (["home", "travel"], ["life"]) not in [(rule["if"], rule["then"]) for rule in found]


def test_groups_too_small_to_say_anything_are_left_out():
    frame = two_kinds().with_columns(kind=pl.Series(["rare"] * 5 + ["a"] * 195 + ["b"] * 200))
    assert [group["name"] for group in compare(frame, kinds(frame), "kind")["groups"]] == ["b", "a"]


def test_pairs_that_go_together_come_first_with_an_interval_around_them():
    frame = two_kinds().drop("kind")
    found = strongest(frame, kinds(frame), seed=1)
    assert {"noise"}.isdisjoint({name for pair in found[:3] for name in (pair["a"], pair["b"])})
    assert found[0]["low"] < found[0]["value"] < found[0]["high"]
    assert found[0]["n"] == 400


def test_two_kinds_of_customers_are_two_segments_named_by_what_sets_them_apart():
    frame = two_kinds().drop("kind", "noise")
    found = segments(frame, kinds(frame), seed=1)
    assert [round(s["share"], 1) for s in found["segments"]] == [0.5, 0.5]
    assert {trait["column"] for trait in found["segments"][0]["traits"]} == {"age", "premium", "town"}


def test_noise_has_no_kinds():
    rng = np.random.default_rng(1)
    frame = pl.DataFrame({f"n{i}": rng.normal(size=500) for i in range(6)})
    assert segments(frame, kinds(frame), seed=1)["segments"] == []


def test_products_held_together_make_a_rule_and_independent_ones_do_not():
    rng = np.random.default_rng(2)
    home = rng.random(1000) < 0.3
    baskets = pl.DataFrame({"home": home, "life": home & (rng.random(1000) < 0.8), "travel": rng.random(1000) < 0.3})
    found = rules(baskets)
    assert (["life"], ["home"]) in [(rule["if"], rule["then"]) for rule in found]
    assert not any(rule["if"] == ["travel"] and rule["then"] == ["home"] for rule in found)
    assert all(rule["low"] < rule["confidence"] <= rule["high"] for rule in found)


def test_nothing_held_has_no_rules():
    assert rules(pl.DataFrame({"home": [False] * 50, "life": [False] * 50})) == []


def test_contracts_that_still_run_are_not_counted_as_ended():
    contracts = pl.DataFrame({"years": [1.0] * 50 + [5.0] * 50, "ended": [True] * 50 + [False] * 50})
    line = curves(contracts, duration="years", event="ended")["lines"][0]
    assert (line["n"], line["ended"]) == (100, 50)
    assert line["after"]["3"] == pytest.approx(0.5, abs=0.01)
    low, high = line["between"]["3"]
    assert low < 0.5 < high


def test_groups_that_last_differently_are_told_apart():
    rng = np.random.default_rng(3)
    years = np.r_[rng.exponential(1, 100), rng.exponential(5, 100)]
    contracts = pl.DataFrame({"years": years, "ended": [True] * 200, "line": ["travel"] * 100 + ["life"] * 100})
    assert curves(contracts, duration="years", event="ended", by="line")["p"] < 0.001


def test_a_description_counts_what_is_there():
    frame = pl.DataFrame({"age": [20.0, 30.0, None, 40.0]})
    described = describe(frame, kinds(frame))[0]
    assert (described["n"], described["missing"], described["median"]) == (3, 0.25, 30)
