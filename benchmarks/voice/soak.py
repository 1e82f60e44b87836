"""`python -m benchmarks.voice.soak [--calls 10000]`: a day of short calls, and what is left of them.

Real: the session, the line's pacing and the activity of every call, the recogniser's and the mouth's workers, their
pipes. Compressed: silence, and the time in which sound is played or spoken, take no time (`compressed.py`). Not there:
network, bot and store; the assistant answers from a list.
"""

import argparse
import asyncio
import os
import random
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import psutil

from benchmarks.voice.compressed import TimedEars, TimedMouth, run
from benchmarks.voice.figures import heading
from benchmarks.voice.speech import FRAME, Speech, said, silence, voice_of
from gateway.voice.lines import NetworkLine
from voice.activity import SpeechActivity
from voice.ports import AssistantEvent, Ears, Expectation, Kind, Mouth, Option, Said, TurnOver, Utterance, Who
from voice.recognition import open_ears
from voice.session import CallSession
from voice.settings import VoiceSettings
from voice.synthesis import open_mouth
from voice.texts import Texts

RATE = 8000
STUCK = 120.0  # seconds after a caller has hung up in which a session must have ended
_SECONDS = (3.0, 14.0)  # of a call; 10,000 of them are a day
_SENTENCES = (
    "yes", "no", "what is a deductible", "how long does a claim take", "I want to file a claim", "one two three four",
    "what is the status of my claim", "thank you", "a person please", "repeat", "slower please", "goodbye",
)  # fmt: skip
_ANSWERS: tuple[tuple[str, Expectation | None], ...] = (
    ("A deductible is the part of a claim that you pay yourself. We pay what is above it.", None),
    ("Your policy number, please.", Expectation(Kind.DIGITS, "policy_number", 7, 7)),
    ("And your date of birth, please?", Expectation(Kind.DATE, "birth_date", 8, 8, confirm=True)),
    ("Shall I go on?", Expectation(Kind.YES_NO)),
    ("Is it your car, or your home?", Expectation(Kind.CHOICE, options=(Option("car", "/c"), Option("home", "/h")))),
    ("The law wants you to hear this sentence to its end, whatever you say.", Expectation(interruptible=False)),
)


class SoakLine(NetworkLine):
    """A line whose other end is not there; it is paced like a real one."""

    def __init__(self) -> None:
        super().__init__("audiosocket", RATE, language="en")
        self.sent = 0

    async def _send_sound(self, frame: bytes) -> None:
        self.sent += 1


class SoakAssistant:
    """Answers anything with one of a list, after the time a bot takes."""

    language = "en"

    def __init__(self, chance: random.Random) -> None:
        self._chance = chance
        self._events: asyncio.Queue[AssistantEvent | None] = asyncio.Queue()

    async def say(self, said: Said) -> None:
        """See `Assistant.say`."""
        await asyncio.sleep(0.05)
        text, expectation = self._chance.choice(_ANSWERS)
        self._events.put_nowait(Utterance(Who.BOT, text, self.language, expectation))
        self._events.put_nowait(TurnOver())

    async def noticed(self, what: str, **facts: str | int | float | bool) -> None:
        """See `Assistant.noticed`."""

    async def wants_person(self) -> None:
        """See `Assistant.wants_person`."""
        self._events.put_nowait(TurnOver())

    async def events(self) -> AsyncIterator[AssistantEvent]:
        """See `Assistant.events`."""
        while (event := await self._events.get()) is not None:
            yield event

    async def end(self, why: str) -> None:
        """See `Assistant.end`."""
        self._events.put_nowait(None)


@dataclass
class House:
    """What all calls share."""

    ears: Ears
    mouth: Mouth
    texts: Texts
    settings: tuple[VoiceSettings, ...]  # the calls take turns with them
    endings: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    frames: int = 0


async def one_call(house: House, number: int) -> None:
    """A short call, from beginning to end; `number` decides what its caller does."""
    chance = random.Random(number)
    line, assistant = SoakLine(), SoakAssistant(chance)
    settings = house.settings[number % len(house.settings)]
    session = CallSession(line, house.ears, house.mouth, assistant, SpeechActivity(RATE), house.texts, settings)
    began = asyncio.get_running_loop().time()
    running = asyncio.create_task(session.run())
    caller = asyncio.create_task(_caller(line, chance, number))
    try:
        await asyncio.wait((caller, running), return_when=asyncio.FIRST_COMPLETED)
        async with asyncio.timeout(STUCK):
            house.endings[(await running).why] += 1
    except TimeoutError:
        house.endings["stuck"] += 1
        print(f"call {number} is stuck at {running.get_stack(limit=1)}", file=sys.stderr, flush=True)
    except Exception as error:
        house.endings[f"{type(error).__name__}: {error}"[:80]] += 1
    finally:
        caller.cancel()
        await asyncio.gather(caller, return_exceptions=True)
        line.hang_up("caller")
        house.seconds += asyncio.get_running_loop().time() - began
        house.frames += line.sent


async def _caller(line: SoakLine, chance: random.Random, number: int) -> None:
    """Speaks, presses, is silent (with frames or without any), and hangs up wherever the call has come to."""
    loop = asyncio.get_running_loop()
    until = loop.time() + chance.uniform(*_SECONDS)
    while loop.time() < until and not line.is_over:
        does = chance.random()
        if does < 0.35:
            await _speak(line, said(chance.choice(_SENTENCES), voice_of(number)), until)
        elif does < 0.55:
            line.pressed(chance.choice("0123456789*#"))
            await _sound(line, silence()[: int(RATE * 0.5)], until)
        elif does < 0.6:
            await asyncio.sleep(chance.uniform(0.1, 2.0))
        else:
            await _sound(line, silence()[: 2 * int(RATE * chance.uniform(0.5, 2.5))], until)
    line.hang_up("caller")


async def _speak(line: SoakLine, speech: Speech, until: float) -> None:
    await _sound(line, speech.pcm + silence()[: 2 * int(RATE * 1.2)], until)


async def _sound(line: SoakLine, pcm: bytes, until: float) -> None:
    size = 2 * round(FRAME * RATE)
    loop = asyncio.get_running_loop()
    for start in range(0, len(pcm), size):
        if line.is_over or loop.time() > until:
            return
        line.heard(pcm[start : start + size])
        await asyncio.sleep(FRAME)


# --- many of them


@dataclass
class Sample:
    """The processes after so many calls: megabytes, open files, processor seconds; tasks and threads of the first."""

    calls: int
    memory: dict[str, float]
    files: dict[str, int]
    cpu: dict[str, float]
    tasks: int
    threads: int


def sample(calls: int) -> Sample:
    """Look now."""
    processes = list(_processes())
    return Sample(
        calls,
        {name: each.memory_info().rss / 1e6 for name, each in processes},
        {name: each.num_fds() for name, each in processes},
        {name: sum(each.cpu_times()[:2]) for name, each in processes},
        len(asyncio.all_tasks()),
        psutil.Process().num_threads(),
    )


def _processes() -> Iterator[tuple[str, psutil.Process]]:
    this = psutil.Process()
    yield "sessions", this
    for child in this.children(recursive=True):
        with suppress(psutil.Error):
            loaded = " ".join(each.path for each in child.memory_maps())
            kind = (
                "mouth"
                if "espeak" in loaded
                else "recogniser"
                if "onnxruntime" in loaded or "pocketsphinx" in loaded
                else "other"
            )
            yield f"{kind} {child.pid}", child


async def soak(calls: int, at_once: int, first: int) -> tuple[House, list[Sample], float]:
    """So many calls, so many at a time."""
    settings = VoiceSettings(recognition_calls=max(16, at_once))
    ears, mouth = open_ears(settings), await asyncio.to_thread(open_mouth, settings)
    unasked = settings.model_copy(update={"recording": False})  # a short call would end within the question otherwise
    house = House(TimedEars(ears), TimedMouth(mouth), Texts(), (settings, unasked))
    numbers = iter(range(first, first + calls))
    samples: list[Sample] = []
    look_at = {max(at_once, calls * share // 20) for share in range(1, 20)}
    done = 0

    async def callers() -> None:
        nonlocal done
        for number in numbers:
            await one_call(house, number)
            done += 1
            if done in look_at:
                samples.append(sample(done))
                print(f"{done} calls, {house.endings}", file=sys.stderr, flush=True)

    began = time.monotonic()
    await asyncio.gather(*(callers() for _ in range(at_once)))
    took = time.monotonic() - began
    await asyncio.sleep(STUCK)
    samples.append(sample(done))
    await house.ears.close()
    await house.mouth.close()
    return house, samples, took


def main(arguments: Sequence[str] | None = None) -> None:
    """Run, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=10_000)
    parser.add_argument("--at-once", type=int, default=20)
    parser.add_argument("--first", type=int, default=0, help="number of the first one: other numbers, other callers")
    given = parser.parse_args(arguments)
    house, samples, took = run(soak(given.calls, given.at_once, given.first))
    left = [f"{each.pid} {each.name()}" for each in psutil.Process().children(recursive=True) if not _helps(each)]
    print(f"\n{heading()}\n\n{report(house, samples, took)}\n\nprocesses left: {left or 'none'}")


def _helps(process: psutil.Process) -> bool:
    """Python's own resource tracker lives as long as its process."""
    return "resource_tracker" in " ".join(process.cmdline())


def report(house: House, samples: Sequence[Sample], took: float) -> str:
    """Two tables in Markdown."""
    first, middle, last = samples[0], samples[len(samples) // 2], samples[-1]
    chosen = (first, middle, last)
    endings = ", ".join(f"{why} {count}" for why, count in house.endings.most_common())
    lines = [
        f"{sum(house.endings.values()):,} calls of {house.seconds / 3600:.2f} hours in {took / 60:.1f} minutes "
        f"({house.seconds / took:.0f} times as fast), {house.frames * FRAME / 3600:.2f} hours of sound played",
        f"ended by: {endings}",
        "",
        "| | " + " | ".join(f"after {each.calls:,}" for each in chosen) + " |",
        "|---|" + "---|" * len(chosen),
    ]
    rows: list[tuple[str, list[Any]]] = [("tasks of the loop", [each.tasks for each in chosen])]
    rows.append(("threads of the sessions' process", [each.threads for each in chosen]))
    for name in last.memory:
        rows.append((f"{name}: MB", [f"{each.memory.get(name, float('nan')):.1f}" for each in chosen]))
        rows.append((f"{name}: open files", [each.files.get(name, "") for each in chosen]))
        rows.append((f"{name}: processor seconds", [f"{each.cpu.get(name, 0):,.0f}" for each in chosen]))
    lines += [f"| {name} | {' | '.join(map(str, cells))} |" for name, cells in rows]
    return "\n".join(lines)


if __name__ == "__main__":
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    main()
