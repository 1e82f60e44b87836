"""Objects of the store as values of responses: plain JSON, codes instead of words."""

from collections.abc import Iterable
from datetime import date, datetime
from typing import Any, TypeVar
from zoneinfo import ZoneInfo

import phonenumbers

from crm.domain import AttachmentView, ClaimView, CoverageView, Money, PolicyView

SHOWN_AS_BUTTONS = 5
Row = dict[str, Any]
Numbered = TypeVar("Numbered", PolicyView, ClaimView)


def row(label: str, value: Any, form: str | None = None) -> Row:
    """A row of a summary: the code of its label, the value, and how it is written."""
    return {"label": label, "value": value, "format": form}


def rows(*candidates: Row) -> list[Row]:
    """The rows that have a value."""
    return [candidate for candidate in candidates if candidate["value"] not in (None, "", [])]


def policy_row(product: str, number: str) -> Row:
    """The row that says which policy something is about; a product's name has its own words in every language."""
    return row("policy", [{"product": product, "number": number}], "each.utter_policy_named")


def money(amount: Money | None) -> Row | None:
    """An amount."""
    return None if amount is None else {"minor": amount.minor, "currency": amount.currency}


def day(value: date | datetime, zone: ZoneInfo | None = None) -> str:
    """A day, of a moment in a time zone."""
    if isinstance(value, datetime):
        value = (value.astimezone(zone) if zone else value).date()
    return value.isoformat()


def phone(number: str) -> str:
    """A phone number as people read it; what is not one stays as it is."""
    try:
        parsed = phonenumbers.parse(number)
    except phonenumbers.NumberParseException:
        return number
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.INTERNATIONAL)


def attachment(view: AttachmentView) -> dict[str, Any]:
    """A file of the conversation, as the widget takes it."""
    return {"id": view.id, "name": view.name, "media_type": view.media_type, "size": view.size}


def policy(view: PolicyView) -> dict[str, Any]:
    """A policy in a list."""
    return {
        "number": view.number,
        "product": view.product,
        "line": view.line.value,
        "status": view.status.value,
        "ends_on": day(view.ends_on),
    }


def policy_rows(view: PolicyView) -> list[Row]:
    """What a policy says about itself."""
    insured = [row(key, value) for key, value in view.insured.items() if key in ("vehicle", "plate", "address")]
    return rows(
        row("status", view.status.value, "label.policy_status"),
        row("starts_on", day(view.starts_on), "day"),
        row("ends_on", day(view.ends_on), "day"),
        row("premium", money(view.premium), "money"),
        *insured,
    )


def coverage(view: CoverageView) -> dict[str, Any]:
    """One thing a policy covers."""
    return {
        "code": view.code,
        "name": view.name,
        "limit": money(view.limit),
        "limit_kind": "limit" if view.limit and view.limit.minor else "unlimited",
        "deductible": money(view.deductible),
        "deductible_kind": "deductible" if view.deductible.minor else "no_deductible",
    }


def claim(view: ClaimView) -> dict[str, Any]:
    """A claim in a list."""
    return {
        "number": view.number,
        "kind": view.kind,
        "status": view.status.value,
        "incident_on": day(view.incident_on),
    }


def claim_rows(view: ClaimView, zone: ZoneInfo) -> list[Row]:
    """What a claim says about itself."""
    return rows(
        row("status", view.status.value, "label.claim_status"),
        row("kind", view.kind, "label.kind"),
        row("incident_on", day(view.incident_on), "day"),
        row("place", view.place),
        row("policy", view.policy_number),
        row("filed_at", day(view.filed_at, zone), "day"),
        row("paid", money(view.paid), "money"),
        row("handler", view.handler.name if view.handler else None),
        row("handler_phone", phone(view.handler.phone) if view.handler else None),
    )


def choose(views: Iterable[Numbered], number: object) -> Numbered | None:
    """The one with that number, None when there is none."""
    wanted = str(number or "").strip().upper()
    return next((view for view in views if view.number == wanted), None)
