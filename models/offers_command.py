"""`python -m models offers fit` and `python -m models refresh`: from the command line to the store and back."""

import argparse
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timezone

from rich.console import Console

from crm.services._days import today
from crm.store import Store
from models import drift, offers_fit, offers_rules, offers_versions, texts
from models import refresh as refreshing
from models.facts import Facts
from models.offers_fit import Wishes
from models.refresh import Decision

Tell = Callable[[str], None]


def fit(given: argparse.Namespace) -> Iterable[str]:
    """Fit every line from the store; what to print."""
    now = datetime.now(timezone.utc)
    people = _people(now, given.most)
    with _progress() as tell:
        version = offers_fit.fit(people, given.out, offers_rules.rules(), now, _wishes(given), tell)
    about = offers_versions.about(version)
    for line, made in about["lines"].items():
        auc, precision = made["figures"]["AUC"], made["figures"]["average precision"]
        yield (
            f"{line}: {made['algorithm']}, AUC {auc['value']:.3f} ({auc['low']:.3f} to {auc['high']:.3f}), "
            f"average precision {precision['value']:.3f} ({precision['low']:.3f} to {precision['high']:.3f})"
        )
    for line, why in about["left out"].items():
        yield f"{line}: left out. {why}"
    yield f"in use: {version}"


def refresh(given: argparse.Namespace) -> Iterable[str]:
    """Fit anew and promote what is better, or go back; what to print."""
    if given.rollback:
        left, back = offers_versions.rollback(given.out)
        yield f"went back from {left} to {back}"
        return
    now = datetime.now(timezone.utc)
    people = _people(now, given.most)
    with _progress() as tell:
        done = refreshing.refresh(people, given.out, offers_rules.rules(), now, _wishes(given), tell)
    for decision in done.decisions:
        yield _told(given.language, decision)
    for line, indices in done.drift.items():
        moved = {name: value for name, value in indices.items() if drift.level(value) != "stable"}
        for name, value in sorted(moved.items(), key=lambda item: -item[1]):
            yield f"drift: {line}, {name}: stability index {value:.2f} ({drift.level(value)})"
    yield f"in use: {offers_versions.current(given.out)}"


def _told(language: str, decision: Decision) -> str:
    words = texts.text(language, f"offers.decisions.{decision.why}")
    if decision.gain is None:
        return f"{decision.line.value}: {words}"
    return (
        f"{decision.line.value}: {words} ({decision.metric} {decision.champion:.4f} -> {decision.challenger:.4f}, "
        f"{decision.gain:+.4f}, 95 %: {decision.low:+.4f} .. {decision.high:+.4f}, n = {decision.rows})"
    )


def _people(now: datetime, most: int) -> list[Facts]:
    with Store.from_settings().reading() as session:
        return offers_fit.read(session, today(session, now), most)


def _wishes(given: argparse.Namespace) -> Wishes:
    return Wishes(trials=given.trials, most=given.most, minutes=given.minutes, language=given.language, seed=given.seed)


@contextmanager
def _progress() -> Iterator[Tell]:
    """What is being done, on the terminal."""
    console = Console(stderr=True, highlight=False)
    with console.status("reading") as status:

        def tell(what: str) -> None:
            console.print(f"  {what}")
            status.update(what)

        yield tell
