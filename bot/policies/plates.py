"""Number plates: those of a shape of their own, and whatever stands behind their name."""

import re
from collections.abc import Iterable

_PROVINCES = "京津沪渝冀豫云辽黑湘皖鲁新苏浙赣鄂桂甘晋蒙陕吉闽贵粤青藏川宁琼"
_CHINESE = re.compile(rf"[{_PROVINCES}] ?[A-Z][·\u2022 ]?[A-Z0-9]{{5,6}}(?![A-Z0-9])")  # 京A12345
_LINK = r"(?:\W*(?:\b(?:number|no|is|it's|its|it is|will be)\b|是|为|[:：,，]))*\W*"
_CHUNK = r"(?:[A-Za-z]*\d[A-Za-z\d]*|[A-Z]{1,4}\b|[a-z]{1,3}(?=[ -][a-z]*\d))"
_PLATE = rf"(?P<plate>{_CHUNK}(?:[ -]{_CHUNK}){{0,2}})(?![\w])"
_LEAD = re.compile(rf"^{_LINK}")
_SHORT_WORD = re.compile(r" [a-z]{1,3}\b")
_LONGEST = 4  # words that are a plate and nothing else


def named_plate(text: str, names: Iterable[str]) -> str | None:
    """The plate in a sentence that is about something else, too; None when it has none.

    Args:
        text: the sentence.
        names: what a plate is called in front of one.
    """
    if shaped := _CHINESE.search(text):
        return shaped.group()
    listed = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    found = re.search(rf"(?i:{listed}){_LINK}{_PLATE}", text) if listed else None
    if found is None or not any(character.isdigit() for character in found["plate"]):
        return None
    unclear = found["plate"].islower() and _SHORT_WORD.match(text[found.end() :])  # "kt47 qhm by the way": how far?
    return None if unclear else found["plate"]


def answered_plate(text: str, names: Iterable[str]) -> str | None:
    """The plate in an answer to the question for it; None when it says something else."""
    plate = named_plate(text, names) or _LEAD.sub("", text).strip(" .!。")
    return plate if 0 < len(plate.split()) <= _LONGEST and (plate.isascii() or _CHINESE.search(plate)) else None
