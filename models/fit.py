"""From a table to a model that can be defended: read, check, compare, choose, calibrate, judge, save."""

import hashlib
import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import optuna
import polars as pl

from models import (
    artefact,
    calibration,
    checks,
    columns,
    drift,
    evaluation,
    fairness,
    folds,
    missing,
    search,
    tables,
    target,
    texts,
)
from models.algorithms import GROWN_ON
from models.columns import LEARNED, Column, Kind
from models.errors import TableError
from models.features import Plan
from models.figures import best_threshold
from models.folds import FOLDS, Order

LIBRARIES = ("scikit-learn", "lightgbm", "numpy", "polars", "skops")
_NOTHING = "No column is left to learn from: see what `python -m models columns` says, and correct kinds with --kind."
DEFAULT_TRIALS = 40
_WORTH_HELPERS = 10_000  # rows learned from, over all trials
SEED = 7
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Options:
    """How to fit; everything has a default that suits most tables.

    Attributes:
        kinds: corrections of column kinds.
        drop: columns not to learn from.
        keep: columns to learn from although they look like leaks.
        group: the column that names whom rows belong to; found when its name says so.
        time: a date or number column: learn from before, judge on after.
        metric: what decides, a key of `figures.METRICS`.
        minutes: a cap; the card says when it bit.
        algorithms: names of those to compare; all of them by default.
        protected: further attributes that must not decide.
        with_protected: learn from protected attributes too.
        cost, value: of one contact and of one yes, for the profit curve.
    """

    target: str
    kinds: Mapping[str, Kind] = field(default_factory=dict)
    drop: Sequence[str] = ()
    keep: Sequence[str] = ()
    group: str | None = None
    time: str | None = None
    positive: str | None = None
    header: bool = True
    metric: str = "average precision"
    trials: int = DEFAULT_TRIALS
    minutes: float | None = None
    algorithms: Sequence[str] = ()
    protected: Sequence[str] = ()
    with_protected: bool = False
    cost: float = 1.0
    value: float = 10.0
    seed: int = SEED


@dataclass(frozen=True)
class Table:
    """A table made ready: typed columns, outcomes, what ties rows, and what was found."""

    typed: pl.DataFrame
    y: np.ndarray
    columns: list[Column]
    learned: list[Column]
    order: Order
    protected: list[str]
    findings: list[checks.Finding]


def fit(path: Path, out: Path, options: Options, tell: Tell) -> artefact.Artefact:
    """Fit on a file and save the artefact in `out`.

    Raises:
        ModelsError: the table or its target cannot be learned from; the message says what to do.
    """
    frame = tables.read(path, header=options.header)
    source = {"file": path.name, "sha256": _hash(path), "rows": frame.height}
    return fit_frame(frame, out, options, tell, source)


def fit_frame(
    frame: pl.DataFrame, out: Path, options: Options, tell: Tell, source: Mapping[str, Any]
) -> artefact.Artefact:
    """As `fit`, from a table in memory; `source` goes into the card."""
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    table = prepare(frame, options)
    table, alone = _without_leaks(table, options)
    plan = Plan.of(table.typed, table.learned)
    if not plan.features:
        raise TableError(_NOTHING)
    whole = search.Task(
        plan.matrix(table.typed), table.y, plan, table.order, options.metric, options.seed,
        jobs(len(table.y), options.trials),
    )  # fmt: skip
    learn, test = folds.held_out(table.y, table.order, options.seed)
    tell(f"{len(table.y):,} rows, {len(plan.features)} features, {table.y.mean():.1%} yes; {table.order.name} splits")
    task = whole.of(learn)
    part = search.compared_on(task)
    if part is not task:
        tell(f"algorithms are compared on {len(part.y):,} of {len(task.y):,} rows, the chosen one learns from all")
        table.findings.append(checks.Finding("sampled", "", False, {"rows": len(part.y), "all": len(task.y)}))
    choice = _choose(part, options, tell)
    gaps = missing.compared_on(part)
    table.findings.extend(_capped(choice.found, part, gaps))
    tell("judging it on the rows held out")
    trial = evaluation.Trial(
        table, task, whole.x, learn, test, choice.chosen, choice.curve, choice.threshold, alone, options.cost,
        options.value,
    )  # fmt: skip
    figures = evaluation.evaluate(trial)
    figures["missing values"] = missing.compare(gaps, tell)
    figures["algorithms"] = [_row_of(candidate, choice.chosen) for candidate in choice.found.candidates]
    figures["calibration losses"] = choice.losses
    table.findings.extend(checks.dominant(figures["importance"], figures["test"], figures["beside"], options.metric))
    tell("fitting it on all rows")
    models = search.fitted(choice.chosen.name, choice.chosen.params, whole)
    card = _card(options, source, table, choice, figures)
    card["reference"] = drift.reference(whole.x, plan, choice.curve(search.predict(models, whole.x)))
    made = artefact.Artefact(tuple(table.learned), plan, tuple(models), choice.curve, card)
    artefact.save(out, made, figures)
    return made


@dataclass(frozen=True)
class _Choice:
    """What was found and chosen, by which rule, its calibration, and the probability from which it says yes."""

    found: search.Outcome
    chosen: search.Candidate
    rule: Mapping[str, Any]
    curve: calibration.Calibration
    losses: Mapping[str, float]
    threshold: float
    rows: int


def _capped(found: search.Outcome, part: search.Task, gaps: search.Task) -> list[checks.Finding]:
    """Where work was cut short because the table is large: none of it learns the chosen model from fewer rows."""
    findings = []
    folds = min((tuned["folds"] for tuned in found.tuned_on.values()), default=FOLDS)
    if folds < FOLDS:
        findings.append(checks.Finding("fewer_folds", "", False, {"folds": folds, "all": FOLDS}))
    if len(part.y) > GROWN_ON and any(candidate.name == "random forest" for candidate in found.candidates):
        findings.append(checks.Finding("forest_rows", "", False, {"rows": GROWN_ON}))
    if np.isnan(gaps.x).any() and gaps is not part:
        findings.append(checks.Finding("missing_sampled", "", False, {"rows": len(gaps.y)}))
    if "model" not in missing.ways(gaps):
        findings.append(checks.Finding("missing_unmodelled", "", False, {"columns": missing.MOST_MODELLED}))
    return findings


def _choose(task: search.Task, options: Options, tell: Tell) -> _Choice:
    """Compare, tune, choose and calibrate on the rows of the task alone."""
    found = search.search(task, trials=options.trials, minutes=options.minutes, tell=tell, only=options.algorithms)
    chosen, rule = search.best_of(found.candidates)
    tell(f"chosen: {chosen.name}")
    judged = ~np.isnan(chosen.unseen)
    y, p = task.y[judged], chosen.unseen[judged]
    curve, losses = calibration.choose(y, p, options.seed)
    return _Choice(found, chosen, rule, curve, losses, best_threshold(y, curve(p)), len(task.y))


def prepare(frame: pl.DataFrame, options: Options) -> Table:
    """Types, outcomes, order and protected attributes. Raises `TableError` and `TargetError`."""
    for name in [options.target, options.group, options.time, *options.drop, *options.keep, *options.protected]:
        if name is not None and name not in frame.columns:
            raise TableError(f"There is no column {name}; there are: {', '.join(frame.columns)}.")
    outcome = target.read(frame[options.target], options.positive)
    known, y = outcome.known, outcome.happened
    frame = frame.filter(pl.Series(known))
    kinds = columns.infer(frame.drop(options.target), options.kinds)
    findings = checks.of_columns(kinds) + checks.of_table(frame, y)
    if (~known).any():
        findings.append(checks.Finding("target_unknown", options.target, False, {"count": int((~known).sum())}))
    if outcome.taken is not None:
        facts = {"value": outcome.taken, "share": float(y.mean())}
        findings.insert(0, checks.Finding("positive", options.target, False, facts))
    protected = list(dict.fromkeys([*fairness.protected_columns(frame.columns), *options.protected]))
    left_out = {options.time, options.group, *options.drop, *([] if options.with_protected else protected)}
    learned = [column for column in kinds if column.kind in LEARNED and column.name not in left_out]
    if not options.with_protected:
        findings += [checks.Finding("protected", name, True, {}) for name in protected if name in frame.columns]
    group = options.group or checks.group_column(kinds)
    order = Order(None if group is None else _codes(frame[group]), _times(frame, kinds, options.time))
    typed = columns.typed(frame, kinds)
    return Table(typed, y, kinds, learned, order, [p for p in protected if p in frame.columns], findings)


def _without_leaks(table: Table, options: Options) -> tuple[Table, dict[str, float]]:
    """The table without columns that leak or repeat others, and what each other column reaches alone."""
    plan = Plan.of(table.typed, table.learned)
    if not plan.features:
        raise TableError(_NOTHING)
    x = plan.matrix(table.typed)
    alone = checks.alone(x, table.y, plan, options.seed, table.order.groups)
    found = checks.leaks(alone, options.keep)
    found += [f for f in checks.doubled_columns(x, plan) if f.column not in {leak.column for leak in found}]
    gone = {finding.column for finding in found if finding.left_out}
    learned = [column for column in table.learned if column.name not in gone]
    rest = {name: auc for name, auc in alone.items() if name not in gone}
    findings = [*table.findings, *found]
    kept = Table(table.typed, table.y, table.columns, learned, table.order, table.protected, findings)
    return kept, rest


def _card(
    options: Options,
    source: Mapping[str, Any],
    table: Table,
    choice: _Choice,
    figures: Mapping[str, Any],
) -> dict[str, Any]:
    found = choice.found
    return {
        "format": 1,
        "target": options.target,
        "identifier": _identifier(table.columns),
        "data": {**source, "rows learned from": len(table.y), "share of yes": float(table.y.mean())},
        "splits": table.order.name,
        "algorithm": choice.chosen.name,
        "parameters": dict(choice.chosen.params),
        "metric": options.metric,
        "rule": texts.text("en", f"report.rule_{choice.rule['code']}", **choice.rule),
        "rule facts": dict(choice.rule),
        "search": {
            "trials": found.trials,
            "ended": found.ended,
            "minutes cap": options.minutes,
            "seed": options.seed,
            "rows compared on": choice.rows,
            "tuned on": found.tuned_on,
        },
        "protected": {"columns": table.protected, "learned from": options.with_protected},
        "findings": [finding.to_json() for finding in table.findings],
        "all columns": [{"name": c.name, "kind": c.kind.value, "missing": c.missing} for c in table.columns],
        "threshold": figures["threshold"],
        "figures": figures["test"],
        "versions": {library: version(library) for library in LIBRARIES},
    }


def _identifier(columns: Sequence[Column]) -> str | None:
    """The column that names rows, else the one that names whom they belong to."""
    kinds = (Kind.IDENTIFIER, Kind.GROUP)
    return next((column.name for kind in kinds for column in columns if column.kind == kind), None)


def _row_of(candidate: search.Candidate, chosen: search.Candidate) -> dict[str, Any]:
    return {
        "name": candidate.name,
        "chosen": candidate is chosen,
        "params": dict(candidate.params),
        "mean": candidate.mean,
        "error": float(candidate.scores.std(ddof=1) / np.sqrt(len(candidate.scores))),
        "figures": candidate.figures,
        "seconds": candidate.seconds,
    }


def _codes(values: pl.Series) -> np.ndarray:
    return values.cast(pl.String).fill_null("").rank("dense").to_numpy()


def _times(frame: pl.DataFrame, kinds: Sequence[Column], name: str | None) -> np.ndarray | None:
    if name is None:
        return None
    column = next(kind for kind in kinds if kind.name == name)
    if column.kind not in {Kind.NUMBER, Kind.DATE}:
        raise TableError(f"Column {name} is no date and no number: rows cannot be ordered by it.")
    values = columns.typed(frame, [column])[name]
    if values.null_count():
        raise TableError(f"{values.null_count()} rows have no {name}: remove them or fill it in.")
    return values.cast(pl.Int32 if column.kind == Kind.DATE else pl.Float64).cast(pl.Float64).to_numpy()


def jobs(rows: int, trials: int) -> int:
    """How many folds are fitted side by side: one, where starting helpers takes longer than they would save."""
    return (os.cpu_count() or 1) if rows * (1 + trials) >= _WORTH_HELPERS else 1


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
