"""`python -m benchmarks.voice accuracy`: what is understood of calls, by each engine and by the stock way, in one run.

Sentences about insurance are drawn from the training data and taken out of it; recognition and understanding are
trained on the rest; then the sentences are said in seven voices, at 8 and 16 kHz, and what was heard is compared with
what was said and meant. Beside them: numbers read out by people, foreign speech, and sounds that are no speech.
"""

import argparse
import itertools
import multiprocessing
import os
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timezone
from multiprocessing.pool import Pool
from pathlib import Path

from benchmarks.voice import accuracy_sounds as sounds
from benchmarks.voice.accuracy_engines import ENGINES, FOREIGN, NO_SPEECH, NUMBERS, SENTENCES, STOCK, Call, Result, hear
from benchmarks.voice.accuracy_intents import Understanding
from benchmarks.voice.accuracy_sentences import LANGUAGE, NLU, HeldOut, drawn, said_alike, training_sentences
from benchmarks.voice.accuracy_tables import Measured, asked, mistakes, report
from voice import trained
from voice.ports import Expectation, Kind
from voice.reading import Answer, Reader
from voice.recognition import lexicon, training
from voice.session.keypad import Keypad, Press
from voice.settings import VoiceSettings
from voice.texts import Texts

SEED = 7011  # chosen once, before anything was heard
_SPELLINGS = training.WORDS / "spellings"


@dataclass(frozen=True)
class Material:
    """Files of everything that is said, by group and speaker, and the numbers that were said."""

    files: dict[str, dict[str, list[Path]]]
    numbers: dict[str, list[str]]


def measure(given: argparse.Namespace, folder: Path) -> Measured:
    """Train, say, hear, understand."""
    spellings, examples = lexicon.spellings(trained.ROOT / _SPELLINGS), training_sentences()
    held_out = drawn(examples, spellings, given.sentences, given.seed)
    alike = said_alike(examples, spellings, held_out)
    _tell(f"{len(held_out)} sentences are held out, {len(alike)} leave the training data with them")
    understanding = Understanding(NLU, LANGUAGE, {example.text for example in alike})
    with closing(understanding), _processes(given.processes) as pool:
        model = folder / "model"
        model.mkdir()
        making = pool.apply_async(training.make, (model, frozenset(sentence.words for sentence in held_out)))
        material = _material(pool, held_out, given, folder)
        making.get()
        jobs, results = list(_jobs(material, str(model), given)), []
        for done, found in enumerate(pool.imap_unordered(hear, jobs, chunksize=1), 1):
            results += found
            _tell(f"{done} of {len(jobs)}: {_named(found)}")
        texts = {asked(heard) for result in results if result.call.group == SENTENCES for heard in result.heard}
        _tell(f"understanding {len(texts)} texts")
        intents = understanding.intents(texts | {sentence.text for sentence in held_out})
    keyed = {digits: key_in(digits) for own in material.numbers.values() for digits in own}
    return Measured(held_out, len(alike), results, intents, material.numbers, keyed, given.seed)


def key_in(digits: str) -> str:
    """What the session makes of a policy number's keys: the way of `voice.session`, from key to reading, without sound.

    Telephone systems tell keys in frames of their own, so nothing has to be recognised.
    """
    expectation = Expectation(Kind.DIGITS, "policy_number", len(digits), len(digits))
    keypad = Keypad(VoiceSettings())
    reader = Reader(Texts(), LANGUAGE, lambda: datetime.now(timezone.utc).date())
    entries = [keypad.press(key, expectation) for key in digits]
    if entries[-1].press is not Press.ENTERED:
        return ""
    reading = reader.pressed(entries[-1].digits, expectation)
    return reading.text.removeprefix("PA-") if isinstance(reading, Answer) else ""


def _processes(count: int) -> Pool:
    """Fresh ones for every call, so that memory and engines of one are no other's; behind everything else that runs."""
    return multiprocessing.get_context("spawn").Pool(count, os.nice, (10,), maxtasksperchild=1)


def _material(pool: Pool, held_out: Sequence[HeldOut], given: argparse.Namespace, folder: Path) -> Material:
    texts = [sentence.text for sentence in held_out]
    espeak = {f"espeak {voice}": pool.apply_async(sounds.by_espeak, (texts, voice, folder)) for voice in sounds.ESPEAK}
    strange = {
        f"{language}, espeak": pool.apply_async(sounds.by_espeak, (words, language, folder))
        for language, words in sounds.FOREIGN.items()
    }
    said = {voice: sounds.by_flite(texts, voice, folder, given.processes) for voice in sounds.FLITE}
    read = {
        f"{language}, read by {voice}": sounds.by_flite(sounds.FOREIGN[language], voice, folder / language, 1)
        for language, voice in sounds.READ_BY_ENGLISH_VOICES.items()
    }
    numbers = sounds.numbers(given.data / "voice" / "fsdd_train", given.numbers, folder / "numbers", given.seed)
    talk = [path for paths in said.values() for path in paths]
    files = {
        SENTENCES: {**said, **{voice: made.get() for voice, made in espeak.items()}},
        NUMBERS: {speaker: [path for _, path in own] for speaker, own in numbers.items()},
        NO_SPEECH: sounds.no_speech(talk, folder / "no speech", given.seed),
        FOREIGN: {**read, **{name: made.get() for name, made in strange.items()}},
    }
    return Material(files, {speaker: [digits for digits, _ in own] for speaker, own in numbers.items()})


def _jobs(material: Material, model: str, given: argparse.Namespace) -> Iterator[list[Call]]:
    """Calls that one process makes: a voice's sentences, or all of what is short. What takes longest first."""
    jobs: dict[tuple[str, int, str, str], list[Call]] = defaultdict(list)
    for engine, rate, group in itertools.product(given.engines, given.rates, material.files):
        if group == NUMBERS and rate != sounds.RECORDED:
            continue
        for speaker, paths in material.files[group].items():
            kind = Kind.DIGITS if group == NUMBERS else Kind.FREE
            part = speaker if group == SENTENCES else ""
            jobs[engine, rate, group, part].append(Call(engine, model, rate, group, speaker, tuple(paths), kind))
    yield from sorted(jobs.values(), key=lambda calls: (calls[0].engine != STOCK, -sum(len(c.sounds) for c in calls)))


def _named(results: Sequence[Result]) -> str:
    call = results[0].call
    what = call.speaker if call.group == SENTENCES else call.group
    return f"{call.engine}, {call.rate // 1000} kHz, {what}: {sum(result.processor for result in results):.0f} s"


def _tell(what: str) -> None:
    print(f"{datetime.now(timezone.utc):%H:%M:%S} {what}", file=sys.stderr, flush=True)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sentences", type=int, default=60, help="to hold out")
    parser.add_argument("--numbers", type=int, default=36, help="to put together from recorded digits")
    parser.add_argument("--engines", nargs="+", choices=ENGINES, default=ENGINES)
    parser.add_argument("--rates", nargs="+", type=int, choices=(8000, 16000), default=(8000, 16000))
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"), help="where the public recordings lie")
    parser.add_argument("--mistakes", type=Path, help="write there what was heard of every sentence not heard right")
    given = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="careline-accuracy-") as folder:
        measured = measure(given, Path(folder))
    if given.mistakes:
        given.mistakes.write_text("\n".join(mistakes(measured)) + "\n", encoding="utf-8")
    print(f"\n{report(measured)}")


if __name__ == "__main__":
    main()
