"""What is understood with a recogniser from elsewhere: real requests to a server on this machine."""

import asyncio
import logging

import pytest

from tests.voice.recognition.transcriber import PATIENCE, transcriber
from voice.errors import EngineFailed, EngineUnavailable
from voice.ports import Expectation, Hypothesis, Kind
from voice.recognition import open_ears
from voice.settings import VoiceSettings

RATE = 8000
SOUND = bytes(2 * RATE)  # a second; the server does not listen
KEY = "key-that-nobody-may-see"
SECRET = "my policy is cancelled"


@pytest.fixture
def server():
    with transcriber() as server:
        yield server


@pytest.fixture
async def opened(server, tmp_path):
    """Opens ears for a language with that server."""
    all_ears = []

    async def open_for(language="en", **settings):
        settings = {"engine_timeout": PATIENCE, "openai_key": KEY, **settings}
        ears = await asyncio.to_thread(
            open_ears,
            VoiceSettings(
                recognisers={language: "openai"}, openai_url=server.url, recognition_model=tmp_path, **settings
            ),
        )
        server.asked.clear()  # the silence that is heard at the start
        all_ears.append(ears)
        return ears

    yield open_for
    server.go_on.set()
    for ears in all_ears:
        await ears.close()


async def heard(ears, language="en", kind=Kind.FREE, pcm=SOUND) -> Hypothesis:
    recogniser = await ears.open(language, RATE)
    await recogniser.start(Expectation(kind))
    assert await recogniser.feed(pcm) == ""
    found = await recogniser.finish()
    await recogniser.close()
    return found


def segment(mean: float, nothing: float, start=0.0, end=1.0) -> dict:
    return {"start": start, "end": end, "avg_logprob": mean, "no_speech_prob": nothing, "text": ""}


# --- what is asked


async def test_the_server_gets_the_sound_at_the_rate_of_the_line(opened, server):
    await heard(await opened())
    (asked,) = server.asked
    assert (asked.path, asked.rate, asked.samples) == ("/v1/audio/transcriptions", RATE, RATE)


async def test_the_server_gets_key_model_language_and_hint(opened, server):
    ears = await opened("zh", recogniser_models={"zh": "whisper-large"}, recogniser_hints={"zh": "保单"})
    await heard(ears, "zh")
    (asked,) = server.asked
    assert asked.key == f"Bearer {KEY}"
    assert asked.fields == {
        "model": "whisper-large",
        "language": "zh",
        "temperature": "0",
        "response_format": "verbose_json",
        "prompt": "保单",
    }


async def test_a_server_of_ones_own_needs_no_key(opened, server):
    await heard(await opened(openai_key=None))
    assert server.asked[0].key is None


async def test_an_utterance_that_goes_on_is_heard_from_its_beginning(opened, server):
    recogniser = await (await opened()).open("en", RATE)
    await recogniser.start(Expectation())
    await recogniser.feed(SOUND)
    server.answer = {"text": "My claim"}
    assert (await recogniser.finish()).text == "my claim"
    await recogniser.feed(SOUND)
    server.answer = {"text": "My claim is late."}
    assert (await recogniser.finish()).text == "my claim is late"
    assert [asked.samples for asked in server.asked] == [RATE, 2 * RATE]


async def test_asked_again_without_new_sound_the_server_is_spared(opened, server):
    recogniser = await (await opened()).open("en", RATE)
    await recogniser.start(Expectation())
    await recogniser.feed(SOUND)
    assert await recogniser.finish() == await recogniser.finish()
    assert len(server.asked) == 1


async def test_a_new_utterance_forgets_the_last_one(opened, server):
    recogniser = await (await opened()).open("en", RATE)
    for _ in range(2):
        await recogniser.start(Expectation())
        await recogniser.feed(SOUND)
        await recogniser.finish()
    assert [asked.samples for asked in server.asked] == [RATE, RATE]


async def test_of_no_sound_nothing_is_asked(opened, server):
    found = await heard(await opened(), pcm=b"")
    assert (found.text, found.understood, server.asked) == ("", False, [])


# --- what is made of the answer


@pytest.mark.parametrize(
    ("language", "answer", "text"),
    [
        ("en", "What's with CL-9040027, please?", "what's with c l nine zero four zero zero two seven please"),
        ("en", " It cost $20. ", "it cost twenty dollars"),
        ("zh", "你好，我想 查一下理赔进度。", "你好我想查一下理赔进度"),
        ("zh", "赔了3,500.5元，20%？", "赔了3500.5元20%"),
        ("de", "Guten Tag, mein Vertrag!", "guten tag mein vertrag"),
    ],
)  # fmt: skip
async def test_words_are_written_as_ours_are(opened, server, language, answer, text):
    ears = await opened(language)
    server.answer = {"text": answer}
    assert (await heard(ears, language)).text == text


@pytest.mark.parametrize(
    ("language", "answer", "text"),
    [
        ("en", "Nine, oh four, double two.", "90422"),
        ("en", "904-0027", "9040027"),
        ("en", "What is the status of my claim?", "what is the status of my claim"),
        ("zh", "幺三八，零零二。", "138002"),
        ("zh", "我不知道。", "我不知道"),
    ],
)
async def test_where_digits_are_expected_numbers_are_digits(opened, server, language, answer, text):
    ears = await opened(language)
    server.answer = {"text": answer}
    assert (await heard(ears, language, Kind.DIGITS)).text == text


async def test_segments_tell_how_sure_it_is(opened, server):
    ears = await opened()
    server.answer = {"text": "My claim.", "segments": [segment(-0.1, 0.0), segment(-0.5, 0.1, 1.0, 2.0)]}
    found = await heard(ears)
    assert found.understood
    assert found.confidence == pytest.approx((0.9048 + 0.9 * 0.6065) / 2, abs=0.001)


@pytest.mark.parametrize("told", [segment(-0.2, 0.97), segment(-1.4, 0.01)])
async def test_what_is_made_up_of_noise_is_not_understood(opened, server, told):
    ears = await opened()
    server.answer = {"text": "Thank you for watching.", "segments": [told]}
    assert not (await heard(ears)).understood


async def test_models_that_tell_of_tokens_are_asked_for_them(opened, server):
    ears = await opened(recogniser_models={"en": "gpt-4o-transcribe"})
    server.answer = {
        "text": "My claim.",
        "logprobs": [{"token": "My", "logprob": -2.0}, {"token": "claim", "logprob": 0}],
    }
    found = await heard(ears)
    assert (server.asked[0].fields["response_format"], server.asked[0].fields["include[]"]) == ("json", "logprobs")
    assert found.confidence == pytest.approx(0.3679, abs=0.001)


@pytest.mark.parametrize("more", [{}, {"segments": [{"start": 0, "end": 1, "text": "My claim."}]}, {"segments": []}])
async def test_a_server_that_does_not_tell_how_sure_it_is_is_believed(opened, server, more):
    ears = await opened()
    server.answer = {"text": "My claim.", **more}
    found = await heard(ears)
    assert (found.understood, found.confidence) == (True, 1.0)


async def test_an_empty_answer_is_not_understood(opened, server):
    server.answer = {"text": " . "}
    found = await heard(await opened())
    assert (found.text, found.understood, found.confidence) == ("", False, 0.0)


# --- what goes wrong


@pytest.mark.parametrize("status", [301, 400, 401, 403, 404, 429, 500, 503])
async def test_an_error_of_the_server_fails_and_the_next_utterance_is_heard(opened, server, status):
    ears = await opened()
    server.status, server.answer = status, {"error": {"message": SECRET}}
    with pytest.raises(EngineFailed, match=str(status)) as failed:
        await heard(ears)
    assert SECRET not in str(failed.value)
    server.status, server.answer = 200, {"text": "My claim."}
    assert (await heard(ears)).understood


@pytest.mark.parametrize(
    "answer",
    [
        b"", b"<html>my policy is cancelled</html>", b'{"text": "my policy is canc', b"\xff\xfe", SECRET, [SECRET],
        None, {}, {"text": None}, {"text": [SECRET]}, {"text": SECRET, "segments": 3},
        {"text": SECRET, "segments": [SECRET]},
        {"text": SECRET, "logprobs": [{"logprob": SECRET}]}, {"text": SECRET, "logprobs": [{"logprob": 1e9}]},
        {"text": SECRET, "segments": [segment(-0.1, 0.0) | {"end": None}]},
    ],
)  # fmt: skip
async def test_garbage_fails_without_the_words_in_it(opened, server, answer):
    ears = await opened()
    server.answer = answer
    with pytest.raises(EngineFailed, match="something else than a transcription") as failed:
        await heard(ears)
    assert SECRET not in str(failed.value)
    assert failed.value.__suppress_context__


async def test_a_server_that_does_not_answer_fails_and_the_next_utterance_is_heard(opened, server):
    ears = await opened(engine_timeout=0.5)
    server.go_on.clear()
    with pytest.raises(EngineFailed, match="answer"):
        await heard(ears)
    server.go_on.set()
    for _ in range(100):  # the machine may be slow, too
        try:
            found = await heard(ears)
        except EngineFailed:
            continue
        break
    assert found.text == ""


async def test_calls_beyond_the_threads_wait_for_one(opened, server):
    ears = await opened(recogniser_threads=1)
    server.answer = {"text": "My claim."}
    found = await asyncio.gather(*(heard(ears) for _ in range(5)))
    assert [each.text for each in found] == ["my claim"] * 5


async def test_without_a_begun_utterance_there_is_none(opened):
    recogniser = await (await opened()).open("en", RATE)
    with pytest.raises(EngineFailed):
        await recogniser.feed(SOUND)
    with pytest.raises(EngineFailed):
        await recogniser.finish()


async def test_another_rate_is_refused(opened):
    with pytest.raises(EngineUnavailable, match="44100"):
        await (await opened()).open("en", 44_100)


async def test_neither_key_nor_words_are_logged(opened, server, caplog):
    caplog.set_level(logging.DEBUG)
    ears = await opened()
    server.answer = {"text": SECRET}
    await heard(ears)
    server.status = 500
    with pytest.raises(EngineFailed):
        await heard(ears)
    assert KEY not in caplog.text
    assert SECRET not in caplog.text
