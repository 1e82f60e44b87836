"""The driver: a machine, real tasks, and stand-ins for the world, in simulated time."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import date

import pytest

from tests.voice.fakes import (
    FakeActivity,
    FakeAssistant,
    FakeBridge,
    FakeEars,
    FakeLine,
    FakeMouth,
    bot,
    simulated,
    sound_of,
    understood,
    until,
    words_in,
)
from voice.errors import EngineFailed
from voice.ports import Ending, Expectation, HangUp, Kind, Over, Said, Waiting, Who, WithBot, WithPerson
from voice.session import CallSession
from voice.settings import VoiceSettings
from voice.texts import Texts

TEXTS = Texts()
POLICY = Expectation(Kind.DIGITS, "policy_number", confirm=True)
BIRTH = Expectation(Kind.DATE, "birth_date", confirm=True)


class World:
    """A call and all around it; `run` plays a caller's side."""

    def __init__(self, *, bridge: FakeBridge | None = None, line: FakeLine | None = None, **settings: object) -> None:
        self.line = line or FakeLine()
        self.ears = FakeEars()
        self.mouth = FakeMouth()
        self.assistant = FakeAssistant()
        self.bridge = bridge
        self.settings = VoiceSettings(_env_file=None, **{"release": 0.0, **settings})  # type: ignore[arg-type]
        self.ending: Ending | None = None

    async def run(self, caller: Callable[[], Awaitable[None]]) -> Ending:
        session = CallSession(
            self.line, self.ears, self.mouth, self.assistant, FakeActivity(), TEXTS, self.settings, self.bridge,
            today=lambda: date(2026, 11, 22),
        )  # fmt: skip
        call = asyncio.create_task(session.run())
        await caller()
        if not call.done():
            self.line.hang_up()
        self.ending = await asyncio.wait_for(call, 300)
        return self.ending

    async def says(self, phrase: str, seconds: float = 0.8) -> None:
        await self.line.speech(phrase, seconds)
        await self.line.quiet(2)

    async def hears(self, text: str) -> None:
        """Until something with `text` was begun to be said, and half a second more."""
        await until(lambda: any(text in said for said in self.mouth.texts))
        await self.line.quiet(0.5)

    async def past_the_greeting(self) -> None:
        await self.hears("keep the sound")
        await self.line.press("1")
        await self.hears("How can I help")

    def spoken(self, key: str) -> bool:
        return TEXTS.get("en", f"say.{key}") in self.mouth.texts


def closed_well(world: World) -> None:
    """What holds after every call."""
    assert world.ending is not None
    assert world.assistant.ended == [world.ending.why], "the record is closed once"
    assert world.line.closed.is_set()
    assert world.ears.closed == world.ears.opened, "every recogniser is given back"


# --- a story


def claims_desk(said: Said) -> list[object]:
    """An assistant that verifies before it tells."""
    if "status" in said.text:
        return [0.2, bot("What is your policy number?", POLICY)]
    if said.text.startswith("PA-"):
        return [0.2, bot("And your date of birth?", BIRTH)]
    if said.text[:4].isdigit():
        return [0.2, bot("Thank you, Mary."), bot("Your claim is approved. " + "The payment is on its way. " * 5)]
    return [0.2, bot("You can say: what is the status of my claim.")]


def test_a_caller_verifies_asks_interrupts_and_gets_a_person():
    async def story() -> None:
        world = World(bridge=FakeBridge())
        world.assistant.answer = claims_desk
        world.assistant.person = [0.2, bot("A colleague will be with you."), Waiting(1)]

        async def caller() -> None:
            await world.past_the_greeting()
            await world.says("what is the status of my claim", 1.5)
            await world.hears("policy number?")
            await world.line.press("1234567")
            await world.hears("date of birth?")
            await world.line.press("04031985")
            await world.hears("1985-03-04")
            await world.says("yes", 0.4)
            await world.hears("approved")
            await world.says("when will it be paid", 1.0)
            await world.hears("You can say")
            await world.line.press("0")
            await until(lambda: world.assistant.persons == 1)
            await world.line.quiet(3)
            world.assistant.emit(WithPerson("Ann"))
            await world.hears("connected with Ann")
            await world.line.quiet(5)
            await world.line.speech("hello ann", 0.5)

        ending = await world.run(caller)
        assert world.assistant.texts == [
            "what is the status of my claim", "PA-1234567", "1985-03-04", "when will it be paid",
        ]  # fmt: skip
        assert words_in(b"".join(world.bridge.heard)) == "hello ann"
        assert {"consent", "barge_in", "wants_person"} <= set(ending.events)
        closed_well(world)

    simulated(story())


def test_the_sound_of_an_utterance_goes_with_it_from_before_it_began_to_its_end():
    async def story() -> None:
        world = World()

        async def caller() -> None:
            await world.past_the_greeting()
            await world.says("what is the status of my claim", 1.5)

        await world.run(caller)
        pcm = world.assistant.said[0].pcm
        assert words_in(pcm) == "what is the status of my claim"
        assert len(pcm) / 2 / 8000 == pytest.approx(0.4 + 1.5 + 0.3, abs=0.1)

    simulated(story())


def test_the_answer_is_sounding_300_ms_after_the_end_of_speech():
    async def story() -> None:
        world = World()
        world.assistant.answer = lambda said: [bot("Done.")]
        took: list[float] = []

        async def caller() -> None:
            await world.past_the_greeting()
            await world.line.quiet(3)
            await world.line.speech("report an accident", 1.0)
            silent_since = asyncio.get_running_loop().time()
            before = len(world.line.sent)
            asyncio.get_running_loop().create_task(world.line.quiet(3))
            await until(lambda: len(world.line.sent) > before)
            took.append(asyncio.get_running_loop().time() - silent_since)
            await world.line.quiet(3.5)

        await world.run(caller)
        assert 0.3 <= took[0] <= 0.4

    simulated(story())


def test_a_line_that_sends_nothing_in_silence_ends_the_utterance_too():
    async def story() -> None:
        world = World()

        async def caller() -> None:
            await world.past_the_greeting()
            await world.line.quiet(2)
            await world.line.speech("report an accident", 1.0)
            await world.line.quiet(3, frames=False)
            assert world.assistant.texts == ["report an accident"]

        await world.run(caller)
        closed_well(world)

    simulated(story())


def test_silence_after_a_finished_utterance_is_not_recognised_but_speech_that_goes_on_is():
    async def story() -> None:
        world = World()
        world.ears.hypotheses["my"] = understood("my", complete=0.1)

        async def caller() -> None:
            await world.past_the_greeting()
            await world.line.quiet(2)
            await world.line.speech("my", 0.5)
            await world.line.quiet(0.5)
            assert world.ears.log[-1] == "finish"
            await world.line.speech("claim", 0.5)
            await world.line.quiet(2)

        await world.run(caller)
        assert world.assistant.texts == ["my claim"]
        assert world.ears.log.count("start") == 1

    simulated(story())


def test_interrupting_clears_the_line():
    async def story() -> None:
        world = World()

        async def caller() -> None:
            await world.line.quiet(1)
            began = asyncio.get_running_loop().time()
            speech = asyncio.create_task(world.line.speech("hello", 1))
            await until(lambda: any(entry[0] == "clear" for entry in world.line.log))
            assert asyncio.get_running_loop().time() - began <= 0.25
            await speech

        await world.run(caller)

    simulated(story())


# --- ends


@pytest.mark.parametrize(
    "state",
    ["at_once", "greeting", "notice", "consent", "opening", "speaking", "asking", "waiting", "answer", "person"],
)
def test_hanging_up_at_any_moment_leaves_everything_closed(state):
    async def story() -> None:
        world = World(bridge=FakeBridge())
        world.assistant.answer = lambda said: [1.5, bot("A long answer. " * 5)]

        async def caller() -> None:
            if state == "at_once":
                return
            await world.line.quiet(0.5)
            if state == "greeting":
                return
            for until_state, text in (("notice", "written record"), ("consent", "keep the sound")):
                await world.hears(text)
                if state == until_state:
                    return
            await world.line.press("1")
            await world.hears("How can I help")
            if state == "opening":
                return
            if state == "person":
                world.assistant.emit(WithPerson("Ann"))
                await world.hears("connected")
                await world.line.quiet(5)
                return
            await world.line.speech("my claim", 0.8)
            await world.line.quiet({"speaking": 0, "asking": 0.31, "waiting": 1.0, "answer": 4}[state])

        ending = await world.run(caller)
        assert ending.why == "caller"
        closed_well(world)

    simulated(story())


def test_what_was_said_before_hanging_up_is_stored():
    async def story() -> None:
        world = World()

        async def caller() -> None:
            await world.past_the_greeting()
            await world.line.speech("cancel my policy", 1.0)
            await world.line.quiet(0.36)

        await world.run(caller)
        assert world.assistant.texts == ["cancel my policy"]

    simulated(story())


def test_a_line_that_just_ends_is_lost():
    class Broken(FakeLine):
        async def events(self):
            await asyncio.sleep(1)
            raise ConnectionError("reset by peer")
            yield HangUp("never")

    async def story() -> None:
        world = World(line=Broken())
        ending = await world.run(lambda: asyncio.sleep(2))
        assert ending.why == "lost"
        closed_well(world)

    simulated(story())


def test_a_cancelled_call_closes_its_record():
    async def story() -> None:
        world = World()
        session = CallSession(
            world.line, world.ears, world.mouth, world.assistant, FakeActivity(), TEXTS, world.settings
        )
        call = asyncio.create_task(session.run())
        await asyncio.sleep(3)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call
        assert world.assistant.ended == ["shutdown"]
        assert world.line.closed.is_set()

    simulated(story())


def test_a_silent_caller_is_let_go():
    async def story() -> None:
        world = World()
        ending = await world.run(lambda: world.line.quiet(150, frames=False))
        assert ending.why == "silent"
        closed_well(world)

    simulated(story())


def test_a_conversation_that_is_closed_says_goodbye():
    async def story() -> None:
        world = World()

        async def caller() -> None:
            await world.past_the_greeting()
            world.assistant.emit(Over())
            await world.line.quiet(10)

        ending = await world.run(caller)
        assert ending.why == "goodbye"
        assert world.spoken("goodbye")
        closed_well(world)

    simulated(story())


# --- engines


@pytest.mark.parametrize("trouble", [EngineFailed("dead"), "hang"])
def test_another_recogniser_hears_what_the_first_one_lost(trouble):
    async def story() -> None:
        world = World()

        async def caller() -> None:
            await world.past_the_greeting()
            world.ears.trouble = [trouble]
            await world.says("my claim")
            await world.line.quiet(6)

        await world.run(caller)
        assert world.assistant.texts == ["my claim"]
        assert ("engine_failed", {"engine": "ears", "replaced": True}) in world.assistant.facts
        closed_well(world)

    simulated(story())


def test_an_utterance_that_two_recognisers_lost_is_asked_for_again():
    async def story() -> None:
        world = World()

        async def caller() -> None:
            await world.past_the_greeting()
            world.ears.trouble = [EngineFailed("dead"), EngineFailed("dead")]
            await world.says("my claim")
            await world.hears("once more")
            await world.line.quiet(4)
            await world.says("my claim")

        await world.run(caller)
        assert world.assistant.texts == ["my claim"]
        closed_well(world)

    simulated(story())


def test_a_recogniser_that_returns_nothing_is_replaced():
    class Nothing(FakeEars):
        pass

    async def story() -> None:
        world = World()
        world.ears = Nothing(hypotheses={"my claim": None, "my claim again": None})  # type: ignore[dict-item]

        async def caller() -> None:
            await world.past_the_greeting()
            world.ears.trouble = ["nothing", "nothing"]
            await world.says("my claim")
            await world.line.quiet(3)

        await world.run(caller)
        assert world.ending is not None
        closed_well(world)

    simulated(story())


def test_without_any_recogniser_the_keypad_and_a_person_are_left():
    async def story() -> None:
        world = World()
        world.ears.refuse = True

        async def caller() -> None:
            await world.past_the_greeting()
            await world.line.quiet(20)

        await world.run(caller)
        assert world.assistant.persons == 1
        closed_well(world)

    simulated(story())


def test_a_recogniser_that_is_free_later_is_used():
    async def story() -> None:
        world = World()
        world.ears.refuse = True

        async def caller() -> None:
            await world.line.quiet(2)
            world.ears.refuse = False
            await world.past_the_greeting()
            await world.line.quiet(2)
            await world.says("my claim")

        await world.run(caller)
        assert world.assistant.texts == ["my claim"]

    simulated(story())


@pytest.mark.parametrize("trouble", ["fail", "hang"])
def test_a_prompt_that_fails_does_not_end_the_call(trouble):
    async def story() -> None:
        world = World()

        async def caller() -> None:
            await world.past_the_greeting()
            await world.line.quiet(3)
            world.assistant.answer = lambda said: [bot("Unspeakable.")]
            world.mouth.trouble = [trouble]
            await world.says("my claim")
            await world.hears("can't say that aloud")
            await world.line.quiet(5)
            await world.says("my policy")

        await world.run(caller)
        assert world.assistant.texts == ["my claim", "my policy"]
        closed_well(world)

    simulated(story())


def test_a_mouth_that_is_gone_ends_the_call():
    async def story() -> None:
        world = World()
        world.mouth.trouble = ["fail"] * 20
        ending = await world.run(lambda: world.line.quiet(10))
        assert ending.why == "failed"
        closed_well(world)

    simulated(story())


# --- the assistant


def test_what_the_assistant_cannot_take_is_asked_for_again():
    async def story() -> None:
        world = World()

        async def caller() -> None:
            await world.past_the_greeting()
            world.assistant.unavailable = 1
            await world.says("my claim")
            await world.hears("could not take that in")
            await world.line.quiet(5)
            await world.says("my claim")

        await world.run(caller)
        assert world.assistant.texts == ["my claim"]
        closed_well(world)

    simulated(story())


def test_an_assistant_that_breaks_ends_the_call_politely():
    class Broken(FakeAssistant):
        async def events(self):
            await asyncio.sleep(5)
            raise RuntimeError("a bug")
            yield Over()

    async def story() -> None:
        world = World()
        world.assistant = Broken()
        ending = await world.run(lambda: world.line.quiet(40))
        assert ending.why == "goodbye"
        closed_well(world)

    simulated(story())


def test_tones_tell_that_the_line_is_alive_while_an_answer_takes_long():
    async def story() -> None:
        world = World()
        world.assistant.answer = lambda said: [9.0, bot("Done.")]

        async def caller() -> None:
            await world.past_the_greeting()
            await world.says("my claim")
            await world.line.quiet(15)

        await world.run(caller)
        assert world.spoken("hold")
        assert ("play", 2.0) in world.line.log
        assert "Done." in world.mouth.texts

    simulated(story())


# --- persons


def test_sound_goes_both_ways_and_the_call_comes_back():
    async def story() -> None:
        world = World(bridge=FakeBridge())

        async def caller() -> None:
            await world.past_the_greeting()
            await world.line.quiet(3)
            world.assistant.emit(WithPerson("Ann"))
            await world.hears("connected with Ann")
            await world.line.quiet(4)
            world.bridge.voice.put_nowait(sound_of("hello, Ann here", 1.0))
            await world.line.speech("hello ann", 1.0)
            await world.line.quiet(2)
            world.assistant.emit(WithBot(), bot("You are back with me."))
            await world.hears("back with me")
            await world.line.quiet(3)
            await world.says("my claim")

        await world.run(caller)
        assert sound_of("hello, Ann here", 1.0) in world.line.sent
        assert "hello ann" in words_in(b"".join(world.bridge.heard))
        assert world.assistant.texts == ["my claim"], "what was said to the person was no message to the bot"
        closed_well(world)

    simulated(story())


@pytest.mark.parametrize("ok", [True, False])
def test_a_transfer_is_done_after_it_was_announced(ok):
    async def story() -> None:
        world = World(bridge=FakeBridge(), line=FakeLine(transfers=ok))

        async def caller() -> None:
            await world.past_the_greeting()
            await world.line.quiet(3)
            world.assistant.emit(WithPerson("Ann", "claims"))
            await world.line.quiet(10)

        ending = await world.run(caller)
        assert ("transfer", "claims") in world.line.log
        assert ending.why == ("transferred" if ok else "caller")
        closed_well(world)

    simulated(story())


def test_a_line_that_ends_because_it_was_transferred_was_not_hung_up():
    class Leaving(FakeLine):
        async def transfer(self, queue: str) -> bool:
            self.hang_up("lost")
            await asyncio.sleep(0.2)
            return True

    async def story() -> None:
        world = World(line=Leaving())

        async def caller() -> None:
            await world.past_the_greeting()
            await world.line.quiet(3)
            world.assistant.emit(WithPerson("Ann", "claims"))
            await world.line.quiet(10)

        assert (await world.run(caller)).why == "transferred"

    simulated(story())


def test_both_sides_are_captioned():
    async def story() -> None:
        world = World()
        world.assistant.answer = lambda said: [bot("It is approved.")]

        async def caller() -> None:
            await world.past_the_greeting()
            await world.says("my claim")
            await world.line.quiet(3)

        await world.run(caller)
        assert world.line.captions_of(Who.CALLER)[-1] == "my claim"
        assert world.line.captions_of(Who.BOT) == ["It is approved."]
        assert any(not caption.final and caption.text == "my claim" for caption in world.line.captions)

    simulated(story())
