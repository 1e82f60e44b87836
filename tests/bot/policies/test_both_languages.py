"""The dialogue with what customers really type: the extractor's values and the policy's calendar, in both languages."""

from collections.abc import Iterator
from dataclasses import replace
from functools import cache

import pytest
import yaml

from bot.nlu.bilingual import BilingualExtractor
from bot.policies import policy
from bot.policies.message import Entity, Message
from tests.bot.policies.chat import ROOT, TODAY, Chat, claim_until, dialogue


@cache
def extractor() -> BilingualExtractor:
    return BilingualExtractor(["en", "zh"])


def typed(text: str, intent: str = "inform", confidence: float = 0.95) -> Message:
    found = tuple(Entity(e["entity"], e["value"], e["start"], e["end"]) for e in extractor().extract(text))
    return Message(text, intent, confidence, found, today=TODAY)


def real(chat: Chat) -> Chat:
    """The chat with the policy's own calendar."""
    spoken = dialogue()
    chat.dialogue = replace(spoken, reader=replace(spoken.reader, complete=policy.complete))
    return chat


def asked(chat: Chat) -> str:
    return chat.slots["requested_slot"]


@pytest.mark.parametrize(
    ("text", "day"),
    [
        ("it happened last Tuesday at half past three, nobody was hurt and the car still drives", "2026-11-17"),
        ("上周二下午三点半出的事，没人受伤，车还能开", "2026-11-10"),  # the Tuesday of last week
    ],
)
def test_several_answers_in_one_sentence_fill_several_slots(text: str, day: str) -> None:
    chat = real(Chat(verified=True))
    chat(typed("I want to file a claim", "file_claim"))
    chat(typed(text))
    assert (chat.slots["claim_injured"], chat.slots["claim_date"], chat.slots["claim_time"]) == (
        False,
        day,
        "15:30",
    )


@pytest.mark.parametrize(
    "text",
    [
        "no, the 12th",
        "sorry, it was the 12th",
        "actually it was the 12th",
        "不对，是12号",
        "错了，是十二号",
        "不是，12号的事",
    ],
)
@pytest.mark.parametrize("question", ["claim_place", "claim_auto_kind", "claim_drivable"])
def test_a_correction_goes_to_the_right_slot_and_the_question_stays(text: str, question: str) -> None:
    chat = real(claim_until(question))
    chat(typed(text, "deny"))
    assert (chat.slots["claim_date"], asked(chat), chat.slots.get(question)) == ("2026-11-12", question, None)


@pytest.mark.parametrize(
    ("text", "intent"),
    [
        ("where is your nearest office?", "find_branch"),
        ("what does my policy cover?", "list_policies"),
        ("你们最近的网点在哪？", "find_branch"),
        ("我的 claim 到哪了？", "claim_status"),
    ],
)
def test_a_question_in_the_middle_is_answered_and_the_form_comes_back(text: str, intent: str) -> None:
    chat = real(claim_until("claim_place"))
    done = chat(typed(text, intent))
    if chat.form != "claim":  # the answer has questions of its own: the claim waits
        assert chat.paused == ["claim"]
        chat(typed("stop", "stop"))
    else:
        assert "utter_resume_claim" in done
    assert (chat.form, asked(chat), chat.slots.get("claim_place")) == ("claim", "claim_place", None)


@pytest.mark.parametrize("text", ["zxcv qwer", "啊这个那个"])
def test_the_same_failure_twice_offers_a_person(text: str) -> None:
    chat = real(Chat())
    unclear = typed(text, "nlu_fallback", 0.3)
    assert [chat(unclear), chat(unclear)] == [["action_ask_affirmation"], ["utter_offer_person"]]


@pytest.mark.parametrize("text", ["62704", "it's 62704", "SW1A 1AA", "邮编200120", "200120"])
def test_a_postcode_alone_answers_the_question_for_it(text: str) -> None:
    form = dialogue().forms["quote"]
    found = real(Chat()).dialogue.reader.answers(form, "quote_postcode", typed(text), {"quote_line": "auto"})
    assert found == {"quote_postcode": next(iter(p for p in ("62704", "SW1A 1AA", "200120") if p in text))}


def responses(language: str) -> Iterator[tuple[str, list]]:
    for path in sorted((ROOT / "data/responses" / language).glob("*.yml")):
        yield from yaml.safe_load(path.read_text("utf-8"))["responses"].items()


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_apology_has_another_wording_for_the_next_time(language: str) -> None:
    said = dict(responses(language))
    apologies = ("utter_rephrase", "utter_offer_person", "utter_not_an_answer", "utter_service_trouble",
                 "utter_out_of_scope", "utter_ask_affirmation")  # fmt: skip
    once = [name for name in apologies if len({variation["text"] for variation in said[name]}) < 2]
    assert once == []
