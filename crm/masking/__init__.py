"""Personal data in free text masked for staff and for analysis, with Presidio and without a language model.

Numbers, cards, contact data, dates of birth and addresses of known shape are recognised by pattern, checksum and the
words around them; names and addresses by the values that the store holds of the customer. Logs are masked by
`vault.masking`, whose checks are the same: it has to run where Presidio does not.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from crm.masking.known import find_known
from crm.masking.spans import Span, merged
from vault.masking import digits_of

if TYPE_CHECKING:
    from presidio_analyzer import AnalyzerEngine

__all__ = ["KINDS", "Masked", "Masker", "Span", "masker"]

THRESHOLD = 0.5
KINDS = (
    "ADDRESS", "BIRTH_DATE", "CARD", "CLAIM", "EMAIL", "IBAN", "NAME", "PHONE", "POLICY", "POSTCODE", "REFERENCE",
    "RESIDENT_ID",
)  # fmt: skip
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_LATIN = re.compile(r"[A-Za-z]")
_LANGUAGES = ("en", "zh")


@dataclass(frozen=True, slots=True)
class Masked:
    """A text without personal data, and where it stood in the original."""

    text: str
    spans: tuple[Span, ...]


class Masker:
    """Masks texts; making one takes a second or two, so share it (`masker()`). May be used by several threads."""

    def __init__(self) -> None:
        from crm.masking.engine import analyzer

        self._analyzer: AnalyzerEngine = analyzer()

    def mask(self, text: str, language: str, known: Iterable[str] = ()) -> Masked:
        """`text` with every piece of personal data replaced by its kind, such as `[PHONE]`.

        Args:
            language: `en` or `zh`; what is written in the other one is found all the same.
            known: what the store holds of the customer: names, address lines, dates, numbers.
        """
        spans = merged([*self._recognised(text, language), *find_known(text, known)])
        for span in reversed(spans):
            text = text[: span.start] + _label(span, text) + text[span.end :]
        return Masked(text, tuple(spans))

    def mask_all(self, value: Any, language: str, known: Iterable[str] = ()) -> Any:
        """`value` with every text in it masked, however deep it lies in lists and dictionaries."""
        known = tuple(known)
        if isinstance(value, str):
            return self.mask(value, language, known).text
        if isinstance(value, dict):
            return {key: self.mask_all(inner, language, known) for key, inner in value.items()}
        if isinstance(value, list | tuple):
            return type(value)(self.mask_all(inner, language, known) for inner in value)
        return value

    def _recognised(self, text: str, language: str) -> list[Span]:
        wanted = {language if language in _LANGUAGES else "en"}
        wanted |= {"zh"} if _CHINESE.search(text) else set()
        wanted |= {"en"} if _LATIN.search(text) else set()
        return [
            Span(found.start, found.end, found.entity_type, found.score)
            for each in sorted(wanted)
            for found in self._analyzer.analyze(text, language=each, score_threshold=THRESHOLD)
        ]


@cache
def masker() -> Masker:
    """The masker of this process."""
    return Masker()


def _label(span: Span, text: str) -> str:
    last = f" {digits_of(text[span.start : span.end])[-4:]}" if span.kind == "CARD" else ""
    return f"[{span.kind}{last}]"
