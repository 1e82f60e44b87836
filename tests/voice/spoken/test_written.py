"""Numbers that were spoken come back as they are typed."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from voice.spoken import spoken
from voice.spoken.written import written


@pytest.mark.parametrize(
    ("heard", "typed"),
    [
        ("what about c l three three nine oh four five one", "what about CL-3390451"),
        ("pee a one two three four five six seven please", "PA-1234567 please"),
        ("my number is p a double one two three triple four", "my number is PA-1123444"),
        ("call five five five zero one zero zero one two three", "call 5550100123"),
        ("i have two cars and one home", "i have two cars and one home"),
        ("one two three", "one two three"),
        ("a claim", "a claim"),
        ("double", "double"),
        ("", ""),
    ],
)
def test_english(heard: str, typed: str) -> None:
    assert written(heard, "en") == typed


@pytest.mark.parametrize(
    ("heard", "typed"),
    [("我的保单是 P A 幺二三四五六七", "我的保单是 PA-1234567"), ("三月十二日", "三月十二日"), ("一二三", "一二三")],
)
def test_chinese(heard: str, typed: str) -> None:
    assert written(heard, "zh") == typed


@given(number=st.from_regex(r"(PA|CL)-[0-9]{7}", fullmatch=True))
def test_what_was_spoken_comes_back(number: str) -> None:
    assert written(spoken(f"about {number} now", "en").replace(",", "").lower(), "en") == f"about {number} now"


@given(text=st.text())
def test_it_never_raises(text: str) -> None:
    assert isinstance(written(text, "en"), str)
    assert isinstance(written(text, "zh"), str)
