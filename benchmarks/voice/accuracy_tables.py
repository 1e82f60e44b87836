"""The tables of `accuracy`: engines beside each other, the aims beside them."""

import importlib.metadata
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from benchmarks.voice.accuracy_engines import FOREIGN, NO_SPEECH, NUMBERS, SENTENCES, STOCK, Heard, Result
from benchmarks.voice.accuracy_sentences import LANGUAGE, HeldOut
from benchmarks.voice.accuracy_sounds import FLITE, RECORDED
from benchmarks.voice.accuracy_words import auc, between, errors, errors_of_words
from benchmarks.voice.figures import heading, percentile
from voice.recognition.numerals import digits_of
from voice.spoken.written import written

GOOD, BAD = 0.4, 0.65  # of a sentence's words wrong: at most that, it was heard; at least that, it was not
_AIMS = {
    "8 kHz, flite's five: word errors": "<= 5 %",
    "8 kHz, flite's five: intent right": ">= 97 %",
    "8 kHz, all seven: intent right": ">= 95 %",
    "error per digit": "< 25 %",
}
_PACKAGES = ("moonshine-voice", "onnxruntime", "pocketsphinx", "SpeechRecognition")
_NO_SHARE = "-"
Row = tuple[str, list[str]]


@dataclass(frozen=True)
class Measured:
    """Everything that tables are made of.

    Attributes:
        removed: how many training sentences were left out.
        intents: what the assistant takes a text for.
        numbers: by speaker, those that were read out, in the order of the call.
        keyed: by number, what its keys came to.
    """

    held_out: Sequence[HeldOut]
    removed: int
    results: Sequence[Result]
    intents: dict[str, str]
    numbers: dict[str, list[str]]
    keyed: dict[str, str]
    seed: int

    @property
    def engines(self) -> list[str]:
        """In the order of the tables: ours, then the stock way."""
        found = dict.fromkeys(result.call.engine for result in self.results)
        return sorted(found, key=lambda engine: (engine == STOCK, engine))

    @property
    def rates(self) -> list[int]:
        """Samples a second."""
        return sorted({result.call.rate for result in self.results if result.call.group == SENTENCES})

    def of(self, engine: str, rate: int, group: str, speakers: Iterable[str] | None = None) -> list[Result]:
        """The calls of one engine, of some speakers or all."""
        wanted = None if speakers is None else set(speakers)
        return [
            result
            for result in self.results
            if (result.call.engine, result.call.rate, result.call.group) == (engine, rate, group)
            and (wanted is None or result.call.speaker in wanted)
        ]

    def speakers(self, group: str) -> list[str]:
        """Whose calls there are."""
        found = sorted({result.call.speaker for result in self.results if result.call.group == group})
        return sorted(found, key=lambda speaker: speaker not in FLITE)


@dataclass(frozen=True, slots=True)
class Said:
    """One sentence in one voice: what was said, what was heard, and what that was taken for."""

    speaker: str
    sentence: HeldOut
    heard: Heard
    intent: str
    words: int
    wrong: int

    @property
    def right(self) -> bool:
        """Whether it was taken for what was meant."""
        return self.intent == self.sentence.intent

    @property
    def share(self) -> float:
        """Of words that are wrong; may be above 1."""
        return self.wrong / max(1, self.words)


def asked(heard: Heard) -> str:
    """What the session hands to the assistant."""
    return written(heard.text, LANGUAGE)


def said(measured: Measured, results: Iterable[Result]) -> list[Said]:
    """All sentences of calls."""
    found = []
    for result in results:
        for sentence, heard in zip(measured.held_out, result.heard, strict=True):
            wrong, words = errors_of_words(sentence.text, heard.text)
            found.append(Said(result.call.speaker, sentence, heard, measured.intents[asked(heard)], words, wrong))
    return found


def report(measured: Measured) -> str:
    """All tables, in Markdown."""
    heard = {
        (engine, rate): said(measured, measured.of(engine, rate, SENTENCES))
        for engine in measured.engines
        for rate in measured.rates
    }
    parts = [
        f"{heading()}; {_versions()}; seed {measured.seed}",
        f"{len(measured.held_out)} sentences held out, {measured.removed} removed from what was trained on; typed, "
        f"{_percent(*_typed(measured))} mean what they are taken for. In brackets: 95 % of samples of sentences.",
        _table(measured.engines, _sentences(measured, heard)),
        "Voice by voice, word errors and intents right:",
        _table([f"{engine}, {rate // 1000} kHz" for engine, rate in heard], _voices(measured, heard)),
        "What is taken for understood:",
        _table(measured.engines, _rejection(measured, heard)),
        "Numbers of seven digits, read out by people, 8 kHz:",
        _table([*measured.engines, "keys"], _numbers(measured)),
        "What it costs:",
        _table(measured.engines, _costs(measured)),
    ]
    return "\n\n".join(parts)


def mistakes(measured: Measured) -> Iterator[str]:
    """A line for every sentence that was not heard to the word, with tabs between."""
    yield "engine\tkHz\tvoice\twrong\tsaid\theard\tmeant\ttaken for\tconfidence"
    for result in measured.results:
        if result.call.group != SENTENCES:
            continue
        for one in said(measured, [result]):
            if one.wrong or not one.right:
                place = f"{result.call.engine}\t{result.call.rate // 1000}\t{one.speaker}\t{one.wrong}"
                words = f"{one.sentence.text}\t{one.heard.text}"
                yield f"{place}\t{words}\t{one.sentence.intent}\t{one.intent}\t{one.heard.confidence:.2f}"


# --- rows


def _sentences(measured: Measured, heard: dict[tuple[str, int], list[Said]]) -> Iterator[Row]:
    typed_right = {one.text for one in measured.held_out if measured.intents[one.text] == one.intent}
    for rate in measured.rates:
        for name, voices in (("flite's five", FLITE), ("all seven", measured.speakers(SENTENCES))):
            own = [[one for one in heard[engine, rate] if one.speaker in voices] for engine in measured.engines]
            where = f"{rate // 1000} kHz, {name}"
            yield f"{where}: word errors", [_sure(each, lambda one: (one.wrong, one.words)) for each in own]
            yield f"{where}: intent right", [_sure(each, lambda one: (one.right, 1)) for each in own]
            yield (
                "- of sentences that are understood when typed",
                [
                    _sure([one for one in each if one.sentence.text in typed_right], lambda one: (one.right, 1))
                    for each in own
                ],
            )
            yield (
                "- and believed by the session",
                [_share(one.right and one.heard.understood for one in each) for each in own],
            )


def _voices(measured: Measured, heard: dict[tuple[str, int], list[Said]]) -> Iterator[Row]:
    for voice in measured.speakers(SENTENCES):
        cells = []
        for own in heard.values():
            mine = [one for one in own if one.speaker == voice]
            wrong, words = sum(one.wrong for one in mine), sum(one.words for one in mine)
            cells.append(f"{_percent(wrong, words)}; {_share(one.right for one in mine)}")
        yield voice, cells


def _rejection(measured: Measured, heard: dict[tuple[str, int], list[Said]]) -> Iterator[Row]:
    for rate in measured.rates:
        where = f"{rate // 1000} kHz"
        good = [[one.heard for one in heard[engine, rate] if one.share <= GOOD] for engine in measured.engines]
        bad = [[one.heard for one in heard[engine, rate] if one.share >= BAD] for engine in measured.engines]
        other = {
            group: [_all_heard(measured.of(engine, rate, group)) for engine in measured.engines]
            for group in (NO_SPEECH, FOREIGN)
        }
        both = [none + foreign for none, foreign in zip(*other.values(), strict=True)]
        for name, negative in (*other.items(), ("both", both)):
            yield f"{where}: AUC, sentences heard against {name}", _aucs(measured.engines, good, negative)
        yield f"{where}: sentences heard (at most {GOOD:.0%} wrong)", _believed(good)
        yield f"{where}: sentences not heard (at least {BAD:.0%} wrong)", _believed(bad)
        for speaker in measured.speakers(NO_SPEECH):
            yield f"- {speaker}", _believed(_each(measured, rate, NO_SPEECH, [speaker]))
        for kind in ("espeak", "read by"):
            speakers = [speaker for speaker in measured.speakers(FOREIGN) if kind in speaker]
            name = "foreign, espeak-ng's voices" if kind == "espeak" else "foreign, as flite's English voices read it"
            yield f"- {name}", _believed(_each(measured, rate, FOREIGN, speakers))


def _each(measured: Measured, rate: int, group: str, speakers: Sequence[str]) -> list[list[Heard]]:
    return [_all_heard(measured.of(engine, rate, group, speakers)) for engine in measured.engines]


def _all_heard(results: Iterable[Result]) -> list[Heard]:
    return [heard for result in results for heard in result.heard]


def _aucs(engines: Sequence[str], good: Sequence[list[Heard]], other: Sequence[list[Heard]]) -> list[str]:
    """The stock way is sure of nothing."""
    scores = [
        auc([one.confidence for one in own], [one.confidence for one in theirs])
        for own, theirs in zip(good, other, strict=True)
    ]
    return [_NO_SHARE if e == STOCK else f"{score:.3f}" for e, score in zip(engines, scores, strict=True)]


def _believed(heard: Iterable[list[Heard]]) -> list[str]:
    return [_share(one.understood for one in own) for own in heard]


def _numbers(measured: Measured) -> Iterator[Row]:
    pairs = [list(_read_out(measured, engine)) for engine in measured.engines]
    keys = [(digits, Heard(keyed, 1.0, True, ())) for digits, keyed in measured.keyed.items()]
    columns = [*pairs, keys]
    yield "error per digit", [_percent(*_digit_errors(own)) for own in columns]
    yield "numbers without any", [f"{sum(_digits(h) == d for d, h in own)} of {len(own)}" for own in columns]
    alternatives = [sum(d in (_digits(h), *h.alternatives) for d, h in own) for own in columns]
    yield (
        "numbers among all readings",
        [f"{found} of {len(own)}" for found, own in zip(alternatives, columns, strict=True)],
    )
    yield "believed", [_share(h.understood for _, h in own) for own in columns]
    for speaker in measured.numbers:
        cells = [_percent(*_digit_errors(list(_read_out(measured, e, speaker)))) for e in measured.engines]
        yield f"- error per digit, {speaker}", [*cells, _NO_SHARE]


def _read_out(measured: Measured, engine: str, speaker: str | None = None) -> Iterator[tuple[str, Heard]]:
    for result in measured.of(engine, RECORDED, NUMBERS, None if speaker is None else [speaker]):
        yield from zip(measured.numbers[result.call.speaker], result.heard, strict=True)


def _digit_errors(numbers: Sequence[tuple[str, Heard]]) -> tuple[int, int]:
    wrong = sum(errors(digits, _digits(heard)) for digits, heard in numbers)
    return wrong, sum(len(digits) for digits, _ in numbers)


def _digits(heard: Heard) -> str:
    """An engine of ours gives digits, the stock way their words."""
    return heard.text if heard.text.isdigit() else digits_of(heard.text.split())


def _costs(measured: Measured) -> Iterator[Row]:
    groups = [(f"sentences, {rate // 1000} kHz", SENTENCES, rate) for rate in measured.rates] + [
        ("numbers", NUMBERS, RECORDED)
    ]
    for name, group, rate in groups:
        results = [measured.of(engine, rate, group) for engine in measured.engines]
        yield (
            f"{name}: processor time for a second of sound",
            [f"{sum(r.processor for r in own) / max(1e-9, sum(r.seconds for r in own)):.2f}" for own in results],
        )
        for share in (50, 95):
            yield (
                f"{name}: words after the end, p{share}, ms (of the processor)",
                [_waits(own, share) for own in results],
            )
    most: dict[str, int] = defaultdict(int)
    for result in measured.results:
        most[result.call.engine] = max(most[result.call.engine], result.memory)
    yield "memory of its process at most, MB", [f"{most[engine] / 1e6:,.0f}" for engine in measured.engines]


# --- cells


def _waits(results: Iterable[Result], share: int) -> str:
    heard = _all_heard(results)
    waits, busy = (1000 * percentile(own, share) for own in ([h.finish for h in heard], [h.busy for h in heard]))
    return f"{waits:,.0f} ({busy:,.0f})"


def _typed(measured: Measured) -> tuple[int, int]:
    return sum(measured.intents[one.text] == one.intent for one in measured.held_out), len(measured.held_out)


def _sure(heard: Sequence[Said], counts: Callable[[Said], tuple[float, float]]) -> str:
    """A share with its interval."""
    sums: dict[str, tuple[float, float]] = defaultdict(lambda: (0.0, 0.0))
    for one in heard:
        part, whole = counts(one)
        sums[one.sentence.text] = (sums[one.sentence.text][0] + part, sums[one.sentence.text][1] + whole)
    if not sums:
        return _NO_SHARE
    low, high = between(sums.values())
    share = _percent(sum(part for part, _ in sums.values()), sum(whole for _, whole in sums.values()))
    return f"{share} ({100 * low:.1f}-{100 * high:.1f})"


def _share(facts: Iterable[bool]) -> str:
    facts = list(facts)
    return _percent(sum(facts), len(facts))


def _percent(part: float, whole: float) -> str:
    return f"{100 * part / whole:.1f} %" if whole else _NO_SHARE


def _table(columns: Sequence[str], rows: Iterable[Row]) -> str:
    listed = list(rows)
    aims = any(name in _AIMS for name, _ in listed)
    head = ["", *(["aim"] if aims else []), *columns]
    lines = [f"| {' | '.join(head)} |", "|---" * len(head) + "|"]
    for name, cells in listed:
        lines.append(f"| {' | '.join([name, *([_AIMS.get(name, '')] if aims else []), *cells])} |")
    return "\n".join(lines)


def _versions() -> str:
    found = []
    for package in _PACKAGES:
        try:
            found.append(f"{package} {importlib.metadata.version(package)}")
        except importlib.metadata.PackageNotFoundError:
            found.append(f"{package} absent")
    return ", ".join(found)
