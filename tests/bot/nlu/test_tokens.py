"""Tokens of English, Chinese and mixed messages, each at its place."""

import pytest
from rasa.shared.nlu.training_data.message import Message

from bot.nlu.tokens import SpacyRuleTokenizer


@pytest.fixture(scope="module")
def tokenizer() -> SpacyRuleTokenizer:
    return SpacyRuleTokenizer(SpacyRuleTokenizer.get_default_config())


def tokens(tokenizer: SpacyRuleTokenizer, text: str) -> list:
    return tokenizer.tokenize(Message(data={"text": text}), "text")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("I don't know", ["I", "do", "n't", "know"]),
        ("我的保险什么时候到期", ["我", "的", "保险", "什么", "时候", "到期"]),
        ("我的保險什麼時候到期", ["我", "的", "保險", "什麼", "時候", "到期"]),
        ("我的 claim 到哪了", ["我", "的", "claim", "到", "哪", "了"]),
        ("查一下PA-1234567，谢谢", ["查", "一下", "PA-1234567", "，", "谢谢"]),
        ("１２号", ["１２", "号"]),
    ],
)
def test_a_text_is_split_into_words(tokenizer: SpacyRuleTokenizer, text: str, words: list[str]) -> None:
    assert [token.text for token in tokens(tokenizer, text)] == words


@pytest.mark.parametrize("text", ["昨天 my car 被撞了，PA-1234567！", "上週三下午３點半", " a  我 b", "。"])
def test_each_token_stands_where_it_says(tokenizer: SpacyRuleTokenizer, text: str) -> None:
    found = tokens(tokenizer, text)
    assert all(text[token.start : token.end] == token.text for token in found)
    assert "".join(token.text for token in found) == "".join(text.split())


def test_a_blank_text_has_one_empty_token(tokenizer: SpacyRuleTokenizer) -> None:
    assert [token.text for token in tokens(tokenizer, "  ")] == [""]


def test_chinese_can_be_left_to_spacy() -> None:
    plain = SpacyRuleTokenizer({**SpacyRuleTokenizer.get_default_config(), "chinese": False})
    assert [token.text for token in tokens(plain, "我的保险")] == ["我的保险"]
