"""Recognisers of this domain, as Presidio takes them: each says where something stands and how sure it is."""

import re
import unicodedata
from collections.abc import Callable, Iterator
from datetime import date

import phonenumbers
from presidio_analyzer import AnalysisExplanation, EntityRecognizer, LocalRecognizer, RecognizerResult
from presidio_analyzer.nlp_engine import NlpArtifacts

from crm.masking.words import words
from vault.masking import cards, ibans, resident_numbers

Hit = tuple[int, int, float]
Find = Callable[[str], Iterator[Hit]]

REGIONS = ("US", "GB", "CN", "HK", "DE", "FR", "CA", "AU", "SG")
_OLDEST, _GROWN_UP_BY = 1900, 2010  # a day in these years, without a word about it, is most likely one of birth

_START, _END = r"(?<![A-Za-z0-9_\d])", r"(?![A-Za-z0-9_\d])"
_DASH = r"[\s\-–—－−]{0,3}"
_PHONE = re.compile(r"(?<![A-Za-z0-9_\-\d.,])[+＋]?[(（]?\d(?:[ ().\-–—（）]{0,2}\d){6,14}(?![\d]|[A-Za-z_]|[.,]\d)")
_LOOKS_DIALLED = re.compile(
    r"\(?\d{3}\)?[ .\-]\d{3}[ .\-]\d{4}|\(?0\d{2,4}\)?[ \-]\d{3,4}[ \-]?\d{3,4}|\d{3}[ \-]\d{4}[ \-]\d{4}"
)
_LONG_ZIP = re.compile(r"\d{5}-\d{4}")
_CHINESE_MOBILE = re.compile(r"(?:\+?86)?1[3-9]\d{9}")
_NUMBERED = {
    "POLICY": re.compile(rf"{_START}(?:PA|ＰＡ){_DASH}\d{{7}}(?!\d)", re.IGNORECASE),
    "CLAIM": re.compile(rf"{_START}(?:CL|ＣＬ){_DASH}\d{{7}}(?!\d)", re.IGNORECASE),
    "REFERENCE": re.compile(rf"{_START}(?:QU|SR|CP){_DASH}\d{{7}}(?!\d)", re.IGNORECASE),
}
_EMAIL = re.compile(r"(?<![A-Za-z0-9._+%\-])[A-Za-z0-9._+%\-]+\s?[@＠]\s?(?:[A-Za-z0-9\-]+\.)+[A-Za-z][A-Za-z0-9\-]+")
_MONTHS = r"(?:jan|feb|mar|apr|may|jun|jul|aug|sept?|oct|nov|dec)[a-z]*\.?"
_DAY = re.compile(
    rf"(?<![\d\-/.])(?:(?P<y1>\d{{4}})\s?[-/.年]\s?\d{{1,2}}\s?[-/.月]\s?\d{{1,2}}\s?[日号]?"
    rf"|\d{{1,2}}[-/. ]\d{{1,2}}[-/. ](?P<y2>\d{{4}})"
    rf"|\d{{1,2}}[-/.]\d{{1,2}}[-/.](?P<y5>\d{{2}})"
    rf"|\d{{1,2}}(?:st|nd|rd|th)?(?:\sof)?\s{_MONTHS},?\s(?P<y3>\d{{4}})"
    rf"|{_MONTHS}\s\d{{1,2}}(?:st|nd|rd|th)?,?\s(?P<y4>\d{{4}}))(?![\d])",
    re.IGNORECASE,
)
_POSTCODE_UK = re.compile(rf"{_START}[A-Z]{{1,2}}\d[A-Z\d]? ?\d[ABD-HJLNP-UW-Z]{{2}}{_END}")
_POSTCODE_US = re.compile(r"(?<![\w.,\-])(?:(?P<state>[A-Z]{2}),? )?(?P<zip>\d{5})(?P<four>-\d{4})?(?![\w\-]|[.,]\d)")
_POSTCODE_CN = re.compile(rf"{_START}[1-9]\d{{5}}{_END}")
_ADDRESS_ZH = re.compile(
    r"[\u4e00-\u9fff]{0,20}(?:路|街|大道|巷|弄|胡同|道|村|小区|花园|新村)(?:[一二三四五六七八九十东南西北]{1,2}段)?\s?[\d０-９一二三四五六七八九十百零〇\-]{1,8}\s?(?:号|弄|栋|幢|座)"
    r"(?:[\d０-９A-Za-z一二三四五六七八九十\-]{1,6}(?:号楼|单元|楼|室|层|号|户|栋))*(?:[\d０-９]{2,5}室?)?"
)
_CONTEXT_BEFORE, _CONTEXT_AFTER = 36, 14
_LONG_NUMBER = re.compile(r"\d{4,}[\d\-/.年月日]*")


class Recogniser(LocalRecognizer):
    """One kind of thing, found by a function that yields (start, end, score)."""

    def __init__(self, kind: str, language: str, find: Find) -> None:
        self._find = find
        self._called = f"{kind} {language}"
        super().__init__(
            supported_entities=[kind],
            name=self._called,
            supported_language=language,
            context=words()["context"][language].get(kind),
        )

    def load(self) -> None:
        """There is nothing to load."""

    def analyze(
        self, text: str, entities: list[str], nlp_artifacts: NlpArtifacts | None = None
    ) -> list[RecognizerResult]:
        """Where it stands in `text`."""
        return [self._result(*hit) for hit in self._find(text)]

    def _result(self, start: int, end: int, score: float) -> RecognizerResult:
        metadata = {
            RecognizerResult.RECOGNIZER_NAME_KEY: self._called,
            RecognizerResult.RECOGNIZER_IDENTIFIER_KEY: self.id,
        }
        explanation = AnalysisExplanation(recognizer=self._called, original_score=score)
        return RecognizerResult(self.supported_entities[0], start, end, score, explanation, metadata)


def recognisers(language: str) -> list[EntityRecognizer]:
    """All recognisers of a language."""
    found: dict[str, Find] = {
        **{kind: _by_pattern(pattern, 0.95) for kind, pattern in _NUMBERED.items()},
        "CARD": lambda text: ((*span, 0.98) for span in cards(text)),
        "RESIDENT_ID": lambda text: ((*span, 1.0) for span in resident_numbers(text)),
        "IBAN": lambda text: ((*span, 1.0) for span in ibans(text)),
        "EMAIL": _by_pattern(_EMAIL, 0.9),
        "PHONE": phones,
        "BIRTH_DATE": birth_dates,
        "POSTCODE": postcodes,
        "ADDRESS": addresses_en if language == "en" else addresses_zh,
        "NAME": names_en if language == "en" else names_zh,
    }
    return [Recogniser(kind, language, find) for kind, find in found.items()]


def phones(text: str) -> Iterator[Hit]:
    """Numbers one can call; a bare run of digits needs a word about it."""
    for match in _PHONE.finditer(text):
        written = unicodedata.normalize("NFKC", match.group())
        if _DAY.fullmatch(written) or _LONG_ZIP.fullmatch(written):
            continue
        yield *match.span(), _phone_score(written)


def _phone_score(written: str) -> float:
    digits = re.sub(r"\D", "", written)
    if _CHINESE_MOBILE.fullmatch(digits):
        return 0.8
    if written.startswith("+"):
        return 0.85 if _possible(written) else 0.4
    grouped = not written.isdecimal()
    if grouped and (_LOOKS_DIALLED.fullmatch(written) or any(_valid(written, region) for region in REGIONS)):
        return 0.7
    return 0.3


def _possible(written: str) -> bool:
    try:
        return phonenumbers.is_possible_number(phonenumbers.parse(written))
    except phonenumbers.NumberParseException:
        return False


def _valid(written: str, region: str) -> bool:
    try:
        return phonenumbers.is_valid_number_for_region(phonenumbers.parse(written, region), region)
    except phonenumbers.NumberParseException:
        return False


def birth_dates(text: str) -> Iterator[Hit]:
    """Days: those of long ago, and any day that is said to be one of birth."""
    for match in _DAY.finditer(text):
        year = int(next(filter(None, (match["y1"], match["y2"], match["y3"], match["y4"], match["y5"]))))
        long_ago = _OLDEST <= year < _GROWN_UP_BY
        yield *match.span(), 0.55 if long_ago else 0.2 if year <= date.max.year else 0.0


def postcodes(text: str) -> Iterator[Hit]:
    """British codes by their shape; American and Chinese ones are digits, and need a state or a word about them."""
    for match in _POSTCODE_UK.finditer(text):
        yield *match.span(), 0.6
    for match in _POSTCODE_US.finditer(text):
        yield *match.span(), 0.6 if match["state"] or match["four"] else 0.2
    for match in _POSTCODE_CN.finditer(text):
        yield *match.span(), 0.2


def addresses_en(text: str) -> Iterator[Hit]:
    """A house number, the name of a street, and what it is."""
    for match in _address_pattern().finditer(text):
        named = match["names"].split()
        if not any(name.lower().strip(".,'") in words()["addresses"]["not_names"] for name in named):
            yield *match.span(), 0.7


def addresses_zh(text: str) -> Iterator[Hit]:
    """A street and a number, with the district before it and the flat behind it."""
    for match in _ADDRESS_ZH.finditer(text):
        ends = [
            at + len(word)
            for word in words()["addresses"]["before_zh"]
            if (at := text.rfind(word, match.start(), match.end() - 3)) >= 0
        ]
        yield max(ends, default=match.start()), match.end(), 0.75


def names_en(text: str) -> Iterator[Hit]:
    """What somebody introduces as a name: up to three words behind "my name is"."""
    for match in _introduced_en().finditer(text):
        end = match.start("first")
        for number, word in enumerate(re.finditer(r"[^\W\d_][\w'’.\-]*", text[match.start("first") : match.end()])):
            if word.group().lower().strip(".") in words()["names"]["not_names_en"]:
                break
            if number and not word.group()[0].isupper() and text[match.start("first")].isupper():
                break
            end = match.start("first") + word.end()
        if end > match.start("first"):
            yield match.start("first"), end, 0.6


def names_zh(text: str) -> Iterator[Hit]:
    """What somebody introduces as a name in Chinese."""
    for match in _introduced_zh().finditer(text):
        if not match["name"].startswith(tuple(words()["names"]["not_names_zh"])):
            yield *match.span("name"), 0.6


def near(text: str, start: int, end: int) -> str:
    """The words around a number, up to the next long number: what is said there belongs to that one."""
    before = text[max(start - _CONTEXT_BEFORE, 0) : start]
    after = text[end : end + _CONTEXT_AFTER]
    before = _LONG_NUMBER.split(before)[-1]
    return f"{before} \n {_LONG_NUMBER.split(after)[0]}".lower()


_PATTERNS: dict[str, re.Pattern[str]] = {}


def _address_pattern() -> re.Pattern[str]:
    if "address" not in _PATTERNS:
        streets = "|".join(words()["addresses"]["streets"])
        word = r"[^\W\d_][\w'’.\-]*"
        _PATTERNS["address"] = re.compile(
            rf"(?:(?:flat|apt\.?|apartment|unit|suite)\s+\w{{1,5}},?\s+)?(?<![\w.,\-])\d{{1,5}}[a-z]?,?\s"
            rf"(?P<names>(?:{word}|\d{{1,3}}(?:st|nd|rd|th))(?:\s{word}){{0,2}}?)\s(?:{streets})\b\.?"
            rf"(?:,?\s(?:flat|apt\.?|apartment|unit|suite|\#)\s?\w{{1,5}})?",
            re.IGNORECASE,
        )
    return _PATTERNS["address"]


def _introduced_en() -> re.Pattern[str]:
    if "en" not in _PATTERNS:
        phrases = "|".join(re.escape(phrase) for phrase in words()["names"]["introduced_en"])
        word = r"[^\W\d_][\w'’.\-]*"
        _PATTERNS["en"] = re.compile(rf"(?<!\w)(?:{phrases})\s+(?P<first>{word})(?:\s{word}){{0,2}}", re.IGNORECASE)
    return _PATTERNS["en"]


def _introduced_zh() -> re.Pattern[str]:
    if "zh" not in _PATTERNS:
        phrases = "|".join(re.escape(phrase) for phrase in words()["names"]["introduced_zh"])
        _PATTERNS["zh"] = re.compile(
            rf"(?:{phrases})\s?(?P<name>[\u4e00-\u9fff·]{{2,4}}?)(?=[，。,.！!？?；;：:\s（(、]|$|我|的|，|今|出生|手机|电话|身份|住)"
        )
    return _PATTERNS["zh"]


def _by_pattern(pattern: re.Pattern[str], score: float) -> Find:
    return lambda text: ((*match.span(), score) for match in pattern.finditer(text))
