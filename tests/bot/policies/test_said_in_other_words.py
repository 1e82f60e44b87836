"""Answers that say no, say it anew or belong to another question, and questions that could not be put."""

from dataclasses import replace

import pytest

from tests.bot.policies.chat import Chat, claim_until, pressed, said


def quote_at_summary():
    chat = Chat({"action_ask_quote_confirm": {}, "action_check_quote": {}})
    chat(pressed("get_quote", line_of_business="travel"))
    chat.slots |= {f"quote_{name}": 1 for name in ("days", "travellers", "oldest", "trip_cost")}
    chat.slots |= {"quote_destination": "europe", "requested_slot": "quote_winter_sports"}
    chat(pressed("deny"))
    assert chat.slots["requested_slot"] == "quote_confirm"
    return chat


@pytest.mark.parametrize("text", ["no thanks", "No thank you!", "不用了，谢谢", "算了"])
def test_who_declines_a_price_is_not_asked_what_to_change(text):
    assert quote_at_summary()(said(text, "deny")) == ["utter_stopped_quote"]


def test_a_bare_no_to_a_price_asks_what_to_change():
    assert quote_at_summary()(said("no", "deny")) == ["utter_ask_quote_change"]


@pytest.mark.parametrize("text", ["still drives", "还能开"])
def test_the_answer_to_another_question_is_no_free_text(text):
    chat = claim_until("claim_other_party")
    chat(pressed("affirm"))
    assert chat(said(text)) == ["utter_ask_claim_other_details"]
    assert (chat.slots["claim_drivable"], chat.slots.get("claim_other_details")) == (True, None)


def test_a_text_that_says_more_is_kept_with_what_it_answers():
    chat = claim_until("claim_other_party")
    chat(pressed("affirm"))
    chat(said("Dan Whitley in a blue van, mine still drives"))
    assert chat.slots["claim_other_details"] == "Dan Whitley in a blue van, mine still drives"


@pytest.mark.parametrize("text", ["didn't call the police", "I didnt report it", "没报警", "没有报警啊"])
def test_not_reported_is_not_a_report(text):
    chat = claim_until("claim_report")
    chat(said(text))
    assert chat.slots["claim_report"] == "not_given"


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("no, the place is Mill Street and 4th.", "Mill Street and 4th"),
        ("actually the address was 12 Elm Road", "12 Elm Road"),
        ("地点不对，是人民路和中山路口", "人民路和中山路口"),
    ],
)
def test_a_free_text_is_corrected_by_its_name(text, place):
    chat = claim_until("claim_report")
    chat(said(text))
    assert (chat.slots["claim_place"], chat.slots["requested_slot"]) == (place, "claim_report")


def test_a_story_that_names_a_question_corrects_nothing():
    chat = claim_until("claim_what")
    chat(said("I was wrong about the light and it was dark"))
    assert chat.slots["claim_what"] == "I was wrong about the light and it was dark"


def test_a_wrong_text_without_a_new_one_is_asked_again():
    chat = claim_until("claim_report")
    assert chat(said("the place is wrong", "deny"))[-1] == "utter_ask_claim_place"


def test_apostrophes_may_be_missing():
    chat = Chat(verified=True)
    chat(pressed("file_claim"))
    chat(said("everyones fine", "greet", 0.3))
    assert chat.slots["claim_injured"] is False


def test_a_summary_that_could_not_be_shown_is_not_confirmed():
    chat = claim_until("claim_photos", Chat({"action_ask_claim_confirm": {"signal": "failed"}}, verified=True))
    assert chat(pressed("deny")) == ["action_ask_claim_confirm"]
    chat.effects["action_ask_claim_confirm"] = {}
    assert chat(said("yes", "affirm")) == ["action_ask_claim_confirm"]
    assert chat(said("yes", "affirm")) == ["action_submit_claim"]


def test_a_long_goodbye_to_a_form_stops_it():
    chat = claim_until("claim_date")
    assert chat(said("算了不要了", "stop", 0.7)) == ["utter_stopped_claim"]


@pytest.mark.parametrize("intent", ["emergency", "nlu_fallback"])
def test_a_yes_with_more_words_accepts_an_offer(intent):
    message = replace(said("yes everyone is out", intent, 0.2), offered="file_claim")
    assert Chat()(message)[0] == "utter_begin_claim"


def test_a_value_alone_asks_the_last_question_about_another_thing():
    message = replace(said("and theft?", coverage="theft"), asked="coverage_question")
    assert Chat()(message) == ["action_answer_coverage"]


def test_a_value_alone_after_no_question_is_taken_note_of():
    message = replace(said("PA-1000001", policy_number="PA-1000001"), asked="greet")
    assert Chat()(message) == ["utter_inform_alone"]


def test_a_question_in_the_middle_does_not_lose_what_the_request_was_about():
    chat = Chat()
    chat(said("proof of insurance for my car", "request_proof_of_insurance", line_of_business="car=auto"))
    chat(said("why do you need that?", "ask_knowledge"))
    assert chat.slots["focus"] == {"line_of_business": "auto"}


def test_two_numbers_in_one_answer_go_to_their_questions():
    chat = Chat({"action_check_quote": {}})
    chat(pressed("get_quote", line_of_business="life"))
    chat.slots["quote_line"] = "life"
    chat.slots["quote_birth_date"] = "1985-02-14"
    chat.slots["requested_slot"] = "quote_life_sum"
    chat(said("250k over 20 years", amount_of_money="250k=250000", number="20=20"))
    assert (chat.slots["quote_life_sum"], chat.slots["quote_term"]) == (250000, 20)


def test_a_wrong_policy_number_is_put_right_before_the_birth_date():
    chat = Chat()
    chat(said("my policies", "list_policies"))
    chat(said("PA-1234567", policy_number="PA-1234567"))
    done = chat(said("sorry, wrong one, it's PA-7654321", policy_number="PA-7654321"))
    assert (done[-1], chat.slots["verify_identifier"]) == ("utter_ask_verify_birth_date", "PA-7654321")


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a pipe burst in our kitchen and the floor is soaked", True),
        ("厨房水管爆了，地板全泡了", True),
        ("hi, I want to file a claim for my car accident", False),
        ("你好，我要报案，我的车出车祸了", False),
    ],
)
def test_an_opening_that_tells_what_happened_is_the_description(text, told):
    chat = Chat(verified=True)
    chat(said(text, "file_claim"))
    assert chat.slots.get("claim_what") == (text if told else None)


@pytest.mark.parametrize("text", ["no thanks", "都不要，谢谢"])
def test_who_wants_nothing_insured_is_let_go(text):
    chat = Chat()
    chat(pressed("get_quote"))
    assert chat(said(text, "deny")) == ["utter_stopped_quote"]


def test_what_was_offered_is_about_the_same_thing():
    chat = Chat()
    chat(said("tell me about travel", "product_info", line_of_business="travel"))
    chat(replace(said("how much would that be?", "get_quote"), offered="get_quote"))
    assert chat.slots["focus"] == {"line_of_business": "travel"}
