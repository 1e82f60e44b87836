"""The one-time code in the dialogue: it comes before a claim is filed here, as it comes before any change."""

import pytest

from tests.bot.policies.chat import Chat, claim_until, pressed, said

SENT, CHECK = "action_ask_one_time_code_digits", "action_submit_one_time_code"


def asked(**effects) -> Chat:
    """A chat in which filing a claim needs a code, which was asked for."""
    store = {
        "confirmed": False,
        SENT: {"one_time_code_sent": True},
    }

    def submit(_):
        return {"signal": "done"} if store["confirmed"] else {"signal": "one_time_code"}

    def check(slots):
        store["confirmed"] = slots["one_time_code_digits"] == "123456"
        return {"one_time_code_digits": None, **({"signal": "done"} if store["confirmed"] else {})}

    chat = claim_until(
        "claim_confirm", Chat({"action_submit_claim": submit, CHECK: check, SENT: store[SENT], **effects}, True)
    )
    assert chat(pressed("affirm")) == ["action_submit_claim", SENT]
    return chat


@pytest.mark.parametrize("text", ["123456", "it is 123 456", "验证码是123456", "１２３４５６"])
def test_the_right_code_and_the_skill_goes_on_by_itself(text):
    chat = asked()
    assert chat(said(text, None)) == [CHECK, "action_submit_claim"]
    assert chat.form is None
    assert not any(value for name, value in chat.slots.items() if name.startswith("one_time_code"))


def test_a_wrong_code_is_asked_for_again():
    chat = asked()
    assert chat(said("654321", None)) == [CHECK, SENT]
    assert chat(said("123456", None)) == [CHECK, "action_submit_claim"]


def test_another_code_can_be_had_in_words_or_by_a_button():
    chat = asked()
    typed = []
    chat.effects[CHECK] = lambda slots: typed.append(slots["one_time_code_digits"]) or {"one_time_code_digits": None}
    chat(said("I didn't get the code", "deny"))
    chat(said("send it to my email instead", "change_contact_details", 0.6))
    chat(pressed("inform", choice="resend"))
    assert typed == ["resend", "email", "resend"]


def test_a_question_in_the_middle_and_back():
    chat = asked()
    done = chat(said("what is a deductible?", "ask_knowledge"))
    assert done == ["action_answer_question", "utter_resume_one_time_code", SENT]


def test_stop_drops_what_waited_for_it():
    chat = asked()
    assert chat(said("stop", "stop")) == ["utter_stopped_one_time_code"]
    assert (chat.form, chat.paused) == (None, [])


def test_what_is_no_code():
    assert asked()(said("blub", "nlu_fallback", 0.2)) == ["utter_hint_one_time_code_digits", SENT]


def test_a_new_phone_number_does_not_tell_who_the_customer_is():
    chat = Chat()
    text = "change my phone number to +15550100188"
    done = chat(said(text, "change_contact_details", phone_number="+15550100188"))
    assert done == ["action_ask_contact_confirm", "utter_ask_verify_identifier"]
    assert chat.slots["contact_phone"] == "+15550100188"


def test_a_second_skill_that_needs_the_code_takes_over_and_the_first_comes_after_it():
    chat = asked()
    confirmed = []
    chat.effects["action_export_my_data"] = lambda _: {} if confirmed else {"signal": "one_time_code"}
    assert chat(said("send me my data", "export_my_data")) == ["action_export_my_data", SENT]
    chat.effects[CHECK] = lambda _: confirmed.append(1) or {"one_time_code_digits": None, "signal": "done"}
    chat.effects["action_submit_claim"] = {"signal": "done"}
    done = chat(said("123456", None))
    assert done[:2] == [CHECK, "action_export_my_data"]
    assert done[-1] == "action_submit_claim"
    assert (chat.form, chat.paused) == (None, [])
