"""The course of changes: several wishes in one sentence, plates and addresses, a wish that comes again."""

import pytest

from bot.policies.plates import answered_plate, named_plate
from tests.bot.policies.chat import Chat, dialogue, pressed, said

NAMES = dialogue().reader.lexicon.fields["vehicle_plate"]


def opened(text, intent, **kinds):
    customer = Chat(verified=True)
    customer(said(text, intent, **kinds))
    return customer


def test_a_new_number_and_a_new_mail_are_both_taken():
    customer = opened(
        "new mobile 5550100177 and new mail max@example.org",
        "change_contact_details",
        phone_number="5550100177",
        email="max@example.org",
    )
    assert customer.slots["requested_slot"] == "contact_confirm"
    assert (customer.slots["contact_phone"], customer.slots["contact_email"]) == ("5550100177", "max@example.org")


def test_only_the_wish_is_said():
    customer = opened("my email changed", "change_contact_details")
    assert customer.slots["requested_slot"] == "contact_email"


def test_an_address_in_the_first_sentence_is_taken_with_its_postcode():
    customer = opened(
        "we moved to 7 Mill Lane, Fernbridge 62704 last week",
        "change_contact_details",
        address="7 Mill Lane, Fernbridge",
        postcode="62704",
    )
    assert customer.slots["contact_address"] == "7 Mill Lane, Fernbridge 62704"


def test_a_plate_in_the_first_sentence_is_taken():
    text = "new car, a 2022 Toyota Corolla, plate KT47 QHM"
    assert opened(text, "change_vehicle", vehicle="2022 Toyota Corolla").slots["vehicle_plate"] == "KT47 QHM"


@pytest.mark.parametrize(
    ("text", "plate"),
    [
        ("my registration is AB12 CDE from monday", "AB12 CDE"),
        ("plate abc 1234", "abc 1234"),
        ("车牌京B67890，明天开始保", "京B67890"),
        ("the plate is kt47 qhm by the way", None),
        ("I lost my plate", None),
    ],
)
def test_a_plate_among_other_words(text, plate):
    assert named_plate(text, NAMES) == plate


@pytest.mark.parametrize(
    ("text", "plate"),
    [
        ("it's KT47 QHM", "KT47 QHM"),
        ("MYCAR", "MYCAR"),
        ("不对，下周一开始", None),
        ("I don't have one for the car yet", None),
    ],
)
def test_a_plate_as_an_answer(text, plate):
    assert answered_plate(text, NAMES) == plate


def test_a_wish_that_comes_again_is_the_one_that_counts():
    customer = opened("set up autopay", "setup_autopay")
    customer(said("call me", "talk_to_human"))
    assert customer.form == "callback"
    customer(said("turn off autopay", "setup_autopay"))
    assert (customer.form, customer.slots["autopay_wish"]) == ("autopay", "turn_off")


def test_a_question_that_names_an_answer_puts_nothing_right():
    customer = Chat({"action_ask_beneficiary_policy": {"beneficiary_policy": "PA-1000001"}}, verified=True)
    customer(said("change my beneficiary", "change_beneficiary"))
    customer(said("Anna Lee and Tom Lee", "inform"))
    assert customer.slots["requested_slot"] == "beneficiary_confirm"
    customer(said("what if a beneficiary dies before me?", "ask_knowledge"))
    assert customer.slots["beneficiary_names"]


def test_a_complaint_told_at_length_is_not_asked_for_again():
    text = "my claim takes forever, nobody answers the phone and I was shouted at by someone in the branch"
    assert opened(text, "complaint").slots["complaint_what"] == text


def test_a_number_to_be_put_right_is_asked_for_though_nobody_asked_what_to_change():
    customer = Chat({"action_ask_contact_confirm": {}}, verified=True)
    customer(said("my new number is 5550100177", "change_contact_details", phone_number="5550100177"))
    customer(said("no", "deny"))
    assert customer(pressed("inform", field="contact_phone")) == ["action_ask_contact_phone"]


def test_the_day_of_the_month_stands_in_the_first_sentence():
    assert opened("autopay on the 15th please", "setup_autopay", number="15th=15").slots["autopay_day"] == 15


@pytest.mark.parametrize(
    ("text", "asks"), [("出过险会涨价吗", True), ("那车险呢。", True), ("我要退保", False), ("why?", True)]
)
def test_a_question_in_chinese_needs_no_mark(text, asks):
    assert said(text).is_question is asks


def test_words_that_answer_the_summary_name_no_answer_to_be_put_right():
    customer = Chat({"action_submit_payment": {"signal": "done"}}, verified=True)
    customer(said("先交一百二十块", "pay_bill", amount_of_money="一百二十块=120"))
    assert customer(said("算了，先不付", "deny")) == ["action_submit_payment"]
