"""Chinese text becomes what people say."""

import pytest

from voice.spoken import spoken
from voice.spoken.chinese import number


@pytest.mark.parametrize(
    ("written", "said"),
    [
        ("保单PA-1234567。", "保单 P A，幺二三，四五六七。"),
        ("2026年11月12日", "二零二六年十一月十二日"),
        ("2026-05-01", "二零二六年五月一日"),
        ("17:05", "十七点零五分"),
        ("14:00", "十四点"),
        ("2:30", "两点三十分"),
        ("US$30.00", "三十美元"),
        ("¥3,500.50", "三千五百元五角"),
        ("¥105.05", "一百零五元零五分"),
        ("60%", "百分之六十"),
        ("13812345678", "幺三八，幺二三四，五六七八"),
        ("2份保单", "两份保单"),
        ("第2项", "第二项"),
        ("12月2日", "十二月二日"),
        ("3.5公里", "三点五公里"),
        ("10-14天", "十到十四天"),
        ("见https://a.example/b?c=1。", "见链接。"),
        ("• 一\n• 二", "一。 二"),
    ],
)
def test_what_is_said(written: str, said: str) -> None:
    assert spoken(written, "zh") == said


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (0, "零"),
        (10, "十"),
        (15, "十五"),
        (110, "一百一十"),
        (2000, "两千"),
        (10_500, "一万零五百"),
        (100_001, "十万零一"),
        (20_000, "两万"),
        (300_020_000, "三亿零两万"),
    ],
)
def test_numbers(value: int, said: str) -> None:
    assert number(value) == said
