"""The checks that need no model of language."""

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from pathlib import Path
from statistics import median

from bot.lint_data.examples import Example, count_words, fold
from bot.lint_data.findings import ERROR, WARNING, Finding

FEWEST = 40  # examples an intent needs in a language before a classifier can see past their wording
MOST_TIMES = 4  # the median: beyond it an intent draws doubtful sentences to itself
LONGEST = 60  # words; nobody types more in one go, and the encoder reads about twice as many at most


def duplicates(examples: Sequence[Example]) -> Iterator[Finding]:
    """Sentences that are the same when case, punctuation and width do not count.

    Under two intents that is a contradiction no classifier can satisfy, within one a weight nobody meant to give.
    """
    for group in _groups(examples, lambda example: fold(example.text)):
        first = group[0]
        for later in group[1:]:
            if later.intent != first.intent:
                about = f"{later.text!r} is {later.intent} here and {first.intent} in {first.place}"
                yield Finding(later.file, later.line, ERROR, about)
            elif later.text == first.text:
                yield Finding(later.file, later.line, ERROR, f"{later.text!r} is also in {first.place}")
            else:
                about = f"{later.text!r} differs only in case, punctuation or width from {first.place}"
                yield Finding(later.file, later.line, WARNING, about)


def examined(examples: Sequence[Example], exam: Sequence[Example]) -> Iterator[Finding]:
    """Training sentences that stand in the exam: it would then measure memory."""
    asked = {fold(question.text): question for question in exam}
    for example in examples:
        if question := asked.get(fold(example.text)):
            about = f"{example.text!r} stands in the exam, {question.place}; change it here"
            yield Finding(example.file, example.line, ERROR, about)


def lengths(examples: Sequence[Example]) -> Iterator[Finding]:
    """Examples without words, and longer than anybody writes."""
    for example in examples:
        words = count_words(example.text)
        if not example.text:
            yield Finding(example.file, example.line, ERROR, f"an empty example of {example.intent}")
        elif words > LONGEST:
            yield Finding(example.file, example.line, WARNING, f"{words} words; more than {LONGEST} is no chat message")


def unknown_intents(examples: Sequence[Example], known: Collection[str]) -> Iterator[Finding]:
    """Intents that domain.yml does not name, each once a file."""
    for group in _groups(examples, lambda example: (example.file, example.intent)):
        name = group[0].intent
        if name.split("/")[0] not in known:
            yield Finding(group[0].file, group[0].line, ERROR, f"intent {name} is not in the domain")


def homeless(examples: Sequence[Example]) -> Iterator[Finding]:
    """Files with examples that no language owns; Rasa trains on them all the same."""
    for group in _groups(examples, lambda example: example.file):
        if not group[0].language:
            yield Finding(group[0].file, group[0].line, ERROR, "examples outside a language's folder of data/nlu")


def without_examples(
    examples: Sequence[Example], domain: Path, known: Collection[str], commands: Collection[str]
) -> Iterator[Finding]:
    """Intents of the domain that some language has no example of.

    Args:
        examples: all training examples.
        domain: the domain file, for the report.
        known: its intents.
        commands: the intents that are only ever sent by a program.
    """
    languages = sorted({example.language for example in examples} - {""})
    present = {(example.language, example.intent.split("/")[0]) for example in examples}
    lines = domain.read_text("utf-8").splitlines()
    for name in sorted(set(known) - set(commands)):
        missing = [language for language in languages if (language, name) not in present]
        if missing:
            line = next((number for number, text in enumerate(lines, 1) if text.strip() == f"- {name}"), 1)
            yield Finding(domain, line, ERROR, f"intent {name} has no example in: {', '.join(missing)}")


def imbalance(examples: Sequence[Example], outside: Collection[str]) -> Iterator[Finding]:
    """Intents with too few or too many examples beside the others of their language.

    Args:
        examples: all training examples.
        outside: out-of-scope intents, which stand for everything else and may be large.
    """
    by_language = defaultdict(list)
    for example in examples:
        by_language[example.language].append(example)
    for language, own in sorted(by_language.items()):
        counts = Counter(example.intent for example in own)
        most = MOST_TIMES * median(counts.values())
        firsts = {example.intent: example for example in reversed(own)}
        for intent, count in sorted(counts.items()):
            at = firsts[intent]
            if count < FEWEST:
                about = f"{intent} has {count} examples in {language}; write at least {FEWEST}"
                yield Finding(at.file, at.line, WARNING, about)
            elif count > most and intent not in outside:
                about = f"{intent} has {count} examples in {language}, over {MOST_TIMES} times the median"
                yield Finding(at.file, at.line, WARNING, about)


def _groups(examples: Sequence[Example], key: Callable[[Example], object]) -> list[list[Example]]:
    groups = defaultdict(list)
    for example in examples:
        groups[key(example)].append(example)
    return list(groups.values())
