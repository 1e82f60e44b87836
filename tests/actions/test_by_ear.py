"""What is different in a call: no file, no link on a screen, and lists in parts."""

from datetime import timedelta

import pytest

from actions.conversation import HearMore, Repeat
from actions.documents import ChooseProofPolicy, ExportMyData, SubmitProof
from actions.paying import SubmitPayment
from crm.schema import Attachment, Checkout, OutboxMessage, Policy
from crm.services import outbox
from tests.factories.crm import NOW, an_invoice

ROWS = ["CL-1000004, open", "CL-1000005, paid"]


def by_ear(desk, action, **message):
    """Run an action as in a call."""
    claims = {"conversation": desk.conversation_id, "message": desk.message_id, "channel": "voice"}
    return desk.run(action, statement=desk.vault.sign(claims, "turn", timedelta(minutes=15), NOW), **message)


def count(desk, table) -> int:
    with desk.store.reading() as session:
        return session.query(table).count()


# --- files


@pytest.mark.parametrize(
    ("action", "response"),
    [
        (ChooseProofPolicy, "utter_proof_by_phone"),
        (SubmitProof, "utter_proof_by_phone"),
        (ExportMyData, "utter_data_by_phone"),
    ],
)
def test_a_caller_is_told_how_else_a_file_is_to_be_had_before_anything_is_asked(desk, action, response):
    answer = by_ear(desk, action)
    assert answer.responses == [response]
    assert answer.slots["signal"] == "abandon"


def test_no_file_is_made_in_a_call(confirmed, customer):
    confirmed.slots = {"proof_policy": customer["auto"]}
    by_ear(confirmed, SubmitProof)
    assert count(confirmed, Attachment) == 0


def test_in_a_chat_the_file_is_handed_out(confirmed, customer):
    confirmed.slots = {"proof_policy": customer["auto"]}
    assert confirmed.run(SubmitProof).responses == ["utter_proof_issued"]


# --- links


@pytest.fixture
def owing(verified):
    """A verified customer who has agreed to pay what is due."""
    with verified.store.session() as session:
        policy = session.query(Policy).first()
        an_invoice(session, policy)
    verified.slots = {"payment_confirm": True}
    return verified


def test_a_caller_gets_the_page_as_a_message(owing, customer):
    answer = by_ear(owing, SubmitPayment)
    said = answer.said("utter_payment_link")
    with owing.store.reading() as session:
        (message,) = outbox.newest(session)
    assert (said["sent"], message.destination) == ("sms", customer["phone"])
    assert said["url"] in message.text


def test_a_turn_that_is_tried_again_sends_one_message(owing):
    for _ in range(2):
        by_ear(owing, SubmitPayment)
    assert (count(owing, OutboxMessage), count(owing, Checkout)) == (1, 1)


def test_in_a_chat_no_message_is_sent(owing):
    assert owing.run(SubmitPayment).responses == ["utter_payment_page"]
    assert count(owing, OutboxMessage) == 0


# --- lists in parts


def listed(*more) -> list[dict]:
    """A turn before this one, whose utterances kept back these rows."""
    said = [{"event": "bot", "text": "Some.", "data": {"custom": {"more": rest} if rest else None}} for rest in more]
    return [{"event": "user", "text": "my claims"}, *said]


def test_the_rows_that_were_kept_back_are_said_next(desk):
    desk.events = listed(ROWS)
    assert by_ear(desk, HearMore).said("utter_more_rows")["rows"] == ROWS


def test_what_was_said_last_counts(desk):
    desk.events = listed(["older"], ROWS, None)
    assert by_ear(desk, HearMore).said("utter_more_rows")["rows"] == ROWS


@pytest.mark.parametrize("events", [[], listed(None), [{"event": "user", "text": "?"}, {"event": "bot", "text": "Hi"}]])
def test_when_nothing_was_kept_back_there_is_no_more(desk, events):
    desk.events = events
    assert by_ear(desk, HearMore).responses == ["utter_nothing_more"]


def test_an_older_list_is_over(desk):
    desk.events = [*listed(ROWS), *listed(None)]
    assert by_ear(desk, HearMore).responses == ["utter_nothing_more"]


def test_a_list_that_is_repeated_can_be_gone_on_with(desk):
    desk.events = listed(ROWS)
    assert by_ear(desk, Repeat).messages[0]["custom"] == {"more": ROWS}
