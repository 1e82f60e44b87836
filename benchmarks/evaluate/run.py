"""Runs the whole evaluation."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path

from benchmarks.evaluate.entities import misread, score_entities
from benchmarks.evaluate.intents import Verdicts
from benchmarks.evaluate.knowledge import examine
from benchmarks.evaluate.page import EntityExam, Exam, Report
from benchmarks.evaluate.pipeline import Asked, Pipeline, outside_intents
from benchmarks.evaluate.sentences import Corpus, folds, read


@dataclass(frozen=True)
class Sources:
    """Where everything is: configuration, training sentences, exams of intents, entities and knowledge."""

    config: Path
    nlu: Path
    exam: Path
    entities: Path
    knowledge: Path


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


def summarise(report: Report) -> None:
    """Prints the figures in a few lines."""
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
        parts = {
            "right one shown first": asked.first,
            "right one shown": asked.among,
            "quoted right": asked.quoted,
            "quoted wrong": asked.misquoted,
            "none quoted where none answers": asked.silent,
        }
        shares = ", ".join(f"{name} {share:.3f}" for name, share in parts.items() if share is not None)
        print(f"Knowledge, {asked.file}: {shares}")
