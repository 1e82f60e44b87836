import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from actions.base import CustomerAction
from actions.one_time_code import AskOneTimeCodeDigits, SubmitOneTimeCode
from actions.reply import Reply
from crm.errors import NotEligible
from crm.services import conversations, one_time_codes, outbox
from tests.factories.crm import NOW, a_conversation


class Secured(CustomerAction):
    action = "action_secured"
    needs_code = True

    def serve(self, session, turn, customer) -> Reply:
        return Reply().say("utter_done")


def code_sent(desk) -> str:
    with desk.store.session() as session:
        return re.search(r"\d{6}", outbox.newest(session)[0].text).group()


def submit(desk, typed: Any, message_id: str = "m2"):
    with desk.store.session() as session:
        conversations.add_customer_message(
            session, desk.conversation_id, message_id=message_id, text=f"it is {typed}", now=desk.now
        )
    on_it = replace(desk, message_id=message_id, slots={"one_time_code_digits": typed, "one_time_code_sent": True})
    return on_it.run(SubmitOneTimeCode)


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 10**6:06d}"


def test_verification_comes_first_then_the_code(desk, customer):
    assert desk.run(Secured).slots == {"signal": "verify"}
    desk.verify(customer["auto"])
    assert desk.run(Secured).slots == {"signal": "one_time_code"}


def test_a_code_is_sent_once_for_a_message_and_asked_for(verified):
    first, again = verified.run(AskOneTimeCodeDigits), verified.run(AskOneTimeCodeDigits)
    assert first.responses == again.responses == ["utter_one_time_code_sent_sms"]
    assert "•" in first.messages[0]["destination"] or "*" in first.messages[0]["destination"]
    assert code_sent(verified) not in str(first.messages)
    with verified.store.session() as session:
        assert len(outbox.newest(session)) == 1


def test_the_right_code_opens_the_door(verified):
    verified.run(AskOneTimeCodeDigits)
    answer = submit(verified, code_sent(verified))
    assert answer.responses == ["utter_one_time_code_right"]
    assert answer.slots == {"one_time_code_digits": None, "signal": "done"}
    assert verified.run(Secured).responses == ["utter_done"]


def test_the_code_is_not_readable_in_the_conversation(verified):
    verified.run(AskOneTimeCodeDigits)
    submit(verified, code_sent(verified))
    with verified.store.session() as session:
        assert conversations.history(session, verified.conversation_id)[-1].text == "it is ••••••"


def test_a_wrong_code_is_asked_for_again(verified):
    verified.run(AskOneTimeCodeDigits)
    answer = submit(verified, wrong(code_sent(verified)))
    assert answer.said("utter_one_time_code_wrong")["tries_left"] == 4
    assert answer.slots == {"one_time_code_digits": None}
    assert verified.run(Secured).slots == {"signal": "one_time_code"}


def test_too_many_wrong_ones_give_it_up(verified):
    verified.run(AskOneTimeCodeDigits)
    answers = [submit(verified, wrong(code_sent(verified)), f"try{n}") for n in range(5)]
    assert answers[-1].responses == ["utter_one_time_code_locked"]
    assert answers[-1].slots["signal"] == "abandon"


def test_an_old_code_is_replaced(verified):
    verified.run(AskOneTimeCodeDigits)
    code = code_sent(verified)
    later = replace(verified, now=NOW + timedelta(minutes=11))
    answer = submit(later, code)
    assert answer.responses == ["utter_one_time_code_expired"]
    assert answer.slots == {"one_time_code_digits": None, "one_time_code_sent": None}


@pytest.mark.parametrize(("typed", "channel"), [("resend", None), ("email", "email")])
def test_sent_again_or_elsewhere(verified, typed, channel):
    verified.run(AskOneTimeCodeDigits)
    answer = submit(verified, typed)
    assert answer.slots == {
        "one_time_code_digits": None, "one_time_code_sent": None, "one_time_code_channel": channel,
    }  # fmt: skip
    later = replace(verified, now=NOW + timedelta(minutes=1), message_id="m3", slots=answer.slots)
    assert later.run(AskOneTimeCodeDigits).responses == [f"utter_one_time_code_sent_{channel or 'sms'}"]


def test_a_young_code_is_not_sent_again(verified):
    verified.run(AskOneTimeCodeDigits)
    answer = replace(verified, message_id="m2").run(AskOneTimeCodeDigits)
    assert answer.responses == ["utter_one_time_code_on_its_way"]
    assert answer.slots == {"one_time_code_sent": True}


def test_a_young_code_of_another_conversation_does_not_count(verified, customer):
    with verified.store.session() as session:
        elsewhere = replace(verified, conversation_id=a_conversation(session, "browser-2").id)
    elsewhere.verify(customer["auto"])
    elsewhere.run(AskOneTimeCodeDigits)
    answer = verified.run(AskOneTimeCodeDigits)
    assert (answer.responses, answer.slots) == (["utter_one_time_code_wait"], {})


def test_too_many_codes_give_it_up(verified):
    for n in range(6):
        later = replace(verified, now=NOW + timedelta(minutes=n), message_id=f"m{n}")
        answer = later.run(AskOneTimeCodeDigits)
    assert answer.responses == ["utter_one_time_code_too_many"]
    assert answer.slots == {"signal": "abandon"}


@pytest.mark.parametrize(
    ("channel", "response", "slots"),
    [
        (None, "utter_one_time_code_nowhere", {"signal": "abandon"}),
        ("sms", "utter_one_time_code_not_there", {"one_time_code_channel": None, "one_time_code_sent": True}),
    ],
)
def test_nowhere_to_send_it(verified, monkeypatch, channel, response, slots):
    def refuse(*_: object, **__: object) -> None:
        raise NotEligible("There is no phone number.")

    monkeypatch.setattr(one_time_codes, "request_code", refuse)
    verified.slots = {"one_time_code_channel": channel}
    answer = verified.run(AskOneTimeCodeDigits)
    assert (answer.responses, answer.slots) == ([response], slots)


def test_a_code_that_was_confirmed_is_not_asked_for_again(verified):
    verified.run(AskOneTimeCodeDigits)
    submit(verified, code_sent(verified))
    assert verified.run(AskOneTimeCodeDigits).slots == {"signal": "done"}


def test_what_is_no_code_does_not_count_as_a_try(verified):
    verified.run(AskOneTimeCodeDigits)
    assert submit(verified, "1234").responses == ["utter_hint_one_time_code_digits"]
    with verified.store.session() as session:
        assert not one_time_codes.confirmed(session, verified.conversation_id, verified.now)
