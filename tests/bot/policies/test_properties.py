"""What holds whatever a customer says, in any order."""

from hypothesis import given, settings
from hypothesis import strategies as st

from bot.policies.state import Turn
from tests.bot.policies.chat import Chat, dialogue, pressed, said, uploaded

INTENTS = sorted({*dialogue().routes, "affirm", "deny", "inform", "nlu_fallback", "stop", "start_over", "repeat"})
typed = st.builds(
    said, st.sampled_from(["x", "no", "done", "my house at the lake"]), st.sampled_from(INTENTS), st.floats(0, 1)
)
buttons = st.sampled_from([i for i in INTENTS if i != "nlu_fallback"]).map(pressed)
values = st.sampled_from(
    [
        said("no, it was the 12th", "deny", date="12th=12"),
        said("PA-1234567", policy_number="PA-1234567"),
        said("3 May 1980", date="3 May 1980=1980-05-03"),
        said("555 010 0123", phone_number="555 010 0123"),
        pressed("inform", choice="collision"),
        pressed("inform", field="claim_date"),
        uploaded("f1"),
    ]
)
messages = st.lists(st.one_of(typed, buttons, values), max_size=25)
outcomes = st.sampled_from([None, {}, {"signal": "done"}, {"signal": "abandon"}, {"signal": "verify"}])
effects = st.dictionaries(
    st.sampled_from(sorted(a for a in dialogue().known_actions if a.startswith("action"))), outcomes
)


def a_chat(changed: dict) -> Chat:
    return Chat({name: effect for name, effect in changed.items() if effect is not None})


@settings(max_examples=150, deadline=None)
@given(messages, effects)
def test_every_turn_ends_and_the_stack_holds_no_duplicates(said_things, changed):
    chat = a_chat(changed)
    for message in said_things:
        chat(message)  # raises when it would go on for ever
        assert len(set(chat.paused)) == len(chat.paused)
        assert chat.form not in chat.paused
        assert not chat.slots.get("plan")
        assert chat.slots.get("signal") is None


@settings(max_examples=150, deadline=None)
@given(messages)
def test_no_form_is_lost(said_things):
    """A form that was begun is being filled, waits, or was ended by a word of the customer or its own action."""
    chat = Chat()
    ending = {"stop", "start_over"}
    for message in said_things:
        before = {chat.form, *chat.paused} & chat.dialogue.forms.keys()
        done = chat(message)
        after = {chat.form, *chat.paused}
        ended = {form for form in before if f"action_submit_{form}" in done}
        if message.intent not in ending:
            assert before - ended <= after


@settings(max_examples=150, deadline=None)
@given(messages)
def test_a_form_s_question_is_open_when_it_is_the_customer_s_turn(said_things):
    chat = Chat()
    for message in said_things:
        chat(message)
        if chat.form:
            requested = chat.slots["requested_slot"]
            assert requested is None or chat.slots.get(requested) is None
        else:
            assert not chat.paused, "nothing may wait while no form is being filled"


@given(st.lists(st.sampled_from(["pause", "enter"]).flatmap(lambda do: st.tuples(st.just(do), st.sampled_from("abc")))))
def test_the_stack_keeps_everything_once(steps):
    from bot.policies.state import State

    turn = Turn.of(State(None, {}))
    seen = set()
    for do, name in steps:
        turn.pause(name) if do == "pause" else turn.enter(name)
        seen.add(name)
        assert sorted([*turn.paused, *([turn.form] if turn.form else [])]) == sorted(seen)
