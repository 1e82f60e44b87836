"""`python -m benchmarks.masking`: precision and recall of masking, beside what is usually taken for it.

Recall counts pieces of personal data that are masked as a whole: half a phone number is found as little as none.
Precision counts masked stretches that touch personal data at all.
"""

import argparse
import logging
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter

from presidio_analyzer import AnalyzerEngine, RecognizerRegistry
from presidio_analyzer.nlp_engine import NoOpNlpEngine

from crm.masking import Masker
from tests.crm.masking.corpus import Sentence, known, sentences

Found = list[tuple[int, int]]
System = Callable[[Sentence], Found]

_USUAL = re.compile(
    r"(?:\d[ -]?){13,19}|[\w.+-]+@[\w-]+\.[\w.]+|\+?\(?\d[\d ().-]{6,}\d|\b(?:PA|CL)-\d{7}\b|\b\d{4}-\d\d-\d\d\b"
    r"|\b\d{1,2}/\d{1,2}/\d{2,4}\b|\b\d{17}[\dX]\b"
)


@dataclass
class Figures:
    """Counts of one system on one set of sentences."""

    right: int = 0
    masked: int = 0
    found: int = 0
    there: int = 0
    seconds: float = 0.0

    def add(self, sentence: Sentence, masked: Found) -> None:
        """Count one sentence."""
        self.there += len(sentence.spans)
        self.masked += len(masked)
        self.found += sum(any(a <= start and end <= b for a, b in masked) for start, end, _ in sentence.spans)
        self.right += sum(any(a < end and start < b for start, end, _ in sentence.spans) for a, b in masked)

    def line(self, name: str, count: int) -> str:
        """One line of the table."""
        precision, recall = self.right / max(self.masked, 1), self.found / max(self.there, 1)
        per_sentence = 1000 * self.seconds / count
        return f"{name:34} {precision:9.1%} {recall:8.1%}   {self.found:3} of {self.there:3} {per_sentence:8.2f} ms"


def systems(language: str, name: str) -> dict[str, System]:
    """What is compared."""
    masker, values = Masker(), known(language, name)

    def ours(sentence: Sentence, known_values: list[str]) -> Found:
        return [(span.start, span.end) for span in masker.mask(sentence.text, language, known_values).spans]

    return {
        "Careline": lambda sentence: ours(sentence, values),
        "Careline, customer unknown": lambda sentence: ours(sentence, []),
        "Presidio's own, without a model": _stock(language),
        "a usual regular expression": lambda sentence: [match.span() for match in _USUAL.finditer(sentence.text)],
    }


def measured(system: System, chosen: list[Sentence]) -> Figures:
    """Run one system over sentences."""
    system(chosen[0])  # what is loaded once is not measured
    figures = Figures()
    for sentence in chosen:
        begun = perf_counter()
        masked = system(sentence)
        figures.seconds += perf_counter() - begun
        figures.add(sentence, masked)
    return figures


def _stock(language: str) -> System:
    """Presidio as it comes, with its predefined recognisers and the same absence of a language model."""
    registry = RecognizerRegistry(supported_languages=[language])
    registry.load_predefined_recognizers(languages=[language])
    registry.recognizers = [
        recognizer for recognizer in registry.recognizers if "spacy" not in type(recognizer).__name__.lower()
    ]
    engine = AnalyzerEngine(
        registry=registry,
        nlp_engine=NoOpNlpEngine([{"lang_code": language, "model_name": "none"}]),
        supported_languages=[language],
    )

    def find(sentence: Sentence) -> Found:
        results = engine.analyze(sentence.text, language=language, score_threshold=0.4)
        return [(result.start, result.end) for result in results if result.entity_type != "URL"]

    return find


def main() -> None:
    """Print the table, and on request what was missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.masking", description=__doc__)
    parser.add_argument("--missed", action="store_true", help="print the sentences that Careline gets wrong")
    options = parser.parse_args()
    logging.disable(logging.ERROR)  # Presidio's own recogniser of e-mail addresses asks the network for a list
    for name in ("corpus", "unseen"):
        for language in ("en", "zh"):
            chosen = sentences(language, name)
            print(f"\n{name} {language}: {len(chosen)} sentences\n{'':34} precision   recall")
            for title, system in systems(language, name).items():
                print(measured(system, chosen).line(title, len(chosen)))
            if options.missed:
                _print_missed(chosen, systems(language, name)["Careline"])


def _print_missed(chosen: list[Sentence], system: System) -> None:
    for sentence in chosen:
        masked = system(sentence)
        wanted = [(start, end) for start, end, _ in sentence.spans]
        if masked != wanted:
            print(f"  {sentence.text}\n    masked {[sentence.text[a:b] for a, b in masked]}")


if __name__ == "__main__":
    assert Path("tests/crm/masking").is_dir(), "run from the root of the repository"
    main()
