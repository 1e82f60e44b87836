"""`python -m gateway review`: mistakes of the bot that were marked at the desk become examples it learns from.

Accepted marks are written as NLU examples into `<data>/<language>/reviewed.yml`, with stand-ins for everything
personal; what is there already is not written twice. Somebody looks at the difference, keeps what is good, and
trains the assistant.
"""

import argparse
import re
import sys
from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path

import yaml

from crm import reference
from crm.cli import user
from crm.domain import MarkState, MarkView
from crm.domain.audit import Actor, current_actor
from crm.errors import CrmError
from crm.services import review
from crm.store import Store
from gateway.clock import utc_now

FILE = "reviewed.yml"
NLU = Path("data/nlu")
_LABEL = re.compile(r"\[([A-Z][A-Z_]+)(?: \d{4})?\]")
_ENTITY = re.compile(r"\[([^\]]+)\](?:\([^)]*\)|\{[^}]*\})")
_HEAD = "# Examples that customers' words taught: marked and accepted at the desk (python -m gateway review).\n"

Examples = dict[str, list[str]]


def main(arguments: Sequence[str], store: Store | None = None, now: datetime | None = None) -> int:
    """Run the command; returns the exit code."""
    options = _parser().parse_args(arguments)
    current_actor.set(Actor.command(user()))
    store = store or Store.from_settings()
    try:
        _settle(store, options.accept, options.reject, now or utc_now())
    except CrmError as error:
        print(f"review: {error}", file=sys.stderr)
        return 1
    with store.reading() as session:
        waiting, accepted = review.marks(session), review.marks(session, MarkState.ACCEPTED)
    for mark in waiting:
        print(f"{mark.id:>6}  {mark.language}  {mark.taken_for or '-'} -> {mark.right_intent}  {mark.text!r}")
    print(f"{len(waiting)} wait for review (at the desk, or --accept ID, --reject ID), {len(accepted)} are accepted")
    if accepted and not options.dry_run:
        _write(store, accepted, options.data)
    return 0


def example_of(mark: MarkView) -> str | None:
    """The example a mark becomes; None when something personal in it has no stand-in."""
    stand_ins = reference.table("stand_ins").get(mark.language, {})
    text = " ".join(mark.text.split())
    for label in _LABEL.finditer(text):
        if label.group(1) not in stand_ins:
            return None
    plain = _LABEL.sub(lambda label: stand_ins[label.group(1)], text)
    return re.sub(r"[\[\]{}]", "", plain).lstrip("-*/ ").strip() or None


def known_in(folder: Path) -> set[str]:
    """Every example of a language, in the spelling in which two are the same."""
    found: set[str] = set()
    for file in sorted(folder.glob("*.yml")):
        for examples in _read(file).values():
            found.update(map(_same, examples))
    return found


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m gateway review", description=__doc__)
    parser.add_argument("--data", type=Path, default=NLU, help="where the examples stand (default data/nlu)")
    parser.add_argument("--accept", type=int, action="append", default=[], metavar="ID", help="accept a mark")
    parser.add_argument("--reject", type=int, action="append", default=[], metavar="ID", help="reject a mark")
    parser.add_argument("--dry-run", action="store_true", help="only show what waits; write nothing")
    return parser


def _settle(store: Store, accept: Iterable[int], reject: Iterable[int], now: datetime) -> None:
    with store.session() as session:
        for mark_id in accept:
            review.settle(session, mark_id, accepted=True, now=now)
        for mark_id in reject:
            review.settle(session, mark_id, accepted=False, now=now)


def _write(store: Store, accepted: Sequence[MarkView], data: Path) -> None:
    by_language: dict[str, list[MarkView]] = defaultdict(list)
    for mark in accepted:
        by_language[mark.language].append(mark)
    for language, marks in sorted(by_language.items()):
        if not (data / language).is_dir():
            print(f"there are no examples in {language!r} under {data}: {len(marks)} are left as they are")
            continue
        done, added = _add(data / language, marks)
        with store.session() as session:
            for mark in done:
                review.written(session, mark.id)
        left = len(marks) - len(done)
        print(f"{data / language / FILE}: {added} new, {len(done) - added} known already, {left} without a stand-in")
    print("look at what is new (git diff), then train the assistant")


def _add(folder: Path, marks: Sequence[MarkView]) -> tuple[list[MarkView], int]:
    """The marks that are in the training data now, and how many examples are new."""
    file = folder / FILE
    known, examples = known_in(folder), _read(file)
    done, added = [], 0
    for mark in marks:
        text = example_of(mark)
        if text is None:
            continue
        done.append(mark)
        if _same(text) not in known:
            known.add(_same(text))
            examples.setdefault(mark.right_intent, []).append(text)
            added += 1
    if added:
        file.write_text(_told(examples), encoding="utf-8")
    return done, added


def _read(file: Path) -> Examples:
    """The examples of a file by intent; entities keep their marks."""
    found: Examples = {}
    if not file.is_file():
        return found
    for part in (yaml.safe_load(file.read_text(encoding="utf-8")) or {}).get("nlu") or ():
        listed = part.get("examples") or ""
        lines = [line.removeprefix("- ").strip() for line in str(listed).splitlines() if line.startswith("- ")]
        if "intent" in part:
            found.setdefault(part["intent"], []).extend(lines)
    return found


def _told(examples: Examples) -> str:
    parts = [f'{_HEAD}version: "3.1"\n\nnlu:\n']
    for intent, texts in sorted(examples.items()):
        parts.append(f"- intent: {intent}\n  examples: |\n" + "".join(f"    - {text}\n" for text in texts))
    return "".join(parts)


def _same(text: str) -> str:
    return re.sub(r"[\W_]+", " ", _ENTITY.sub(r"\1", text)).strip().casefold()
