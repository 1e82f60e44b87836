"""Fitting and scoring by command, as an analyst does it."""

import json

import numpy as np
import polars as pl
import pytest

from models import algorithms, evaluation, figures, folds, search
from models import fit as fitting
from models.cli import main
from tests.factories.tables import customers

pytestmark = pytest.mark.slow

QUICK = ("logistic regression", "decision tree", "LightGBM")


@pytest.fixture(autouse=True)
def few_algorithms(monkeypatch):
    """All of them are fitted in test_artefact; here three are enough, on few folds and with few draws."""
    few = tuple(a for a in algorithms.ALGORITHMS if a.name in QUICK)
    monkeypatch.setattr(search, "ALGORITHMS", few)
    monkeypatch.setattr(folds, "MOST_REPEATS", 1)
    monkeypatch.setattr(figures, "BOOTSTRAPS", 30)
    monkeypatch.setattr(evaluation, "EXPLAINED", 3)
    monkeypatch.setattr(fitting, "jobs", lambda rows, trials: 1)


def fit(folder, frame: pl.DataFrame, *more: str) -> int:
    frame.write_csv(folder / "t.csv")
    out = str(folder / "m")
    return main(["fit", str(folder / "t.csv"), "--target", "bought", "--out", out, "--trials", "0", *more])


def card(folder) -> dict:
    return json.loads((folder / "m" / "card.json").read_text(encoding="utf-8"))


def codes(folder) -> dict[str, str]:
    return {found["column"]: found["code"] for found in card(folder)["findings"]}


def test_a_fitted_model_scores_a_table(tmp_path, capsys):
    assert fit(tmp_path, customers(400)) == 0
    assert "AUC: 0.8" in capsys.readouterr().out
    assert main(["score", str(tmp_path / "m"), str(tmp_path / "t.csv"), "--out", str(tmp_path / "s.csv")]) == 0
    scored = pl.read_csv(tmp_path / "s.csv")
    assert scored.columns == ["row", "probability", "decile"]
    assert scored["row"].to_list() == list(range(1, 401))
    assert scored["probability"].is_between(0, 1).all()
    rates = pl.concat([scored, customers(400).select("bought")], how="horizontal")
    best = rates.filter(pl.col("decile") <= 2)["bought"].eq("yes").mean()
    assert best > rates["bought"].eq("yes").mean() * 1.4


def test_the_report_stands_beside_the_model(tmp_path):
    fit(tmp_path, customers(300), "--language", "zh")
    page = (tmp_path / "m" / "report.html").read_text(encoding="utf-8")
    assert "倾向分析" in page
    assert "<script" not in page
    assert "<link" not in page


def test_identifiers_constants_and_empty_columns_are_left_out(tmp_path):
    frame = customers(300, customer_id=[f"C{n:06}" for n in range(300)], country=["US"] * 300, blank=[None] * 300)
    fit(tmp_path, frame)
    found = codes(tmp_path)
    assert (found["customer_id"], found["country"], found["blank"]) == ("identifier", "constant", "empty")


def test_the_identifier_names_the_scored_rows(tmp_path):
    fit(tmp_path, customers(300, customer_id=[f"C{n:06}" for n in range(300)]))
    main(["score", str(tmp_path / "m"), str(tmp_path / "t.csv"), "--out", str(tmp_path / "s.csv")])
    assert pl.read_csv(tmp_path / "s.csv").columns[0] == "customer_id"


def test_a_planted_leak_is_found_and_left_out(tmp_path):
    frame = customers(300).with_columns(paid=pl.when(pl.col("bought") == "yes").then(99).otherwise(0))
    fit(tmp_path, frame)
    assert codes(tmp_path)["paid"] == "leak"
    assert "paid" not in [column["name"] for column in card(tmp_path)["columns"]]


def test_rows_of_one_customer_stay_together(tmp_path):
    frame = customers(100)
    frame = pl.concat([frame] * 4).with_columns(client_id=pl.Series([f"C{n % 100}" for n in range(400)]))
    fit(tmp_path, frame)
    assert card(tmp_path)["splits"] == "grouped"


def test_an_order_of_time_is_kept(tmp_path):
    days = [f"2024-{1 + n // 28 % 12:02}-{1 + n % 28:02}" for n in range(400)]
    fit(tmp_path, customers(400, day=days), "--time", "day")
    assert card(tmp_path)["splits"] == "time-ordered"


def test_protected_attributes_do_not_decide_unless_asked(tmp_path):
    frame = customers(300, gender=["f", "m", "x"] * 100)
    fit(tmp_path, frame)
    assert codes(tmp_path)["gender"] == "protected"
    assert "gender" not in [column["name"] for column in card(tmp_path)["columns"]]
    assert "gender" in json.loads((tmp_path / "m" / "figures.json").read_text(encoding="utf-8"))["fairness"]
    fit(tmp_path, frame, "--with-protected")
    assert "gender" in [column["name"] for column in card(tmp_path)["columns"]]


def test_of_any_two_values_the_rarer_is_predicted_and_told(tmp_path, capsys):
    frame = customers(300).with_columns(bought=pl.col("bought").replace({"no": " >50K", "yes": " <=50K"}))
    assert fit(tmp_path, frame) == 0
    assert "Yes is taken to be >50K in bought" in capsys.readouterr().out
    assert card(tmp_path)["data"]["share of yes"] < 0.5


def test_a_large_table_is_compared_on_a_part_and_says_so(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr(search, "_COMPARED_ON", 150)
    monkeypatch.setattr(search, "_FEWEST", 100)
    assert fit(tmp_path, customers(300)) == 0
    assert "compared and tuned on 150 of 240 rows" in capsys.readouterr().out
    assert card(tmp_path)["data"]["rows learned from"] == 300


def test_missing_values_are_compared_not_assumed(tmp_path):
    frame = customers(300).with_columns(premium=pl.when(pl.col("age") % 4 != 0).then(pl.col("premium")))
    fit(tmp_path, frame)
    compared = json.loads((tmp_path / "m" / "figures.json").read_text(encoding="utf-8"))["missing values"]
    assert {row["way"] for row in compared} == {"drop", "median", "mean", "indicator", "model", "native"}


def test_levels_and_values_never_seen_are_scored(tmp_path):
    fit(tmp_path, customers(300))
    other = customers(20).with_columns(city=pl.lit("Atlantis"), age=pl.lit(None, dtype=pl.Int64))
    other.drop("bought").write_csv(tmp_path / "n.csv")
    assert main(["score", str(tmp_path / "m"), str(tmp_path / "n.csv"), "--out", str(tmp_path / "s.csv")]) == 0
    assert pl.read_csv(tmp_path / "s.csv").height == 20


def test_people_unlike_those_learned_from_are_told(tmp_path, capsys):
    fit(tmp_path, customers(400))
    customers(400).with_columns(age=pl.col("age") + 60).write_csv(tmp_path / "n.csv")
    main(["score", str(tmp_path / "m"), str(tmp_path / "n.csv"), "--out", str(tmp_path / "s.csv")])
    assert "drift: age has moved" in capsys.readouterr().out


def test_the_same_table_and_seed_give_the_same_artefact(tmp_path):
    for folder in ("a", "b"):
        (tmp_path / folder).mkdir()
        fit(tmp_path / folder, customers(200))
    for name in ("model.skops", "figures.json"):
        one, other = ((tmp_path / folder / "m" / name).read_text(errors="replace") for folder in ("a", "b"))
        assert _without_seconds(one) == _without_seconds(other)


def _without_seconds(text: str) -> list[str]:
    return [line for line in text.splitlines() if '"seconds"' not in line]


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (customers(300).with_columns(bought=pl.lit("yes")), "in every row"),
        (customers(300).with_columns(bought=pl.Series(["a", "b", "c"] * 100)), "3 different values"),
        (customers(3), "at least 10"),
        (customers(300).with_columns(bought=pl.lit(None, dtype=pl.String)), "is empty"),
        (customers(300).rename({"bought": "sold"}), "no column bought"),
        (customers(300).select("bought"), "No column is left"),
        (customers(300).with_columns(age=pl.lit(1), city=pl.lit("x"), premium=pl.lit(2)), "No column is left"),
    ],
)
def test_what_cannot_be_learned_from_says_why(tmp_path, capsys, frame, words):
    assert fit(tmp_path, frame) == 1
    assert words in capsys.readouterr().err


def test_a_table_as_a_spreadsheet_saves_it_is_fitted_and_repairs_are_told(tmp_path):
    """Not UTF-8, semicolons, decimal commas, a word among numbers, doubled ids, a column without values."""
    ids = [f"C{max(n, 5):04}" for n in range(300)]
    frame = customers(300, customer_id=ids, blank=[None] * 300).with_columns(
        city=pl.col("city").replace({"Lakewood": "Zürich"}),
        premium=pl.col("premium").map_elements(lambda value: f"{value:.2f}".replace(".", ","), return_dtype=pl.String),
        age=pl.when(pl.int_range(pl.len()) == 7).then(pl.lit("old")).otherwise(pl.col("age").cast(pl.String)),
    )
    path = tmp_path / "t.csv"
    path.write_bytes(frame.write_csv(separator=";").encode("latin-1"))
    arguments = ["fit", str(path), "--target", "bought", "--out", str(tmp_path / "m"), "--trials", "0"]
    assert main(arguments) == 0
    found = codes(tmp_path)
    assert (found["age"], found["customer_id"], found["blank"]) == ("stray", "group", "empty")
    kinds = {column["name"]: column["kind"] for column in card(tmp_path)["columns"]}
    assert kinds == {"age": "number", "city": "category", "premium": "number"}


def test_a_table_without_names_is_not_taken_for_one_with_names(tmp_path, capsys):
    path = tmp_path / "t.csv"
    customers(300).write_csv(path, include_header=False)
    assert main(["fit", str(path), "--target", "column_4", "--out", str(tmp_path / "m")]) == 1
    assert "--no-header" in capsys.readouterr().err


def test_a_wrong_kind_lists_the_right_ones(tmp_path, capsys):
    assert fit(tmp_path, customers(100), "--kind", "age=colour") == 1
    assert "number, category, date" in capsys.readouterr().err


def test_ctrl_c_keeps_the_best_so_far(tmp_path, monkeypatch):
    judge, calls = search.evaluate, []

    def evaluate(*args):
        calls.append(1)
        if len(calls) == 3:
            raise KeyboardInterrupt
        return judge(*args)

    monkeypatch.setattr(search, "evaluate", evaluate)
    assert fit(tmp_path, customers(200)) == 0
    assert card(tmp_path)["search"]["ended"] == "stopped by hand"


def test_deciles_are_tenths(tmp_path):
    rng = np.random.default_rng(0)
    fit(tmp_path, customers(500, noise=rng.normal(size=500).tolist()))
    main(["score", str(tmp_path / "m"), str(tmp_path / "t.csv"), "--out", str(tmp_path / "s.csv")])
    sizes = pl.read_csv(tmp_path / "s.csv").group_by("decile").len()["len"].to_list()
    assert len(sizes) == 10
    assert max(sizes) <= 70


def _of_households(rows: int = 600, each: int = 4) -> pl.DataFrame:
    """Customers on several rows, whose outcome and phone are the same on all of them and tied by nothing else."""
    rng = np.random.default_rng(5)
    count = rows // each
    owner = np.repeat(np.arange(count), each)
    bought = (rng.random(count) < 0.4)[owner]
    return pl.DataFrame(
        {
            "client_id": [f"C{n}" for n in owner],
            "phone": [f"model {n}" for n in rng.permutation(count)[owner]],
            "premium": rng.normal(size=count)[owner],
            "bought": np.where(bought, "yes", "no"),
        }
    ).sample(fraction=1, shuffle=True, seed=1)


def test_a_target_that_repeats_with_its_customer_does_not_leak(tmp_path):
    fit(tmp_path, _of_households())
    assert card(tmp_path)["splits"] == "grouped"
    assert card(tmp_path)["figures"]["AUC"]["value"] < 0.7
    algorithms_tried = json.loads((tmp_path / "m" / "figures.json").read_text(encoding="utf-8"))["algorithms"]
    assert max(row["figures"]["AUC"] for row in algorithms_tried) < 0.65
    assert "leak" not in codes(tmp_path).values()


def test_without_the_customer_the_same_table_would_leak(tmp_path):
    """The test above can fail: rows of one customer on both sides do give the target away."""
    fit(tmp_path, _of_households(), "--drop", "client_id", "--kind", "client_id=category", "--keep", "phone")
    assert card(tmp_path)["figures"]["AUC"]["value"] > 0.8


def test_the_target_again_in_capitals_is_a_leak(tmp_path):
    frame = customers(300)
    fit(tmp_path, frame.with_columns(BOUGHT=frame["bought"].str.to_uppercase()))
    assert codes(tmp_path)["BOUGHT"] == "leak"


def test_rows_without_a_target_are_left_out_before_columns_are_judged(tmp_path):
    frame = customers(300).with_columns(
        stage=pl.when(pl.int_range(pl.len()) < 40).then(pl.lit("open")).otherwise(pl.lit("closed")),
        bought=pl.when(pl.int_range(pl.len()) < 40).then(pl.lit(" ")).otherwise(pl.col("bought")),
    )
    fit(tmp_path, frame)
    assert (codes(tmp_path)["stage"], codes(tmp_path)["bought"]) == ("constant", "target_unknown")
    assert card(tmp_path)["data"]["rows learned from"] == 260


def test_a_model_of_texts_scores_typed_columns_alike(tmp_path):
    frame = customers(300, member=[n % 3 == 0 for n in range(300)])
    fit(tmp_path, frame)
    frame.write_parquet(tmp_path / "t.parquet")
    for ending in ("csv", "parquet"):
        main(["score", str(tmp_path / "m"), str(tmp_path / f"t.{ending}"), "--out", str(tmp_path / f"{ending}.csv")])
    assert (tmp_path / "csv.csv").read_bytes() == (tmp_path / "parquet.csv").read_bytes()
