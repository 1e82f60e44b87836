"""What nobody says is taken out, whatever the language: markup, list marks, emoji, signs."""

import re
import unicodedata

END = ".!?。！？"
_LINK = re.compile(r"!?\[([^\]\n]*)\]\([^)\s]*\)")
_FENCE = re.compile(r"^\s*(?:```|~~~).*$", re.M)
_TAG = re.compile(r"</?[a-zA-Z][^<>\n]*>")
_RULE = re.compile(r"^\s*(?:[-*_=]\s*){3,}$", re.M)
_MARK = re.compile(r"^[\s>#|]*(?:[•·●▪◦‣*+–—-]\s+|[(]?\d{1,2}[.)、]\s+)?", re.M)
_INVISIBLE = ("Cc", "Cf", "Cn", "Co", "Cs")
_KEPT_MARKS = frozenset(".,;:!?'’\"-…，。！？；：、“”‘’《》")


def without_markup(text: str) -> str:
    """One line for each line that says something, without Markdown, HTML and list marks; digits as ASCII digits."""
    text = "".join(_simple(character) for character in text)
    for pattern, said in ((_LINK, r"\1"), (_FENCE, ""), (_TAG, " "), (_RULE, "")):
        text = pattern.sub(said, text)
    lines = (_MARK.sub("", line).strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line)


def one_breath(text: str, stop: str) -> str:
    """Lines as sentences, ended with `stop` where they end with no mark of their own."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    ended = [line if line[-1] in END + ":;,：；，" or line is lines[-1] else line + stop for line in lines]
    return " ".join(ended)


def sayable(text: str) -> str:
    """Only letters, marks of the sentence and blanks; runs of blanks and marks become one."""
    text = re.sub(r"\s*[()]\s*", ", ", re.sub(r"\s*[（）]\s*", "，", text))  # an aside is a pause to the ear
    kept = "".join(character if _is_sayable(character) else " " for character in text)
    kept = re.sub(r"\s+([.,;:!?，。！？；：、])", r"\1", kept)
    kept = re.sub(
        r"([,;:，；：、])[\s,;:，；：、]*(?=[.!?。！？])|([,;:，；：、])[\s,;:，；：、]*(?=[,;:，；：、])", "", kept
    )
    return re.sub(r"\s+", " ", kept).strip(" ,;:，；：、-")


def _simple(character: str) -> str:
    category = unicodedata.category(character)
    if category in _INVISIBLE and character not in "\n\r\t":
        return "" if category == "Cf" else " "
    if category[0] == "N" or (unicodedata.east_asian_width(character) == "F" and category[0] in "LSN"):
        digit = unicodedata.digit(character, None)
        return str(digit) if digit is not None else unicodedata.normalize("NFKC", character)
    return " " if category in ("Zs", "Zl", "Zp") else character


def _is_sayable(character: str) -> bool:
    category = unicodedata.category(character)
    is_letter = category[0] in "LM" and not "\ufe00" <= character <= "\ufe0f"
    return is_letter or character in _KEPT_MARKS or character == " "
