from pathlib import Path

import pytest
import yaml

from crm import texts
from crm.domain import Reading
from crm.schema import Conversation, PerformedWrite
from crm.services import readings, summaries
from crm.services.conversations import IDLE_LIMIT
from crm.summarising import central
from tests.factories import crm as make
from tests.factories import desk

DOMAIN = Path(__file__).parents[3] / "domain.yml"


def lines(session, conversation_id, language="en", now=make.NOW, masked=True):
    made = summaries.summary(session, conversation_id, language=language, now=now, masked=masked)
    return {line.code: line.text for line in made.lines}


def test_what_they_want_is_told_by_intents_and_quoted(session):
    talk = desk.a_talk(session, ("Hello", "greet"), ("Somebody hit my car at the supermarket", "file_claim"))

    assert lines(session, talk)["wants"] == "File a claim · “Somebody hit my car at the supermarket”"


def test_that_a_colleague_closed_the_matter_is_nothing_they_want(session):
    talk = desk.a_talk(session, ("Somebody hit my car at the supermarket", "file_claim"), ("done", "person_left"))

    assert lines(session, talk)["wants"] == "File a claim · “Somebody hit my car at the supermarket”"


def test_a_summary_has_at_most_five_lines(session):
    talk = desk.a_talk(session, ("This is unacceptable", "complaint"), ("xyzzy", "out_of_scope"))
    desk.a_handoff(session, talk)

    made = summaries.summary(session, talk, language="en", now=make.NOW)

    assert [line.code for line in made.lines] == ["wants", "verified", "done", "stuck", "mood"]


def test_the_titles_are_in_the_reader_s_language_and_the_quotes_in_the_customer_s(session):
    talk = desk.a_talk(session, ("我的车昨天在停车场被撞了", "file_claim"), language="zh")

    assert lines(session, talk)["wants"] == "File a claim · “我的车昨天在停车场被撞了”"
    assert lines(session, talk, "zh")["wants"] == "报案 · “我的车昨天在停车场被撞了”"


def test_a_name_is_short_until_it_is_unmasked(session):
    customer = make.a_customer(session, given_name="Imogen", family_name="Thackeray")
    talk = desk.a_talk(session, "I am Imogen Thackeray", customer=customer)

    assert lines(session, talk)["verified"].startswith("Imogen T.")
    assert "Thackeray" not in str(lines(session, talk))
    assert lines(session, talk, masked=False)["verified"].startswith("Imogen Thackeray")


def test_a_verification_that_ran_out_is_told_as_such(session):
    talk = desk.a_talk(session, "hello", customer=make.a_customer(session))

    assert "not any more" in lines(session, talk, now=make.NOW + 2 * IDLE_LIMIT)["verified"]
    assert "not any more" not in lines(session, talk)["verified"]


def test_what_was_done_comes_from_performed_writes(session):
    talk = desk.a_talk(session, ("Somebody hit my car", "file_claim"))
    for action, result in (("action_submit_claim", {"number": "CL-1234567"}), ("action_ask_vehicle_confirm", {})):
        session.add(PerformedWrite(conversation_id=talk, message_id="m", action=action, result=result))
    session.flush()

    assert lines(session, talk)["done"] == "claim filed CL-1234567"


def test_what_the_bot_could_not_do_is_the_reason_and_the_message_it_lost(session):
    talk = desk.a_talk(session, ("Can you fax the moon papers", "out_of_scope"))
    desk.a_handoff(session, talk, reason="bot_failed")

    assert lines(session, talk)["stuck"] == (
        "The assistant got stuck · Not understood (1): “Can you fax the moon papers”"
    )


def test_an_action_that_asks_again_is_a_message_that_was_lost(session):
    assert summaries.is_lost(Reading("file_claim", 0.3, (), ("action_ask_affirmation",)))
    assert not summaries.is_lost(Reading("file_claim", 0.9, (), ("validate_claim", "claim")))


def test_free_text_that_answers_a_form_is_not_lost(session):
    assert not summaries.is_lost(Reading("nlu_fallback", 0.3, (), ("validate_claim", "claim")))
    assert summaries.is_lost(Reading("nlu_fallback", 0.3, (), ("utter_out_of_scope",)))


@pytest.mark.parametrize(
    ("said", "mood"),
    [
        ("this is UNACCEPTABLE", "Upset (“unacceptable”)"),
        ("我非常生气", "Upset (“生气”)"),
        ("thanks, great service", "Friendly (“great”)"),
        ("my shoe is brown", "Nothing stands out"),
        ("the scenario", "Nothing stands out"),
    ],
)
def test_a_mood_is_told_with_the_word_that_shows_it(session, said, mood):
    assert lines(session, desk.a_talk(session, said))["mood"] == mood


def test_a_conversation_without_a_word_has_no_mood_and_no_wish(session):
    assert set(lines(session, desk.a_talk(session))) == {"verified", "done"}


def test_the_sentences_chosen_are_the_ones_most_like_the_others():
    said = [
        "Good morning.",
        "The insurance paid nothing for my flooded kitchen.",
        "My kitchen was flooded and the insurance pays nothing.",
        "Also the weather is nice.",
    ]
    assert central(said, 1) == ["The insurance paid nothing for my flooded kitchen."]


def test_what_is_chosen_was_said_word_for_word_in_the_order_it_was_said():
    said = ["我的车昨天在停车场被撞了。", "对方逃走了。", "好的", "我想知道车被撞了保险赔不赔。"]

    chosen = central(said, 2)

    assert len(chosen) == 2
    assert chosen == [sentence for sentence in said if sentence in chosen]


def test_words_that_say_nothing_are_never_chosen():
    assert central(["ok", "yes", "好的"][:2], 2) in ([], ["ok", "yes"], ["ok"], ["yes"])
    assert central(["的", "the"], 2) == []


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_intent_of_the_bot_has_a_title(language):
    domain = yaml.safe_load(DOMAIN.read_text(encoding="utf-8"))
    intents = [name if isinstance(name, str) else next(iter(name)) for name in domain["intents"]]
    missing = [intent for intent in intents if texts.find(language, f"intents.{intent}") is None]
    assert not missing


def test_a_reading_of_a_message_that_is_settled_twice_is_kept_once(session):
    talk = desk.a_talk(session)
    message = desk.says(session, talk, "hello", intent="greet")
    readings.keep(session, talk, message, Reading("goodbye", 0.1), now=make.NOW)

    assert readings.of(session, talk)[message].intent == "greet"
    assert session.get_one(Conversation, talk).last_seq == 1
