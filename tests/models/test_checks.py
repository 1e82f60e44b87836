import numpy as np
import polars as pl

from models import checks, columns
from models.features import Plan
from tests.factories.tables import customers


def matrix(frame: pl.DataFrame) -> tuple[np.ndarray, np.ndarray, Plan]:
    kinds = columns.infer(frame.drop("bought"))
    typed = columns.typed(frame, kinds)
    plan = Plan.of(typed, kinds)
    return plan.matrix(typed), (frame["bought"] == "yes").to_numpy().astype(int), plan


def test_a_column_written_down_afterwards_is_a_leak():
    frame = customers(400)
    frame = frame.with_columns(refund=pl.when(pl.col("bought") == "yes").then(12.5).otherwise(0.0))
    x, y, plan = matrix(frame)
    found = checks.leaks(checks.alone(x, y, plan, 1))
    assert [(f.code, f.column, f.left_out) for f in found] == [("leak", "refund", True)]


def test_being_filled_in_at_all_can_be_the_leak():
    frame = customers(400)
    frame = frame.with_columns(agent=pl.when(pl.col("bought") == "yes").then(pl.lit("Kim")).otherwise(None))
    x, y, plan = matrix(frame.with_columns(agent=pl.col("agent").replace({"Kim": "Lee"})))
    assert [f.column for f in checks.leaks(checks.alone(x, y, plan, 1))] == ["agent"]


def test_a_leak_that_is_to_be_kept_stays():
    assert [f.left_out for f in checks.leaks({"duration": 0.99}, keep=["duration"])] == [False]


def test_chance_is_half():
    rng = np.random.default_rng(2)
    frame = customers(800, noise=rng.normal(size=800).tolist())
    x, y, plan = matrix(frame)
    assert abs(checks.alone(x, y, plan, 1)["noise"] - 0.5) < 0.06


def test_the_same_split_under_other_names_is_a_doubled_column():
    frame = customers(200)
    frame = frame.with_columns(town=pl.col("city").replace({c: f"town of {c}" for c in frame["city"].unique()}))
    x, _, plan = matrix(frame)
    assert [(f.column, f.facts["other"]) for f in checks.doubled_columns(x, plan)] == [("town", "city")]


def test_repeated_rows_are_counted():
    frame = customers(100)
    found = checks.of_table(pl.concat([frame, frame.head(7)]), np.array([0, 1] * 53 + [1]))
    assert next(f.facts["count"] for f in found if f.code == "doubled_rows") >= 7


def test_a_column_that_carries_most_of_what_is_known_is_told():
    test, beside = {"AUC": {"value": 0.9}}, {"chance": {"AUC": 0.5}}
    others = {name: {"mean": 0.01} for name in ("age", "city", "premium", "years")}
    found = checks.dominant({"length of the call": {"mean": 0.3}, **others}, test, beside, "AUC")
    assert [(f.code, f.column, f.left_out, round(f.facts["share"], 2)) for f in found] == [
        ("dominant", "length of the call", False, 0.75)
    ]
    assert not checks.dominant({"length of the call": {"mean": 0.1}, **others}, test, beside, "AUC")
