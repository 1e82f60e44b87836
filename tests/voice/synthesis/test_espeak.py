"""Real espeak-ng in real workers."""

import asyncio
import os
import signal
from contextlib import contextmanager

import numpy as np
import pytest

from tests.voice.synthesis import engines
from voice.errors import EngineFailed, EngineUnavailable
from voice.settings import VoiceSettings
from voice.speaker import Speaker
from voice.synthesis import open_mouth
from voice.synthesis.engine import load
from voice.synthesis.worker import Task
from voice.synthesis.workers import TRIES, Staffing, Workers

PATIENCE = 60.0
SENTENCE = "Your claim has been received."
TASK = Task(SENTENCE, Speaker(voice="en-us"), 8000)
ESPEAK, TONE = "voice.synthesis.espeak:Espeak", f"{engines.__name__}:Tone"


def settings(folder, **values) -> VoiceSettings:
    values = {"synthesis_workers": 1, "engine_timeout": PATIENCE, "recent_bytes": 0, **values}
    return VoiceSettings(phrases=folder / "phrases", **values)


@pytest.fixture(scope="module")
def mouth(tmp_path_factory):
    """One worker for all tests that do it no harm; nothing is remembered."""
    opened = open_mouth(settings(tmp_path_factory.mktemp("mouth")))
    yield opened
    asyncio.run(opened.close())


@contextmanager
def staffed(engine=ESPEAK, patience=PATIENCE):
    """One worker, which is gone at the end."""
    workers = Workers(Staffing(engine, (TASK.speaker,), patience), 1)
    try:
        yield workers
    finally:
        asyncio.run(workers.close())


@pytest.fixture(scope="module")
def alone():
    """A worker that tests may harm: another takes its place. It has 3 s for a text, where 0.02 are enough."""
    with staffed(patience=3.0) as workers:
        yield workers


@pytest.fixture(scope="module")
def shy():
    with staffed(engine=f"{engines.__name__}:Shy") as workers:
        yield workers


@pytest.fixture(autouse=True)
def busy_machine(monkeypatch):
    """New workers may take longer to start than a caller could wait."""
    monkeypatch.setattr("voice.synthesis.workers.FREE", PATIENCE)


async def said(mouth, text, language="en", rate=8000, speed=1.0) -> list[bytes]:
    return [pcm async for pcm in mouth.speak(text, language, rate, speed)]


def is_loud(pcm: bytes) -> bool:
    return int(np.abs(np.frombuffer(pcm, dtype="<i2").astype(np.int32)).max()) > 2000


def runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    return True


async def until(condition) -> None:
    async with asyncio.timeout(PATIENCE):
        while not condition():
            await asyncio.sleep(0.01)


@pytest.mark.parametrize(("text", "language"), [(SENTENCE, "en"), ("您的理赔已经收到。", "zh")])
@pytest.mark.parametrize("rate", [8000, 16_000])
async def test_a_sentence_has_sound_at_the_lines_rate(mouth, text, language, rate):
    (pcm,) = await said(mouth, text, language, rate)
    assert is_loud(pcm)
    assert 0.8 < len(pcm) / 2 / rate < 4.0  # seconds that it takes to say, whatever the rate


async def test_a_long_text_comes_sentence_by_sentence(mouth):
    pieces = await said(mouth, "Your claim has been received. Somebody will call you tomorrow. Is there more?")
    assert len(pieces) == 3
    assert all(map(is_loud, pieces))


async def test_the_first_sentence_is_there_before_the_last_is_made(mouth):
    pieces = mouth.speak(" ".join(f"This is sentence {n}." for n in range(500)), "en", 8000)
    assert is_loud(await anext(pieces))
    await pieces.aclose()  # interrupted; the others are never made
    assert is_loud((await said(mouth, SENTENCE))[0])


async def test_a_text_without_words_has_no_sound(mouth):
    assert await said(mouth, " ... \n ?! ") == []


async def test_speed_changes_the_length(mouth):
    slow, fast = [len((await said(mouth, SENTENCE, speed=speed))[0]) for speed in (0.6, 1.8)]
    assert slow > 1.5 * fast


async def test_a_language_that_nobody_speaks_is_unavailable(mouth):
    with pytest.raises(EngineUnavailable, match="CARELINE_VOICE_SPEAKERS"):
        await said(mouth, SENTENCE, "fi")


async def test_a_regional_language_is_spoken_with_its_languages_voice(mouth):
    assert is_loud((await said(mouth, SENTENCE, "en-GB"))[0])


async def test_a_worker_that_is_killed_is_replaced_and_the_text_is_spoken(alone):
    (killed,) = alone.processes()
    os.kill(killed, signal.SIGKILL)
    assert is_loud(await alone.make(TASK))
    assert killed not in alone.processes()
    assert not runs(killed)


async def test_a_worker_that_hangs_is_replaced_and_the_text_is_spoken(alone):
    (hanging,) = alone.processes()
    os.kill(hanging, signal.SIGSTOP)
    assert is_loud(await alone.make(TASK))
    assert hanging not in alone.processes()
    assert not runs(hanging)


def test_another_worker_is_tried_while_a_call_still_waits_for_the_sentence(mouth):
    assert mouth._workers._staffing.patience * TRIES <= PATIENCE  # what the mouth was given for a sentence


async def test_an_empty_sound_is_made_again(shy):
    assert is_loud(await shy.make(TASK))


async def test_a_text_of_which_no_sound_comes_fails_and_its_words_are_not_told(shy):
    before = shy.processes()
    with pytest.raises(EngineFailed) as failed:
        await shy.make(Task("nothing of Ms Miller", TASK.speaker, 8000))
    assert "Miller" not in str(failed.value)
    assert shy.processes() == before  # it was not the worker's fault


def test_an_unknown_voice_is_unavailable_at_start(tmp_path):
    with pytest.raises(EngineUnavailable, match=r"no voice 'klingonese'.*CARELINE_VOICE_SPEAKERS"):
        open_mouth(settings(tmp_path, speakers={"en": Speaker(voice="klingonese")}))


@pytest.mark.parametrize("name", ["voice.nowhere:Engine", "voice.synthesis.engine:Nobody", "nonsense", ""])
def test_what_is_no_engine_is_told_with_the_setting_to_change(name):
    with pytest.raises(EngineUnavailable, match="CARELINE_VOICE_ENGINE"):
        load(name)


async def test_closing_leaves_no_process(tmp_path):
    opened = await asyncio.to_thread(open_mouth, settings(tmp_path))
    (process,) = opened._workers.processes()
    await opened.close()
    assert not runs(process)


async def test_closing_while_a_worker_is_replaced_leaves_no_process():
    workers = await asyncio.to_thread(Workers, Staffing(TONE, (TASK.speaker,), PATIENCE), 1)
    (first,) = workers.processes()
    os.kill(first, signal.SIGKILL)
    speaking = asyncio.create_task(workers.make(TASK))
    await until(lambda: workers.processes() not in ([], [first]))
    others = workers.processes()
    await workers.close()
    with pytest.raises(EngineFailed):
        await speaking
    assert not any(map(runs, others))
