"""`python -m benchmarks.evaluate`: cross-validation and exams of config.yml's pipeline, as a page in var/reports."""

import argparse
import os
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")

from benchmarks.evaluate.entities import misread, score_entities
from benchmarks.evaluate.intents import Verdicts
from benchmarks.evaluate.knowledge import examine
from benchmarks.evaluate.page import EntityExam, Exam, Report, render
from benchmarks.evaluate.pipeline import Asked, Pipeline, outside_intents, quiet
from benchmarks.evaluate.sentences import Corpus, folds, read


@dataclass(frozen=True)
class Sources:
    """Where everything is: configuration, training sentences, exams of intents, entities and knowledge."""

    config: Path
    nlu: Path
    exam: Path
    entities: Path
    knowledge: Path


def main() -> None:
    """Evaluates and writes the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path, default=Path("config.yml"))
    parser.add_argument("--nlu", type=Path, default=Path("data/nlu"))
    parser.add_argument("--exam", type=Path, default=Path("tests/nlu"))
    parser.add_argument("--entities", type=Path, default=Path("tests/entities"))
    parser.add_argument("--knowledge", type=Path, default=Path("tests/knowledge"))
    parser.add_argument("--folds", type=int, default=5, help="of the cross-validation; 0 leaves it out")
    parser.add_argument("--out", type=Path, default=Path(os.environ.get("CARELINE_VAR", "var")) / "reports")
    options = parser.parse_args()
    quiet()
    sources = Sources(options.config, options.nlu, options.exam, options.entities, options.knowledge)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["RASA_CACHE_DIRECTORY"] = f"{folder}/cache"  # folds are of no use to the next training
        report = evaluate(sources, options.folds, Path(folder))
    options.out.mkdir(parents=True, exist_ok=True)
    written = options.out / f"understanding-{datetime.now(timezone.utc):%Y-%m-%d-%H%M}.html"
    written.write_text(render(report), encoding="utf-8")
    _summarise(report)
    print(f"report: {written}")


def evaluate(sources: Sources, count: int, folder: Path) -> Report:
    """Runs everything.

    Args:
        sources: where everything is.
        count: of folds; below 2 there is no cross-validation.
        folder: for models.
    """
    started = time.perf_counter()
    corpus, outside = read(sources.nlu), outside_intents(sources.config)
    held_out = _cross_validate(corpus, sources, count, folder) if count > 1 else []
    print(f"training on all {len(corpus.sentences)} sentences", flush=True)
    pipeline = Pipeline(sources.config, corpus.part(corpus.sentences), folder / "whole")
    pipeline.parse(["hello"])  # the first is slow and says nothing
    pipeline.seconds.clear()
    exam = pipeline.ask(read(sources.exam).sentences)
    exams = [
        *_by_language("cross-validation", held_out, outside, count),
        *_by_language("exam", exam, outside, 0),
    ]
    marked = pipeline.ask(read(sources.entities).sentences)
    knowledge = [examine(file, pipeline.parse) for file in sorted(sources.knowledge.glob("questions_*.yml"))]
    times = sorted(pipeline.seconds) or [0.0]
    about = {
        "date": datetime.now(timezone.utc),
        "sentences": len(corpus.sentences),
        "intents": len({sentence.intent for sentence in corpus.sentences}),
        "languages": sorted({sentence.language for sentence in corpus.sentences}),
        "training_seconds": pipeline.training_seconds,
        "parse_ms": 1000 * times[len(times) // 2],
        "minutes": (time.perf_counter() - started) / 60,
    }
    return Report(about, exams, [_entity_exam(*group) for group in _languages(marked)], knowledge)


def _cross_validate(corpus: Corpus, sources: Sources, count: int, folder: Path) -> list[Asked]:
    held_out: list[Asked] = []
    for fold, (training, asked) in enumerate(folds(corpus.sentences, count)):
        print(f"cross-validation, part {fold + 1} of {count}", flush=True)
        pipeline = Pipeline(sources.config, corpus.part(training), folder / f"fold{fold}")
        held_out += pipeline.ask(asked, fold)
    return sorted(held_out, key=lambda one: corpus.sentences.index(one.sentence))


def _by_language(kind: str, asked: Sequence[Asked], outside: set[str], count: int) -> list[Exam]:
    return [
        Exam(f"{kind}-{language}".replace(" ", "-"), f"{kind.capitalize()}, {language}", Verdicts(own, outside), count)
        for language, own in _languages(asked)
    ]


def _languages(asked: Sequence[Asked]) -> list[tuple[str, list[Asked]]]:
    names = sorted({one.sentence.language for one in asked})
    return [(name, [one for one in asked if one.sentence.language == name]) for name in names]


def _entity_exam(language: str, asked: list[Asked]) -> EntityExam:
    return EntityExam(language, len(asked), score_entities(asked), misread(asked))


def _summarise(report: Report) -> None:
    for exam in report.exams:
        verdicts, scope = exam.verdicts, exam.verdicts.scope()
        line = f"{exam.title}: accuracy {verdicts.accuracy:.3f}, macro F1 {verdicts.macro_f1:.3f}"
        if scope:
            line += f", out of scope AUROC {scope['auroc']:.3f}, caught {scope['caught']:.2f}"
            line += f", rejected in scope {scope['rejected']:.3f}"
        print(line)
    for marked in report.entities:
        found = [score.f1 for score in marked.scores if score.f1 is not None]
        print(f"Entities, {marked.language}: macro F1 {sum(found) / len(found):.3f} over {len(found)} kinds")
    for asked in report.knowledge:
        parts = {"right first": asked.first, "among three": asked.among, "silent where none answers": asked.silent}
        shares = ", ".join(f"{name} {share:.3f}" for name, share in parts.items() if share is not None)
        print(f"Knowledge, {asked.file}: {shares}")


if __name__ == "__main__":
    main()
