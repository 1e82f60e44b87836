"""What the real recogniser makes of real sound."""

import os
import signal

import pytest

from tests.voice.recognition.callers import needs_flite, noise, say, tone
from voice.errors import EngineFailed
from voice.ports import Expectation, Hypothesis, Kind
from voice.recognition.decoding import ENGINES
from voice.recognition.ears import WorkerEars
from voice.settings import VoiceSettings
from voice.synthesis import open_mouth

pytestmark = needs_flite
RATE = 16_000
PATIENCE = 60.0


@pytest.fixture(params=ENGINES)
async def ears(model, request):
    ears = WorkerEars(request.param, model, workers=1, calls=4, patience=PATIENCE)
    yield ears
    await ears.close()


async def heard(ears, pcm: bytes, kind: Kind = Kind.FREE) -> Hypothesis:
    recogniser = await ears.open("en", RATE)
    await recogniser.start(Expectation(kind))
    await recogniser.feed(pcm)
    found = await recogniser.finish()
    await recogniser.close()
    return found


@pytest.mark.parametrize("pcm", [b"", bytes(2 * RATE), noise(0.001), noise(0.1), tone(440)])
async def test_what_is_no_speech_is_not_understood(ears, pcm):
    found = await heard(ears, pcm)
    assert not found.understood
    assert found.confidence < 0.5


async def test_a_foreign_language_is_not_understood(ears, tmp_path):
    mouth = open_mouth(VoiceSettings(var=tmp_path, synthesis_workers=1, engine_timeout=PATIENCE))
    pcm = b"".join([piece async for piece in mouth.speak("我想查询我的理赔进度，昨天我的车被撞了。", "zh", RATE)])
    await mouth.close()
    found = await heard(ears, pcm)
    assert found.text
    assert not found.understood


async def test_a_sentence_is_understood_with_its_words(ears):
    found = await heard(ears, say("What is the status of my claim?"))
    assert found.understood
    assert found.confidence > 0.5
    assert {"status", "my", "claim"} <= set(found.text.split())
    assert [word.text for word in found.words] == found.text.split()


async def test_digits_are_heard_where_digits_are_expected(ears):
    found = await heard(ears, say("nine, zero, four, two, seven"), Kind.DIGITS)
    assert found.text.isdigit()
    assert all(other.isdigit() and other != found.text for other in found.alternatives)


async def test_a_sentence_may_be_said_where_digits_are_expected(ears):
    found = await heard(ears, say("What is the status of my claim?"), Kind.DIGITS)
    assert "claim" in found.text.split()


@pytest.mark.parametrize(
    ("kind", "text"), [(Kind.YES_NO, "no"), (Kind.CHOICE, "number two"), (Kind.DATE, "the third of march")]
)
async def test_what_is_expected_is_heard(ears, kind, text):
    assert text in (await heard(ears, say(text), kind)).text


async def test_after_a_worker_died_in_an_utterance_the_next_one_is_heard(ears):
    sentence = say("What is the status of my claim?")
    recogniser = await ears.open("en", RATE)
    await recogniser.start(Expectation())
    await recogniser.feed(sentence[:RATE])
    os.kill(ears.pids[0], signal.SIGKILL)
    with pytest.raises(EngineFailed):
        await recogniser.finish()
    await recogniser.start(Expectation())
    await recogniser.feed(sentence)
    assert (await recogniser.finish()).understood
