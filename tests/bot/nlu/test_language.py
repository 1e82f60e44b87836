"""The language of a message: its own words first, the conversation's language for what is in none."""

import pytest
from rasa.shared.nlu.training_data.message import Message

from bot.nlu.language import Language, identifier
from bot.nlu.language_detector import LanguageDetector
from bot.nlu.script import fold, has_han


def language(text: str, so_far: str) -> Language:
    return identifier().identify(text, so_far)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("我的车被撞了", "zh"),
        ("好", "zh"),
        ("帳單什麼時候到", "zh"),
        ("我的 claim 到哪了", "zh"),
        ("我想make a claim", "zh"),
        ("PA-1234567 的保费 due date 是哪天", "zh"),
        ("CL-1234567 status 怎么样了", "zh"),
        ("帮我 renew 一下 policy", "zh"),
        ("deductible 是多少", "zh"),
        ("my 保单 PA-1234567 expires when?", "en"),
        ("can you check 理赔 CL-1234567 for me", "en"),
        ("Hello 你好", "zh"),
        ("where is my 保单", "en"),
        ("my name is 张三", "en"),
        ("I hit a tree", "en"),
        ("thank you", "en"),
    ],
)
def test_a_message_says_its_language(text: str, code: str) -> None:
    other = "en" if code == "zh" else "zh"
    assert language(text, other) == Language(code, certain=True)


@pytest.mark.parametrize(
    "text",
    ["ok", "12", "PA-1234567", "pa 123 4567", "me@example.org", "John Smith", "Toyota Corolla", "？", "👌", "", "２０"],
)
@pytest.mark.parametrize("so_far", ["en", "zh"])
def test_what_is_in_no_language_keeps_the_conversations(text: str, so_far: str) -> None:
    assert language(text, so_far) == Language(so_far, certain=False)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("please speak Chinese", "zh"),
        ("can we continue in Chinese?", "zh"),
        ("my english is not good, can you use chinese", "zh"),
        ("chinese", "zh"),
        ("中文", "zh"),
        ("我英语不好，要中文的", "zh"),
        ("說國語", "zh"),
        ("说英文", "en"),
        ("换成英语吧", "en"),
        ("why is this in Chinese, I speak English", "en"),
        ("please reply to me in English not Chinese", "en"),
    ],
)
def test_a_wish_wins_over_the_language_it_is_written_in(text: str, code: str) -> None:
    assert language(text, "en") == Language(code, certain=True, asked=True)


@pytest.mark.parametrize("text", ["别跟我飙英文了", "你怎么突然讲英语了", "我看不懂英文"])
def test_what_is_refused_is_not_asked_for(text: str) -> None:
    assert language(text, "en").code == "zh"


def test_another_script_proves_nothing() -> None:
    assert language("保険金はいつですか", "en") == Language("en", certain=False)


def test_the_parse_output_holds_it() -> None:
    message = Message(data={"text": "ok", "metadata": {"language": "zh"}})
    LanguageDetector(LanguageDetector.get_default_config()).process([message])
    assert message.as_dict(only_output_properties=True)["language"] == {
        "code": "zh",
        "certain": False,
        "asked": False,
    }


def test_without_a_conversation_the_default_stands() -> None:
    message = Message(data={"text": "123"})
    LanguageDetector({"default": "zh"}).process([message])
    assert message.get("language")["code"] == "zh"


def test_folding_keeps_every_place() -> None:
    text = "我要出險，１２３　ＡＢ"
    assert fold(text) == "我要出险,123 AB"
    assert len(fold(text)) == len(text)


def test_chinese_is_told_by_its_characters() -> None:
    assert has_han("claim 到哪了")
    assert not has_han("claim？")
