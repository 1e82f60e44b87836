import json
import logging
import warnings

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.logs import MaskedJsonFormatter, configure_logging
from vault.masking import MASK, mask_cards, mask_personal


@pytest.fixture(autouse=True)
def restored_logging():
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    logging.captureWarnings(False)


@pytest.mark.parametrize("card", ["4111111111111111", "4111 1111 1111 1111", "5500-0000-0000-0004", "340000000000009"])
def test_a_card_number_keeps_only_its_last_four_digits(card):
    masked = mask_cards(f"please charge {card}, thanks")
    assert card[:8] not in masked
    assert masked == f"please charge ••• {card[-4:]}, thanks"


def test_a_number_that_is_no_card_stays():
    assert mask_cards("claim 1234567890123 of today") == "claim 1234567890123 of today"


@given(st.text())
def test_masking_never_fails(text):
    mask_personal(mask_cards(text))


@pytest.mark.parametrize(
    "personal",
    [
        "anna.b@example.org",
        "PA-1234567",
        "cl 7654321",
        "+44 20 7946 0958",
        "(555) 010-0199",
        "1980-03-04",
        "03/04/1980",
    ],
)
def test_values_of_known_shape_are_masked(personal):
    assert mask_personal(f"value {personal} here") == "value ••• here"


@pytest.mark.parametrize("harmless", ["took 1234 ms", "port 8000", "3f2a1234567b99aa"])
def test_technical_values_stay(harmless):
    assert mask_personal(harmless) == harmless


def record(message, *args, **extra):
    made = logging.makeLogRecord({"msg": message, "args": args, "levelname": "INFO", "name": "test", **extra})
    return json.loads(MaskedJsonFormatter("gateway").format(made))


def test_a_log_line_masks_message_and_extra_fields():
    line = record("mail from %s", "anna@example.org", who={"phone": ["+44 20 7946 0958"]})
    assert line["event"] == "mail from •••"
    assert line["who"] == {"phone": ["•••"]}


def test_a_foreign_exception_keeps_type_and_place_but_not_its_words():
    try:
        raise ValueError("John Smith lives in Oak Lane")
    except ValueError as error:
        line = record("failed", exc_info=(ValueError, error, error.__traceback__))
    assert line["error"]["type"] == "builtins.ValueError"
    assert "Smith" not in json.dumps(line)


def test_a_warning_is_logged_without_its_text(capsys):
    configure_logging("rasa")
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        warnings.warn("Parsed an intent from 'my name is John Smith'", UserWarning, stacklevel=1)
    printed = capsys.readouterr().err
    assert "UserWarning" in printed
    assert "Smith" not in printed


@pytest.mark.parametrize("text", ["PA-2445527 1979-04-18", "pa 2445527 1979 04 18"])
def test_a_policy_number_before_a_date_of_birth_is_no_card(text):
    assert mask_cards(text) == text


def test_a_card_behind_a_policy_number_is_masked():
    assert "4111" not in mask_cards("PA-2445527 4111 1111 1111 1111")


@pytest.mark.parametrize(
    "card",
    [
        "4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1",
        "4111\u30001111\u30001111\u30001111",
        "４１１１１１１１１１１１１１１１",
        "4111\u200b1111\u200b1111\u200b1111",
        "4111.1111.1111.1111",
        "4111,1111,1111,1111",
        "4111 11 1111 1111 11",
        "4111\n1111\n1111\n1111",
        "四一一一 一一一一 一一一一 一一一一",
        "٤١١١١١١١١١١١١١١١",
    ],
)
@pytest.mark.parametrize("around", ["card {} please", "我的卡号是{}请扣款", "{}", "_{}_", "PA-1234567 {}"])
def test_a_card_number_is_masked_however_it_is_written(card, around):
    masked = mask_cards(around.format(card))
    assert masked == around.format("••• 1111")


@pytest.mark.parametrize("behind", [" 12/27", " 12/27 123", "1227123", " exp 1227", " 2026-12"])
def test_a_card_number_is_masked_with_its_expiry_behind_it(behind):
    assert "4111" not in mask_cards(f"card 4111111111111111{behind}")


@pytest.mark.parametrize(
    "text",
    [
        "+15552000123 1984-03-09",
        "13800138000 13900139000",
        "0000000000000000",
        "1,000,000,000,000",
        "2026-11-20 10:30:00 2026-11-21 11:30:00",
        "三月四日和五月六日",
    ],
)
def test_other_runs_of_digits_are_no_cards(text):
    assert mask_cards(text) == text


@pytest.mark.parametrize(
    "personal",
    [
        "11010519491231002X",
        "110105 19491231 002X",
        "DE89 3704 0044 0532 0130 00",
        "GB29NWBK60161331926819",
        "1984年3月9日",
        "9 March 1984",
        "PA－1234567",
        "13800138000",
        "４１１１１１１１１１１１１１１１",
    ],
)
@pytest.mark.parametrize("around", ["value {} here", "我的号码是{}谢谢"])
def test_personal_values_are_masked_in_logs_of_both_languages(personal, around):
    assert mask_personal(around.format(personal)) == around.format(MASK)


def test_an_address_in_chinese_text_takes_no_words_with_it():
    assert mask_personal("我的邮箱是anna@example.org谢谢") == f"我的邮箱是{MASK}谢谢"


@pytest.mark.parametrize(
    "harmless", ["sha 9f86d081884c7d659a2feaa0c55ad015", "GET /health 200 in 12 ms", "DE12 words and more words"]
)
def test_other_technical_values_stay(harmless):
    assert mask_personal(harmless) == harmless


@given(st.text(alphabet="0123456789 -.Xx一二PACL@", max_size=400))
def test_masking_of_digits_in_any_order_never_fails(text):
    mask_personal(mask_cards(text))
