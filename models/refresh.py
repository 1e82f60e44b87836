"""Fitting the offers' models anew, and letting a new one take over only where it is better.

Customers and answers that came after the champion learned are set aside; the challenger learns from the rest, and both
rank those set aside: neither has seen them. What decides is the gain in the metric of the card, by a paired bootstrap:
both are judged on the same draws of customers, so that what makes a draw hard is hard for both.
"""

import shutil
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import numpy as np
import polars as pl

from crm.domain import Line
from models import artefact, columns, drift, figures, offers_drift, offers_fit, offers_versions
from models.artefact import Artefact
from models.errors import ModelsError, TableError
from models.facts import Facts
from models.figures import METRICS, Metric
from models.offers_fit import Wishes
from models.offers_rules import OfLine, Rules

_FEWEST = 20  # rows of each outcome among the newest, below which no comparison says anything
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Decision:
    """What became of one line.

    Attributes:
        champion, challenger: the metric of each on the newest rows; None where there was nothing to compare.
        gain, low, high: of the challenger over the champion, with its 95 % interval.
    """

    line: Line
    promoted: bool
    why: str
    metric: str = ""
    rows: int = 0
    champion: float | None = None
    challenger: float | None = None
    gain: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Refreshed:
    """What a refresh did: decisions by line, the stability index by line and column, the version in use."""

    decisions: tuple[Decision, ...]
    drift: dict[str, dict[str, float]]
    version: str


def refresh(
    people: Sequence[Facts], folder: Path, rules: Rules, now: datetime, wishes: Wishes, tell: Tell
) -> Refreshed:
    """Fit challengers, promote those that are better, and keep all versions that were ever in use.

    Without a version in use it fits the first one.

    Raises:
        TableError: the store holds nothing to learn from.
    """
    champion = offers_versions.current(folder)
    if champion is None:
        first = offers_fit.fit(people, folder, rules, now, wishes, tell)
        decisions = tuple(Decision(line, True, "first") for line in offers_versions.lines(first))
    else:
        decisions = _challenge(people, folder, champion, rules, now, wishes, tell)
    used = offers_versions.current(folder)
    if used is None:
        raise TableError(f"{folder} has no version in use: make one with `python -m models offers fit`.")
    moved = _moved(people, used, rules, now)
    offers_drift.write(folder, used.name, moved)
    return Refreshed(decisions, moved, used.name)


def compare(
    metric: Metric, y: np.ndarray, champion: np.ndarray, challenger: np.ndarray, seed: int
) -> tuple[float, float, float]:
    """The challenger's gain and its 95 % interval by a paired bootstrap; probabilities of shape (rows,)."""
    gains = [
        metric(y[rows], challenger[rows]) - metric(y[rows], champion[rows])
        for rows in figures.resamples(y, figures.BOOTSTRAPS, seed)
    ]
    low, high = np.percentile(gains, [2.5, 97.5])
    return metric(y, challenger) - metric(y, champion), float(low), float(high)


def _challenge(
    people: Sequence[Facts], folder: Path, champion: Path, rules: Rules, now: datetime, wishes: Wishes, tell: Tell
) -> tuple[Decision, ...]:
    version = offers_versions.new(folder, now)
    decisions = []
    for line, rule in rules.lines.items():
        before = champion / line.value
        decision = _decide(people, line, rule, rules, before, version / line.value, now, wishes, tell)
        decisions.append(decision)
        if not decision.promoted:
            shutil.rmtree(version / line.value, ignore_errors=True)
            if before.is_dir():
                shutil.copytree(before, version / line.value)
    if any(decision.promoted for decision in decisions):
        facts = {"made_at": now.isoformat(), "how": "refresh", "previous": champion.name}
        offers_versions.describe(version, {**facts, "decisions": [asdict(decision) for decision in decisions]})
        offers_versions.promote(folder, version)
    else:
        shutil.rmtree(version)
    return tuple(decisions)


def _decide(
    people: Sequence[Facts],
    line: Line,
    rule: OfLine,
    rules: Rules,
    before: Path,
    out: Path,
    now: datetime,
    wishes: Wishes,
    tell: Tell,
) -> Decision:
    """Fit a challenger in `out`, and say whether it takes over."""
    frame = offers_fit.table(people, line, rule, now.date())
    try:
        champion = artefact.load(before) if (before / artefact.CARD).is_file() else None
        if champion is None:
            offers_fit.fit_line(frame, line, out, rule, now, wishes, tell)
            return Decision(line, True, "first")
        old, newest = _newest(frame, champion, rules.refresh.newest_share)
        if not _enough(newest, line):
            return Decision(line, False, "too_few", rows=newest.height)
        challenger = offers_fit.fit_line(old, line, out, rule, now, wishes, tell)
    except ModelsError as error:
        tell(f"{line.value}: {error}")
        return Decision(line, False, "failed")
    y = (newest[offers_fit.target(line)] == "yes").to_numpy().astype(np.int8)
    p, q = _probabilities(champion, newest), _probabilities(challenger, newest)
    name = str(champion.card["metric"])
    gain, low, high = compare(METRICS[name], y, p, q, wishes.seed)
    better = low > rules.refresh.least_gain
    if better:
        offers_fit.learn_all(challenger, frame, line, out, wishes)
    figures_of = (METRICS[name](y, p), METRICS[name](y, q))
    return Decision(line, better, "better" if better else "not_better", name, len(y), *figures_of, gain, low, high)


def _newest(frame: pl.DataFrame, champion: Artefact, share: float) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Rows to learn from and the newest to judge on, nobody in both.

    Only rows since the champion's data are judged on, at most the share: a model that has seen the others would
    always look better on them.
    """
    since = frame.filter(pl.col("moment") > champion.card["data"]["newest row"])
    wanted = max(1, round(share * frame.height))
    newest = since.sort("moment", "customer_id", descending=True).head(wanted)
    rest = frame.filter(~pl.col("customer_id").is_in(newest["customer_id"].to_list()))
    return rest, newest


def _enough(newest: pl.DataFrame, line: Line) -> bool:
    held = int((newest[offers_fit.target(line)] == "yes").sum()) if newest.height else 0
    return min(held, newest.height - held) >= _FEWEST


def _probabilities(made: Artefact, frame: pl.DataFrame) -> np.ndarray:
    return made.probabilities(made.plan.matrix(columns.typed(frame, made.columns)))


def _moved(people: Sequence[Facts], version: Path, rules: Rules, now: datetime) -> dict[str, dict[str, float]]:
    """The stability index of every column and score, by line."""
    found = {}
    for line in offers_versions.lines(version):
        made = artefact.load(version / line.value)
        frame = offers_fit.table(people, line, rules.lines[line], now.date()) if line in rules.lines else None
        if frame is None or frame.is_empty():
            continue
        x = made.plan.matrix(columns.typed(frame, made.columns))
        watch = drift.Drift(made.card["reference"])
        watch.add(x, made.probabilities(x))
        found[line.value] = watch.indices()
    return found
