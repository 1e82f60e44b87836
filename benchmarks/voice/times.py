"""`python -m benchmarks.voice.times`: how long callers wait, how many can, and who is cut off."""

import argparse
import asyncio
import random
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import psutil

from benchmarks.voice.caller import Caller
from benchmarks.voice.conversations import (
    EVERY,
    WITH_PAUSES,
    Conversation,
    Notes,
    Step,
    Utterance,
    ordinary,
    with_pauses,
)
from benchmarks.voice.figures import heading, percentile
from benchmarks.voice.house import House, house
from benchmarks.voice.speech import voice_of
from benchmarks.voice.stock import SENTENCES, Stock
from benchmarks.voice.stock import measure as measure_stock

LEVELS = (1, 5, 10, 20)
AIMS = {
    "end of speech to first sound, p50": "600",
    "end of speech to first sound, p95": "1000",
    "cut off, %": "2",
    "interruption to silence, p95": "250",
}
CALLERS = "callers of the benchmark"
_BETWEEN_CALLS = 0.3  # seconds
_FIRST_WORD = 0.2  # seconds of an utterance in which what is told was said before


@dataclass
class Part:
    """What the time to the first sound of one utterance was made of, in seconds.

    `recognition` lies within `endpoint`: it runs while it is waited whether the caller goes on.
    """

    endpoint: float
    recognition: float
    answer: float
    synthesis: float
    line: float

    @property
    def whole(self) -> float:
        """From the end of speech to the first sound."""
        return self.endpoint + self.answer + self.synthesis + self.line


@dataclass
class Level:
    """So many calls at a time, and how it went.

    Attributes:
        parts: of utterances that the assistant was told; the others were met with a word of the session.
        cut_off: utterances of which a part was taken for the whole.
        cpu: processors used, by kind of process.
        memory: resident megabytes before and after.
        machine: processors used by everything on this machine.
    """

    calls: int
    seconds: float
    notes: list[Notes] = field(default_factory=list)
    parts: list[Part] = field(default_factory=list)
    cut_off: list[str] = field(default_factory=list)
    cpu: dict[str, float] = field(default_factory=dict)
    memory: tuple[dict[str, float], dict[str, float]] = ({}, {})
    machine: float = 0.0

    @property
    def utterances(self) -> list[Utterance]:
        """What was said."""
        return [each for notes in self.notes for each in notes.utterances]

    def of(self, what: str) -> list[float]:
        """A list of all callers' notes."""
        return [each for notes in self.notes for each in getattr(notes, what)]


async def measure(made: House, calls: int, seconds: float, script: str = "ordinary") -> Level:
    """Let so many callers talk for so long at the same time."""
    level = Level(calls, seconds, [Notes() for _ in range(calls)])
    ready, talk = asyncio.Barrier(calls + 1), asyncio.get_running_loop().create_future()
    async with httpx.AsyncClient() as http, asyncio.TaskGroup() as group:
        for number, notes in enumerate(level.notes):
            group.create_task(_call(made, http, number, script, notes, ready, talk))
            await asyncio.sleep(_BETWEEN_CALLS)
        await ready.wait()
        began = asyncio.get_running_loop().time()
        before, memory, machine = _cpu(made), made.memory(), _machine()
        talk.set_result(began + seconds)
        await asyncio.sleep(seconds)
        took = asyncio.get_running_loop().time() - began
        level.cpu = {kind: (used - before.get(kind, 0.0)) / took for kind, used in _cpu(made).items()}
        level.machine = (_machine() - machine) / took
        level.memory = memory, made.memory()
    _take_apart(level, made.noted())
    return level


async def _call(
    made: House, http: httpx.AsyncClient, number: int, script: str, notes: Notes, ready: asyncio.Barrier,
    talk: asyncio.Future[float],
) -> None:  # fmt: skip
    call_id = await made.new_call(http)
    notes.call = call_id.hex
    caller = await Caller.call("127.0.0.1", made.port, call_id)
    conversation = Conversation(caller, voice_of(number), notes)
    try:
        await conversation.begin()
        await ready.wait()
        until = await asyncio.shield(talk)
        await asyncio.sleep(random.Random(number).random() * EVERY)  # or they would all speak at once
        await conversation.run(_steps(made, number, script), until)
    except ConnectionError as error:
        notes.lost = str(error)
    finally:
        await caller.hang_up()


def _steps(made: House, number: int, script: str) -> Iterator[Step]:
    return with_pauses(number) if script == "pauses" else ordinary(number, made.customer)


def _take_apart(level: Level, noted: Sequence[dict[str, Any]]) -> None:
    """Put what the gateway noted beside what the callers heard."""
    calls: dict[str, list[dict[str, Any]]] = {}
    for event in noted:
        calls.setdefault(event["call"], []).append(event)
    for notes in level.notes:
        events = calls.get(notes.call, [])
        for each in notes.utterances:
            told = [e["at"] for e in events if e["what"] == "said" and e["by"] == "speech"]
            if any(each.began + _FIRST_WORD < at < each.ended for at in told):
                level.cut_off.append(each.words)
            elif part := _part(each, events):
                level.parts.append(part)


def _part(each: Utterance, events: Sequence[dict[str, Any]]) -> Part | None:
    if each.first_sound is None:
        return None
    heard = each.ended + each.first_sound
    during = [event for event in events if each.ended <= event["at"] <= heard]
    told = next((event for event in during if event["what"] == "said"), None)
    if told is None:
        return None
    finished = [e for e in events if e["what"] == "finished" and e["at"] <= told["at"]]
    after = [event for event in during if event["at"] >= told["at"]]
    answer = next((e for e in after if e["what"] == "answer"), None)
    sound = next((e for e in after if answer and e["what"] == "sound" and e["at"] >= answer["at"]), None)
    if answer is None or sound is None:
        return None
    return Part(
        endpoint=told["at"] - each.ended,
        recognition=finished[-1]["took"] if finished else 0.0,
        answer=answer["at"] - told["at"],
        synthesis=sound["at"] - answer["at"],
        line=heard - sound["at"],
    )


def _cpu(made: House) -> dict[str, float]:
    return made.cpu() | {CALLERS: sum(psutil.Process().cpu_times()[:2])}


def _machine() -> float:
    """Processor seconds of the whole machine that were not idle."""
    times = psutil.cpu_times()
    return sum(times) - times.idle - times.iowait - times.guest - times.guest_nice


# --- what is printed


def table(columns: dict[str, dict[str, str]], aims: dict[str, str]) -> str:
    """Figures by column and name: milliseconds unless they say otherwise."""
    heads = list(columns)
    lines = [f"| milliseconds | aim | {' | '.join(heads)} |", f"|---|---|{'---|' * len(heads)}"]
    for name in dict.fromkeys(name for column in columns.values() for name in column):
        cells = [column.get(name, "") for column in columns.values()]
        lines.append(f"| {name} | {aims.get(name, '')} | {' | '.join(cells)} |")
    return "\n".join(lines)


def _figures(level: Level) -> dict[str, str]:
    said = level.utterances
    waits = [each.first_sound for each in said if each.first_sound is not None]
    figures = _both("end of speech to first sound", waits)
    figures |= _both("the same, where the assistant was asked", [part.whole for part in level.parts])
    for name in ("endpoint", "recognition", "answer", "synthesis", "line"):
        figures |= _both(f"- {name}", [getattr(part, name) for part in level.parts])
    figures |= _both("last key to first sound", level.of("keys"))
    figures |= _both("interruption to silence", level.of("stopped"))
    figures |= _cut_off(len(level.cut_off), len(said))
    figures |= {
        "not answered within 15 s": f"{len(said) - len(waits)}",
        "not understood, %": f"{100 * (len(waits) - len(level.parts) - len(level.cut_off)) / max(1, len(waits)):.1f}",
        "interruptions, of them talked over": f"{len(level.of('stopped'))}, {sum(n.talked_on for n in level.notes)}",
        "calls lost": f"{sum(bool(notes.lost) for notes in level.notes)}",
    }
    for kind, used in sorted(level.cpu.items()):
        figures[f"processors: {kind}"] = f"{used:.2f}"
    ours = sum(used for kind, used in level.cpu.items() if kind != CALLERS)
    figures["processors: all of Careline"] = f"{ours:.2f}"
    figures["processors: the whole machine"] = f"{level.machine:.2f}"
    figures["calls a core, by processor time"] = f"{level.calls / max(ours, 0.01):.1f}"
    return figures


def _both(name: str, seconds: Sequence[float]) -> dict[str, str]:
    if not seconds:
        return {}
    return {f"{name}, p{share}": f"{1000 * percentile(seconds, share):,.0f}" for share in (50, 95)}


def _stock_figures(stock: Stock, answer: float) -> dict[str, str]:
    """`answer`: seconds that the bot takes; it is the same bot."""
    figures = _both("end of speech to first sound", [wait + answer for wait in stock.waits])
    figures |= _both("- endpoint", stock.endpoint) | _both("- recognition", stock.recognition)
    figures |= {"- answer, p50": f"{1000 * answer:,.0f}"} | _both("- synthesis", stock.synthesis)
    return figures | _cut_off(stock.cut_off, stock.cut_off + len(stock.waits))


def _cut_off(cut: int, of: int) -> dict[str, str]:
    return {"utterances": f"{of}", "cut off, %": f"{100 * cut / max(1, of):.1f}"}


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, nargs="*", default=LEVELS, help="how many at a time, one level each")
    parser.add_argument("--seconds", type=float, default=60, help="of each level")
    parser.add_argument("--pauses", type=int, default=20, help="callers who pause for 600 ms in their sentences")
    parser.add_argument("--no-stock", action="store_true", help="leave out the stock way")
    parser.add_argument("--notes", type=Path, help="keep what the gateway noted there")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="careline-voice-") as folder, house(Path(folder)) as made:
        levels = [_one(made, calls, given.seconds) for calls in given.calls]
        pauses = _one(made, given.pauses, given.seconds, "pauses") if given.pauses else None
        if given.notes:
            given.notes.write_text(made.notes.read_text())
    columns = {f"{level.calls} calls": _figures(level) for level in levels}
    paused = {f"{pauses.calls} calls": _figures(pauses)} if pauses else {}
    if not given.no_stock:
        answer = percentile([part.answer for level in levels for part in level.parts], 50)
        columns["the stock way, 1 call"] = _stock_figures(measure_stock(SENTENCES), answer)
        if pauses:
            paused["the stock way, 1 call"] = _stock_figures(measure_stock(WITH_PAUSES), answer)
    print(f"\n{heading()}\n\n{table(columns, AIMS)}")
    if pauses:
        print(f"\nSentences with a pause of 600 ms inside:\n\n{table(paused, AIMS)}")
        print(f"\ncut off: {sorted(pauses.cut_off)}")


def _one(made: House, calls: int, seconds: float, script: str = "ordinary") -> Level:
    level = asyncio.run(measure(made, calls, seconds, script))
    figures = _figures(level)
    first, last = (figures.get(f"end of speech to first sound, p{share}") for share in (50, 95))
    print(
        f"{calls} calls, {script}: {first} / {last} ms; {figures['cut off, %']} % cut off", file=sys.stderr, flush=True
    )
    return level


if __name__ == "__main__":
    main()
