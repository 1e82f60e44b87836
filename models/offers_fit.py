"""One propensity model a line of business, learned from the store."""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
from sqlalchemy.orm import Session

from crm.domain import Line
from models import artefact, columns, drift, offers_facts, offers_versions, report, search
from models import fit as fitting
from models.artefact import Artefact
from models.errors import ModelsError, TableError
from models.facts import Facts, of_all
from models.fit import SEED, Options
from models.folds import Order
from models.offers_rules import OfLine, Rules

FAST = ("logistic regression", "LightGBM")  # those that `models.online` can score and explain in a millisecond
MOST = 50_000  # customers; more of them move no figure
_DAY = 86_400
Tell = Callable[[str], None]


@dataclass(frozen=True)
class Wishes:
    """How to learn."""

    trials: int = 4
    most: int = MOST
    minutes: float | None = None
    language: str = "en"
    seed: int = SEED


def target(line: Line) -> str:
    """The column that is learned."""
    return f"holds {line.value}"


def read(session: Session, today: date, most: int) -> list[Facts]:
    """The customers to learn from. Raises `TableError` when there is nobody."""
    found = list(of_all(session, today, most))
    if not found:
        raise TableError("The store holds no customers yet: import them with `python -m crm import`.")
    return found


def table(people: Sequence[Facts], line: Line, rule: OfLine, today: date) -> pl.DataFrame:
    """A row for each customer whom the rules let be offered the line or who holds it, and one for each answered offer.

    `moment` is when the customer came, or answered, in days: nothing learns from it.
    """
    rows: list[dict[str, Any]] = []
    for person in people:
        if not _may_hold(person, line, rule):
            continue
        values = offers_facts.values(person, line, today)
        held = [(person.holds(line), person.since)]
        said = [(answer.accepted, answer.at) for answer in person.answers if answer.line is line]
        rows += [
            {"customer_id": person.customer_id, "moment": _days(at), **values, target(line): "yes" if yes else "no"}
            for yes, at in held + said
        ]
    return pl.DataFrame(rows, infer_schema_length=None)


def fit(people: Sequence[Facts], folder: Path, rules: Rules, now: datetime, wishes: Wishes, tell: Tell) -> Path:
    """Fit every line anew and let the new version be the one in use; its folder.

    A line that cannot be learned from, because hardly anybody or everybody holds it, is left out and told.

    Raises:
        TableError: no line at all can be learned from.
    """
    before = offers_versions.current(folder)
    version = offers_versions.new(folder, now)
    made, left_out = {}, {}
    for line, rule in rules.lines.items():
        try:
            frame = table(people, line, rule, now.date())
            card = fit_line(frame, line, version / line.value, rule, now, wishes, tell).card
            made[line.value] = {"algorithm": card["algorithm"], "figures": card["figures"]}
        except ModelsError as error:
            left_out[line.value] = str(error)
            tell(f"{line.value}: left out. {error}")
    if not made:
        version.rmdir()
        raise TableError("No line can be learned from: there are too few customers, or too few who hold several lines.")
    facts = {"made_at": now.isoformat(), "how": "fit", "previous": before.name if before else None}
    offers_versions.describe(version, {**facts, "lines": made, "left out": left_out})
    offers_versions.promote(folder, version)
    return version


def fit_line(
    frame: pl.DataFrame, line: Line, out: Path, rule: OfLine, now: datetime, wishes: Wishes, tell: Tell
) -> Artefact:
    """Fit one line and write its model, card, figures and report. Raises `ModelsError`."""
    if frame.is_empty():
        raise TableError("Nobody may be offered this line and holds another one: there is nothing to learn from.")
    doubled = frame["customer_id"].n_unique() < frame.height
    options = Options(
        target=target(line),
        drop=("moment",) if doubled else ("moment", "customer_id"),
        group="customer_id" if doubled else None,
        trials=wishes.trials,
        minutes=wishes.minutes,
        algorithms=FAST,
        value=rule.margin,
        seed=wishes.seed,
    )
    made = fitting.fit_frame(
        frame, out, options, lambda what: tell(f"{line.value}: {what}"), _source(frame, now.isoformat())
    )
    report.write(out, wishes.language)
    return made


def learn_all(made: Artefact, frame: pl.DataFrame, line: Line, out: Path, wishes: Wishes) -> None:
    """Let a model that has been judged learn from all rows, too, with what was chosen; its figures stay as judged."""
    x = made.plan.matrix(columns.typed(frame, made.columns))
    y = (frame[target(line)] == "yes").to_numpy().astype(np.int8)
    task = search.Task(x, y, made.plan, Order(), made.card["metric"], wishes.seed, 1)
    models = search.fitted(made.card["algorithm"], made.card["parameters"], task)
    data = {**made.card["data"], **_source(frame, made.card["data"]["as of"]), "rows learned from": frame.height}
    reference = drift.reference(x, made.plan, made.calibration(search.predict(models, x)))
    card = {**made.card, "data": data, "reference": reference, "judged": "before it learned from the newest rows"}
    whole = Artefact(made.columns, made.plan, tuple(models), made.calibration, card)
    artefact.save(out, whole, artefact.figures_of(out))
    report.write(out, wishes.language)


def _source(frame: pl.DataFrame, as_of: str) -> dict[str, Any]:
    return {
        "file": "the customer store",
        "sha256": hashlib.sha256(frame.write_csv().encode()).hexdigest(),
        "rows": frame.height,
        "as of": as_of,
        "newest row": float(frame["moment"].max()),  # type: ignore[arg-type]
        "answered offers": frame.height - frame["customer_id"].n_unique(),
    }


def _may_hold(person: Facts, line: Line, rule: OfLine) -> bool:
    """Who is compared: those the rules would let be offered the line, but for whether they hold it."""
    youngest, oldest = rule.ages
    return youngest <= person.age <= oldest and (person.holds_another(line) or not rule.holds_another)


def _days(moment: datetime) -> float:
    return moment.timestamp() / _DAY
