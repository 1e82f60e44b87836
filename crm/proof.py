"""How a proof of insurance looks on paper. Its words are in `crm/locale`."""

from dataclasses import dataclass
from datetime import date
from io import BytesIO
from typing import Any
from xml.sax.saxutils import escape

from reportlab.lib.colors import HexColor
from reportlab.lib.pagesizes import A4
from reportlab.lib.styles import ParagraphStyle
from reportlab.lib.units import mm
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.platypus import Paragraph, SimpleDocTemplate, Spacer, Table, TableStyle

from crm import texts
from crm.domain import CoverageView, CustomerView, Money, PolicyView

LATIN, CHINESE = "Helvetica", "STSong-Light"  # not embedded: the reader needs a Chinese font of its own for the second
_INK, _RULE = HexColor("#1b2a3a"), HexColor("#c9d2da")
_WESTERN = "“”‘’–…•€"  # what the Latin font has beyond its block
_MARGIN = 22 * mm
_WIDE = A4[0] - 2 * _MARGIN - 12  # a frame pads its content by 6 points on each side


@dataclass(frozen=True, slots=True)
class Insurer:
    """Who confirms the cover."""

    name: str
    address: str
    phone: str
    email: str


def pdf(
    insurer: Insurer, customer: CustomerView, policy: PolicyView, language: str, *, issued_on: date, reference: str = ""
) -> bytes:
    """One A4 page; the same input makes the same bytes."""
    pdfmetrics.registerFont(UnicodeCIDFont(CHINESE))
    words = _Words(language)
    story: list[Any] = [
        text(insurer.name, 15),
        text(" · ".join(filter(None, (insurer.address, insurer.phone, insurer.email))), 8.5),
        Spacer(0, 12 * mm),
        text(words("title"), 20),
        Spacer(0, 5 * mm),
        text(words("statement", company=insurer.name), 10.5),
        Spacer(0, 6 * mm),
        _facts(words, customer, policy, issued_on, reference),
        Spacer(0, 8 * mm),
        _coverages(words, policy),
        Spacer(0, 8 * mm),
        text(words("closing"), 8.5),
    ]
    target = BytesIO()
    document = SimpleDocTemplate(
        target,
        pagesize=A4,
        leftMargin=_MARGIN,
        rightMargin=_MARGIN,
        topMargin=_MARGIN,
        bottomMargin=_MARGIN,
        title=words("title"),
        author=insurer.name,
        lang=language,
        invariant=1,
        pageCompression=0,
    )
    document.build(story)
    return target.getvalue()


class _Words:
    """The texts of one language."""

    def __init__(self, language: str) -> None:
        self.language = language

    def __call__(self, key: str, **values: object) -> str:
        return texts.text(self.language, f"proof.{key}", **values)

    def of(self, section: str, code: str, default: str) -> str:
        """The name of a code, or the insurer's own name for it where this language has none."""
        return texts.find(self.language, f"{section}.{code}") or default

    def day(self, day: date) -> str:
        month = texts.text(self.language, f"months.{day.month}")
        return self("date", day=day.day, month=month, year=day.year)

    def money(self, amount: Money | None, nothing: str) -> str:
        return str(amount) if amount is not None and amount.minor else self(nothing)


def _facts(words: _Words, customer: CustomerView, policy: PolicyView, issued_on: date, reference: str) -> Table:
    address = customer.address
    rows = [
        (words("policy_holder"), customer.name),
        (words("address"), ", ".join((address.line, address.city, address.postcode, address.country))),
        (words("policy_number"), policy.number),
        (words("line"), words.of("lines", policy.line, policy.line)),
        (words("product"), policy.product),
        (words("period"), words("from_to", first=words.day(policy.starts_on), last=words.day(policy.ends_on))),
        *((words.of("insured", key, key), value) for key, value in policy.insured.items() if _shown(words, key)),
        (words("issued_on"), words.day(issued_on)),
    ]
    if reference:
        rows.append((words("reference"), reference))
    cells = [[text(name, 9.5), text(value, 10.5)] for name, value in rows]
    return Table(cells, colWidths=[0.3 * _WIDE, 0.7 * _WIDE], style=_ruled())


def _shown(words: _Words, key: str) -> bool:
    """Only what has a name is printed: not the country, not the vehicle's value."""
    return texts.find(words.language, f"insured.{key}") is not None


def _coverages(words: _Words, policy: PolicyView) -> Table:
    head = [text(words(key), 9.5) for key in ("coverage", "limit", "deductible")]
    rows = [head, *(_coverage(words, coverage) for coverage in policy.coverages if coverage.included)]
    return Table(rows, colWidths=[0.5 * _WIDE, 0.25 * _WIDE, 0.25 * _WIDE], style=_ruled(), repeatRows=1)


def _coverage(words: _Words, coverage: CoverageView) -> list[Paragraph]:
    return [
        text(words.of("coverages", coverage.code, coverage.name), 10),
        text(words.money(coverage.limit, "no_limit"), 10),
        text(words.money(coverage.deductible, "none"), 10),
    ]


def _ruled() -> TableStyle:
    return TableStyle(
        [
            ("LINEBELOW", (0, 0), (-1, -1), 0.4, _RULE),
            ("LEFTPADDING", (0, 0), (-1, -1), 0),
            ("VALIGN", (0, 0), (-1, -1), "TOP"),
        ]
    )


def text(words: str, size: float) -> Paragraph:
    """A paragraph in a font that has all of its characters."""
    latin = all(ord(character) < 0x250 or character in _WESTERN for character in words)
    style = ParagraphStyle(
        "text",
        fontName=LATIN if latin else CHINESE,
        fontSize=size,
        leading=size * 1.35,
        textColor=_INK,
        wordWrap=None if latin else "CJK",
    )
    return Paragraph(escape(words), style)
