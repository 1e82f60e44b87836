"""Phrases that are the same for everybody, made in advance: prompts, and answers without a value."""

import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from voice.settings import VoiceSettings
from voice.spoken import spoken
from voice.synthesis.mouth import open_workers
from voice.synthesis.phrases import Shelf, key_of
from voice.synthesis.sentences import sentences
from voice.synthesis.worker import Task
from voice.texts import Texts

PROMPT_RATES, ANSWER_RATES = (8000, 16000), (8000,)
"""Answers are many: they are made for telephones, which most calls come from. The others hear them 20 ms later."""
_VOICE = "voice"
_AT_ONCE = 8


async def make_prompts(settings: VoiceSettings) -> tuple[int, int]:
    """Make what is not made yet and remove what is no longer said; how many phrases there are, and how many are new.

    Raises:
        EngineUnavailable: the engine or one of the voices is not there.
        EngineFailed: a phrase could not be spoken.
    """
    shelf = Shelf(settings.phrases)
    tasks = {key_of(settings.engine, task): task for task in _tasks(settings)}
    missing = {key: task for key, task in tasks.items() if shelf.get(key) is None}
    if missing:
        workers = open_workers(settings)
        turn = asyncio.Semaphore(_AT_ONCE)

        async def make(key: str, task: Task) -> None:
            async with turn:
                shelf.put(key, await workers.make(task))

        try:
            await asyncio.gather(*(make(key, task) for key, task in missing.items()))
        finally:
            await workers.close()
    shelf.keep_only(tasks)
    return len(tasks), len(missing)


def fixed_answers(settings: VoiceSettings, language: str) -> Iterator[str]:
    """What the assistant says in a call in this language, where it has no place to fill."""
    for path in sorted((settings.responses / language).glob("*.yml")):
        for variations in _responses(path).values():
            by_ear = [v for v in variations if v.get("channel") == _VOICE]
            for variation in by_ear or variations:
                if "{" not in str(variation.get("text") or "{"):
                    yield str(variation["text"])


def _tasks(settings: VoiceSettings) -> Iterator[Task]:
    for language, speaker in settings.speakers.items():
        prompts, answers = Texts().fixed_prompts(language), fixed_answers(settings, language)
        for texts, rates in ((prompts, PROMPT_RATES), (answers, ANSWER_RATES)):
            cut = (sentence for text in texts for sentence in sentences(spoken(text, language)))
            yield from (Task(sentence, speaker, rate) for sentence in cut for rate in rates)


def _responses(path: Path) -> dict[str, list[dict[str, Any]]]:
    found = yaml.safe_load(path.read_text("utf-8"))
    return {n: v for n, v in (found.get("responses") or {}).items() if not n.startswith("utter_label_")}
