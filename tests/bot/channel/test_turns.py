"""One turn at a time per conversation, followed by any number of listeners, cut by none."""

import asyncio

import pytest

from bot.channel.turns import RunningTurn, Turns
from bot.tracker_store import UnreadableConversation
from bot.turn import Turn


async def frames_of(running: RunningTurn, heartbeat: float = 5) -> list[dict]:
    return [frame async for frame in running.follow(heartbeat)]


def saying(*texts: str):
    async def work(running: RunningTurn) -> None:
        for text in texts:
            running.say({"text": text})
            await asyncio.sleep(0)

    return work


async def test_frames_arrive_in_order_with_an_end():
    running = Turns().start(Turn("c", "m"), saying("one", "two"))

    frames = await frames_of(running)

    assert [(f["type"], f.get("ordinal"), f.get("text")) for f in frames] == [
        ("utterance", 0, "one"),
        ("utterance", 1, "two"),
        ("end", None, None),
    ]


async def test_every_listener_sees_everything():
    running = Turns().start(Turn("c", "m"), saying("one", "two"))
    early = asyncio.create_task(frames_of(running))
    await asyncio.sleep(0)

    assert await early == await frames_of(running)
    assert len(await frames_of(running)) == 3


async def test_a_lost_listener_does_not_end_the_turn():
    done = asyncio.Event()
    go_on = asyncio.Event()

    async def work(running: RunningTurn) -> None:
        await go_on.wait()
        running.say({"text": "still here"})
        done.set()

    running = Turns().start(Turn("c", "m"), work)
    listener = asyncio.create_task(frames_of(running))
    await asyncio.sleep(0)
    listener.cancel()
    go_on.set()

    await asyncio.wait_for(done.wait(), 5)
    assert (await frames_of(running))[0]["text"] == "still here"


async def test_silence_is_filled_with_heartbeats():
    go_on = asyncio.Event()

    async def work(running: RunningTurn) -> None:
        await go_on.wait()
        running.say({"text": "at last"})

    running = Turns().start(Turn("c", "m"), work)
    kinds = []
    async for frame in running.follow(0.01):
        kinds.append(frame["type"])
        if len(kinds) == 3:
            go_on.set()

    assert kinds[:3] == ["working"] * 3
    assert kinds[-2:] == ["utterance", "end"]


async def test_a_turn_without_words_is_an_error():
    frames = await frames_of(Turns().start(Turn("c", "m"), saying()))

    assert frames == [{"type": "error", "code": "no_words", "utterances": 0}]


async def test_what_is_said_after_an_action_was_lost_does_not_go_out():
    async def work(running: RunningTurn) -> None:
        running.say({"text": "before"})
        running.turn.broken = True
        running.say({"text": "after"})

    frames = await frames_of(Turns().start(Turn("c", "m"), work))
    assert [frame.get("text", frame.get("code")) for frame in frames] == ["before", "turn_failed"]


async def test_a_broken_turn_with_words_is_an_error():
    async def work(running: RunningTurn) -> None:
        running.say({"text": "Filing it"})
        running.turn.broken = True

    assert (await frames_of(Turns().start(Turn("c", "m"), work)))[-1] == {
        "type": "error",
        "code": "turn_failed",
        "utterances": 1,
    }


@pytest.mark.parametrize(
    ("error", "code"), [(UnreadableConversation("altered"), "sealed"), (RuntimeError("any"), "turn_failed")]
)
async def test_an_exception_is_an_error_frame(error, code):
    async def work(_running: RunningTurn) -> None:
        raise error

    assert (await frames_of(Turns().start(Turn("c", "m"), work)))[-1]["code"] == code


async def test_turns_of_one_conversation_wait_for_each_other():
    turns, order, first_may_end = Turns(), [], asyncio.Event()

    async def first(running: RunningTurn) -> None:
        order.append("first begins")
        await first_may_end.wait()
        order.append("first ends")

    async def second(running: RunningTurn) -> None:
        order.append("second")

    async def elsewhere(running: RunningTurn) -> None:
        order.append("elsewhere")
        first_may_end.set()

    running = [turns.start(Turn("c", "1"), first), turns.start(Turn("c", "2"), second)]
    running.append(turns.start(Turn("d", "1"), elsewhere))
    await asyncio.gather(*(frames_of(one) for one in running))

    assert order == ["first begins", "elsewhere", "first ends", "second"]


async def test_a_running_message_is_found_and_a_finished_one_is_not():
    turns = Turns()
    running = turns.start(Turn("c", "m"), saying("one"))

    assert turns.find("c", "m") is running
    await frames_of(running)
    assert turns.find("c", "m") is None


async def test_draining_waits_for_running_turns():
    turns, go_on = Turns(), asyncio.Event()

    async def work(running: RunningTurn) -> None:
        await go_on.wait()
        running.say({"text": "finished"})

    running = turns.start(Turn("c", "m"), work)
    asyncio.get_running_loop().call_later(0.05, go_on.set)
    await turns.drain(5)

    assert running.finished
