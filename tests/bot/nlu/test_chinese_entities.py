"""Entities of Chinese and mixed messages: places in the message as typed, codes, words of the trade, names."""

from datetime import date

import pytest

from bot.nlu.bilingual import BilingualExtractor
from bot.nlu.chinese_extraction import numeric_date
from bot.values.feasts import day_of

EXTRACTOR = BilingualExtractor(["en", "zh"])


def found(text: str) -> dict[str, object]:
    return {entity["entity"]: entity["value"] for entity in EXTRACTOR.extract(text)}


@pytest.mark.parametrize(
    ("text", "entity", "value"),
    [
        ("保单2810473", "policy_number", "PA-2810473"),
        ("PA５１８００９３，帮我查下", "policy_number", "PA-5180093"),
        ("理赔号3092216到哪了", "claim_number", "CL-3092216"),
        ("cl 7710345 有进展吗", "claim_number", "CL-7710345"),
        ("保单号是三三九零一二七", "policy_number", "PA-3390127"),
        ("手机13800138066", "phone_number", "13800138066"),
        ("一三六，零零一三，六六零八", "phone_number", "13600136608"),
        ("号码 0571-88990011 打给我", "phone_number", "057188990011"),
        ("邮箱zhou.peng@example.org", "email", "zhou.peng@example.org"),
        ("邮编310012", "postcode", "310012"),
        ("我的車險", "line_of_business", "auto"),
        ("家财险包含什么", "line_of_business", "home"),
        ("要交出院小结吗", "document_type", "discharge_report"),
        ("漏水赔不赔", "coverage", "water"),
        ("2018款本田思域", "vehicle", "2018款本田思域"),
        ("车换成比亚迪了", "vehicle", "比亚迪"),
        ("我叫王建国", "person_name", "王建国"),
        ("姓名：欧阳素琴", "person_name", "欧阳素琴"),
        ("我住在杭州市西湖区文三路88号3幢502", "address", "杭州市西湖区文三路88号3幢502"),
        ("我的 claim 是 yesterday 的", "date", {"kind": "offset", "unit": "day", "count": -1}),
        ("昨天 file 的 claim CL-7710345", "claim_number", "CL-7710345"),
        ("我的 Honda Civic 被撞了", "vehicle", "Honda Civic"),
    ],
)
def test_an_entity_is_read(text: str, entity: str, value: object) -> None:
    assert found(text).get(entity) == value


@pytest.mark.parametrize(
    "text",
    [
        "上週三下午３點半，花了２千５百塊，保單ＰＡ２８１０４７３",
        "昨晚八点 my car 在 Main Street 被撞，手机13800138066",
    ],
)
def test_places_are_those_of_the_message_as_typed(text: str) -> None:
    entities = EXTRACTOR.extract(text)
    assert len(entities) >= 4
    for entity in entities:
        assert text[entity["start"] : entity["end"]] == entity["text"]


@pytest.mark.parametrize(
    ("text", "currency"), [("三千块", None), ("三百美元", "USD"), ("￥2,980", "CNY"), ("五百欧元", "EUR")]
)
def test_a_currency_is_kept_where_it_is_named(text: str, currency: str | None) -> None:
    assert EXTRACTOR.extract(text)[0].get("currency") == currency


@pytest.mark.parametrize(
    "text", ["坐火车去的", "我们一块儿去", "门凹了一块", "先付一半", "我是老客户", "公交车上", "第三者"]
)
def test_words_inside_others_are_not_taken(text: str) -> None:
    assert not {"line_of_business", "amount_of_money", "person_name", "number"} & found(text).keys()


@pytest.mark.parametrize("text", ["几百块", "三四千块", "好几万"])
def test_a_vague_amount_has_no_value(text: str) -> None:
    assert "amount_of_money" not in found(text)


def test_a_message_of_digits_alone_is_read_in_both_ways_of_writing() -> None:
    assert found("85.11.02")["date"] == {"kind": "date", "year": 85, "month": 11, "day": 2}
    assert found("9/12")["date"]["either_order"] is True


@pytest.mark.parametrize("said", ["99.99", "2026-13-01", "123.4.5", "1-2-3"])
def test_what_is_no_date_yields_none(said: str) -> None:
    assert numeric_date(said) is None


def test_a_moving_feast_is_known_by_year() -> None:
    assert day_of("spring_festival", 2026) == date(2026, 2, 17)
    assert day_of("new_year_eve", 2025) == date(2025, 1, 28)
    assert day_of("mid_autumn", 1900) is None


@pytest.mark.parametrize("languages", [["zh"], ["en", "fr"], []])
def test_a_language_without_a_grammar_is_refused(languages: list[str]) -> None:
    with pytest.raises(ValueError, match="always"):
        BilingualExtractor(languages)
