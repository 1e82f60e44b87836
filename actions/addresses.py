"""A postal address that was written in one line, taken apart."""

import re

_PARTS = re.compile(r"\s*[,，;；\n]\s*")
_POSTCODE = re.compile(
    r"(?<![\w-])(?:\d{5}(?:-\d{4})?|\d{6}|[A-Za-z]{1,2}\d[A-Za-z\d]?\s?\d[A-Za-z]{2})(?![\w-])"
)  # United States, China, United Kingdom
_CHINESE_CITY = re.compile(r"^(?:.{2,4}?(?:省|自治区))?(.{2,6}?市)(.+)$")
_LEAD = re.compile(r"^(?:(?:it|that|this|my new address|our new address|the new address|address|new address)\b"
                   r"(?:\s*(?:is|'s))?\s*:?|(?:我的|我们的)?(?:新)?地址(?:是|为|：|:)?)\s*", re.IGNORECASE)  # fmt: skip


def read_address(text: str) -> dict[str, str] | None:
    """Street, town and postcode; None when one of them is missing.

    The postcode may stand anywhere; "12 Elm Street, Springfield, IL 62704" and "北京市朝阳区建国路88号 100020" both do.
    """
    text = _LEAD.sub("", " ".join(text.split()))
    found = list(_POSTCODE.finditer(text))
    if not found:
        return None
    code = found[-1]
    rest = (text[: code.start()] + " " + text[code.end() :]).strip(" ,，.。;；")
    postcode = code.group().upper()
    chinese = _CHINESE_CITY.match(rest.replace(" ", ""))
    if chinese:
        return {"line": chinese.group(2), "city": chinese.group(1), "postcode": postcode}
    parts = [part for part in _PARTS.split(rest) if part]
    if len(parts) < 2:
        return None
    street = 2 if len(parts) > 2 and not any(c.isdigit() for c in parts[0]) else 1  # a house may have a name first
    return {"line": ", ".join(parts[:street]), "city": ", ".join(parts[street:]), "postcode": postcode}
