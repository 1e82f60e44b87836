"""Chinese text as people say it. The rules stand in the order in which they are tried at each place."""

import re
from collections.abc import Callable

from voice.spoken.grouping import groups
from voice.spoken.plain import one_breath, sayable, without_markup

_DIGITS = "零一二三四五六七八九"
_TOO_LARGE = 10**16
_CURRENCIES = {"US$": "美元", "USD": "美元", "$": "美元", "¥": "元", "￥": "元", "CNY": "元", "£": "英镑", "€": "欧元"}
_LETTERS_OF_SIGNS = {"@": " at ", ".": "点", "-": "杠", "_": "下划线", "+": "加"}
_MEASURES = "个份张次天位条件项辆笔名种周年月日分小时家点元"
_UNITS = {"km": "公里", "公里": "公里", "min": "分钟", "MB": "兆", "kg": "公斤", "h": "小时"}
_AMOUNT = r"\d[\d,]*(?:\.\d+)?"


def chinese(text: str) -> str:
    """The words of `text`; see `voice.spoken.spoken`."""
    said = _RULES.sub(_say, without_markup(text))
    return sayable(one_breath(said, "。"))


def number(value: int) -> str:
    """10,500: 一万零五百."""
    if value >= _TOO_LARGE:
        return digits(str(value))
    if value == 0:
        return _DIGITS[0]
    said, gap = "", False
    for size, unit in ((10**12, "万亿"), (10**8, "亿"), (10**4, "万"), (1, "")):
        part, value = divmod(value, size)
        if not part:
            gap = bool(said)
            continue
        said += ("零" if said and (gap or part < 1000) else "") + _below_ten_thousand(part) + unit
        gap = False
    if said.startswith("一十"):
        said = said[1:]
    return re.sub(r"二(?=[千万亿])", "两", said)


def digits(text: str) -> str:
    """Digit by digit, as a year or a decimal part is read."""
    return "".join(_DIGITS[int(digit)] for digit in text if digit in "0123456789")


def _below_ten_thousand(value: int) -> str:
    said, gap = "", False
    for size, unit in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit, value = divmod(value, size)
        if digit:
            said += ("零" if gap and said else "") + _DIGITS[digit] + unit
            gap = False
        else:
            gap = True
    return said


def _decimal(text: str) -> str:
    whole, _, part = text.replace(",", "").partition(".")
    return number(int(whole or "0")) + ("点" + digits(part) if part else "")


def _row(text: str) -> str:
    """A number that is not counted with; one is said 幺, so that it is not taken for seven."""
    return "，".join(_as_row(group) for group in groups(text))


def _as_row(text: str) -> str:
    return digits(text).replace("一", "幺")


def _say(found: re.Match[str]) -> str:
    return _SAYERS[str(found.lastgroup)](found)


def _email(found: re.Match[str]) -> str:
    said = re.sub(r"\d+", lambda run: digits(run.group()), found["email"])
    return re.sub(r"[@.\-_+]", lambda sign: _LETTERS_OF_SIGNS[sign.group()], said)


def _reference(found: re.Match[str]) -> str:
    letters, _, row = found["reference"].partition("-")
    return f" {' '.join(letters.upper())}，{_row(row)}，"


def _date(found: re.Match[str]) -> str:
    y, m, d = re.findall(r"\d+", found["date"])
    return f"{digits(y)}年{number(int(m))}月{number(int(d))}日"


def _year(found: re.Match[str]) -> str:
    return digits(found["year"]) + "年"


def _time(found: re.Match[str]) -> str:
    hour, minute = (int(part) for part in re.findall(r"\d+", found["time"])[:2])
    said = ("两" if hour == 2 else number(hour)) + "点"
    return said + ("" if minute == 0 else f"零{number(minute)}分" if minute < 10 else f"{number(minute)}分")


def _money(found: re.Match[str]) -> str:
    text = found["money"]
    unit = next(name for symbol, name in _CURRENCIES.items() if symbol in text)
    sign = "加" if text.startswith("+") else "减" if text[0] in "-−" else ""
    amount = re.search(_AMOUNT, text)
    whole, _, part = (amount.group() if amount else "0").replace(",", "").partition(".")
    part = part.rstrip("0")
    if unit == "元" and 0 < len(part) <= 2:
        tail = "".join(_DIGITS[int(d)] + n for d, n in zip(part, "角分", strict=False) if d != "0")
        return f"{sign}{number(int(whole))}元{'零' if part[0] == '0' else ''}{tail}"
    return f"{sign}{number(int(whole))}{'点' + digits(part) if part else ''}{unit}"


def _percent(found: re.Match[str]) -> str:
    return "百分之" + _decimal(re.sub(r"[^\d.,]", "", found["percent"]).strip(","))


def _phone(found: re.Match[str]) -> str:
    text = found["phone"]
    said = "，".join(_row(part) if len(part) > 4 else _as_row(part) for part in re.findall(r"\d+", text))
    return ("加" if text.startswith("+") else "") + said


def _measured(found: re.Match[str]) -> str:
    return "两" + found["measured"][1:]


def _unit(found: re.Match[str]) -> str:
    amount, unit = re.findall(rf"{_AMOUNT}|[A-Za-z]+|公里", found["unit"])
    return _decimal(amount) + _UNITS[unit]


def _mixed(found: re.Match[str]) -> str:
    parts = re.findall(r"[A-Za-z]+|\d+", found["mixed"])
    return " " + " ".join(_row(part) if part.isdigit() else " ".join(part.upper()) for part in parts) + " "


def _number(found: re.Match[str]) -> str:
    text = found["number"]
    whole = text.partition(".")[0]
    if "," not in text and (len(whole) > 4 or (whole[0] == "0" and len(whole) > 1)):
        return _row(text)
    return _decimal(text)


def _range(found: re.Match[str]) -> str:
    return "到".join(number(int(part)) for part in re.findall(r"\d+", found["range"]))


_SAYERS: dict[str, Callable[[re.Match[str]], str]] = {
    "url": lambda _: "链接",
    "email": _email,
    "short": lambda found: " ".join(found["short"]),
    "reference": _reference,
    "date": _date,
    "year": _year,
    "time": _time,
    "money": _money,
    "percent": _percent,
    "phone": _phone,
    "measured": _measured,
    "unit": _unit,
    "range": _range,
    "mixed": _mixed,
    "number": _number,
}
_PATTERNS = {
    "url": r"(?:https?://|www\.)[!-~]*[A-Za-z0-9/]",
    "email": r"[A-Za-z0-9_.+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+",
    "short": r"(?<![A-Za-z])(?:PDF|SMS|FAQ)(?![A-Za-z])",
    "reference": r"(?<![A-Za-z0-9])[A-Za-z]{1,4}-\d{3,}(?!\d)",
    "date": r"(?<!\d)\d{4}(?:-\d{1,2}-\d{1,2}|年\d{1,2}月\d{1,2}日)(?!\d)",
    "year": r"(?<!\d)\d{4}年",
    "time": r"(?<!\d)(?:[01]?\d|2[0-3]):[0-5]\d(?::[0-5]\d)?(?!\d)",
    "money": rf"[+−-]?(?:US\$|[$¥￥£€]|(?:USD|CNY)\s)\s?{_AMOUNT}",
    "percent": rf"{_AMOUNT}\s?[%％]",
    "phone": (
        r"(?:\+\d{1,3}[ -]?)?(?:\(\d{2,4}\)[ -]?|(?<!\d)\d{2,4}[ -])(?:\d{2,4}[ -])*\d{3,4}(?!\d)"
        r"|\+\d{7,15}(?!\d)"
    ),
    "measured": rf"(?<![\d.,第])2(?=[{_MEASURES}])(?![月日年点元分])[{_MEASURES}]",
    "unit": rf"{_AMOUNT}\s?(?:{'|'.join(_UNITS)})(?![A-Za-z])",
    "range": r"(?<!\d)\d{1,3}\s?[-–~～]\s?\d{1,3}(?!\d)",
    "mixed": r"(?<![A-Za-z0-9])(?=[A-Za-z]*\d)(?=\d*[A-Za-z])[A-Za-z0-9]+",
    "number": r"\d+(?:,\d{3})*(?:\.\d+)?",
}
_RULES = re.compile("|".join(f"(?P<{name}>{pattern})" for name, pattern in _PATTERNS.items()))
