"""What can be imported, and how a record becomes a row of its table."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, time, timezone
from typing import Any

from crm.errors import InvalidInput
from crm.importing.records import ClaimRecord, CustomerRecord, InvoiceRecord, PolicyRecord, Record

Columns = dict[str, Any]
Plans = dict[tuple[str, str], int]  # (product code, plan code) in lower case; ("x", "") is the product's first plan


class Refused(Exception):
    """A record that cannot become a row; the message is the reason."""


@dataclass(frozen=True, slots=True)
class Entity:
    """One kind of thing that can be imported.

    Attributes:
        fills: by column of the table, the fields it is made of. An update touches the columns of which the file has a
            field, and no others.
        owner: `customer` when the row belongs to a customer named by external id, `policy` when it belongs to a policy
            named by number, empty for customers themselves.
        unique: the column that no two rows may share.
    """

    name: str
    table: str
    record: type[Record]
    columns: Callable[[Any, datetime, Plans], Columns]
    fills: dict[str, tuple[str, ...]]
    owner: str = ""
    unique: str = ""
    fields: frozenset[str] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "fields", frozenset(self.record.model_fields))


def entity(name: str) -> Entity:
    """The entity of that name.

    Raises:
        InvalidInput: there is none.
    """
    if name not in ENTITIES:
        raise InvalidInput("entity", f"There is no {name} to import; there are {', '.join(ENTITIES)}.")
    return ENTITIES[name]


def _customer(record: CustomerRecord, now: datetime, _: Plans) -> Columns:
    since = record.customer_since
    created = datetime.combine(since, time(0), timezone.utc) if since else now
    return {
        "given_name": record.given_name,
        "family_name": record.family_name,
        "birth_date": record.birth_date,
        "email": record.email,
        "email_index": record.email,
        "phone": record.phone,
        "phone_index": record.phone,
        "address": {
            "line": record.address_line,
            "city": record.city,
            "postcode": record.postcode,
            "country": record.country,
        },
        "gender": record.gender,
        "marital_status": record.marital_status,
        "education": record.education,
        "income_minor": record.income,
        "language": record.language,
        "marketing_consent": record.marketing_consent,
        "consent_at": now if record.marketing_consent else None,
        "created_at": min(created, now),
    }


def _policy(record: PolicyRecord, _: datetime, plans: Plans) -> Columns:
    plan_id = plans.get((record.product.lower(), record.plan.lower()))
    if plan_id is None:
        raise Refused("product, plan: there is no such plan in the catalogue")
    insured = {name: getattr(record, name) for name in _INSURED}
    return {
        "plan_id": plan_id,
        "number": record.number,
        "number_index": record.number,
        "status": record.status,
        "starts_on": record.starts_on,
        "ends_on": record.ends_on,
        "premium_minor": record.premium,
        "insured": {name: value for name, value in insured.items() if value},
    }


def _claim(record: ClaimRecord, now: datetime, _: Plans) -> Columns:
    filed = datetime.combine(record.filed_on or record.incident_on, time(0), timezone.utc)
    return {
        "number": record.number,
        "number_index": record.number,
        "kind": record.kind,
        "status": record.status,
        "incident_on": record.incident_on,
        "place": record.place,
        "description": record.description,
        "details": {},
        "estimate_minor": record.estimate,
        "paid_minor": record.paid,
        "filed_at": min(filed, now),
    }


def _invoice(record: InvoiceRecord, _: datetime, __: Plans) -> Columns:
    return {
        "issued_on": record.issued_on,
        "due_on": record.due_on,
        "amount_minor": record.amount,
        "status": record.status,
    }


_INSURED = ("vehicle", "plate", "dwelling", "persons", "region")
_ENTITIES = (
    Entity(
        name="customer",
        table="customers",
        record=CustomerRecord,
        columns=_customer,
        fills={
            "given_name": ("given_name", "name"),
            "family_name": ("family_name", "name"),
            "birth_date": ("birth_date",),
            "email": ("email",),
            "email_index": ("email",),
            "phone": ("phone",),
            "phone_index": ("phone",),
            "address": ("address_line",),
            "gender": ("gender",),
            "marital_status": ("marital_status",),
            "education": ("education",),
            "income_minor": ("income",),
            "language": ("language",),
            "marketing_consent": ("marketing_consent",),
            "created_at": ("customer_since",),
        },
    ),
    Entity(
        name="policy",
        table="policies",
        record=PolicyRecord,
        columns=_policy,
        fills={
            "customer_id": ("customer",),
            "plan_id": ("product", "plan"),
            "number": ("number",),
            "number_index": ("number",),
            "status": ("status",),
            "starts_on": ("starts_on",),
            "ends_on": ("ends_on",),
            "premium_minor": ("premium",),
            "insured": _INSURED,
        },
        owner="customer",
        unique="number_index",
    ),
    Entity(
        name="claim",
        table="claims",
        record=ClaimRecord,
        columns=_claim,
        fills={
            "customer_id": ("policy_number",),
            "policy_id": ("policy_number",),
            "number": ("number",),
            "number_index": ("number",),
            "kind": ("kind",),
            "status": ("status",),
            "incident_on": ("incident_on",),
            "place": ("place",),
            "description": ("description",),
            "estimate_minor": ("estimate",),
            "paid_minor": ("paid",),
            "filed_at": ("filed_on",),
        },
        owner="policy",
        unique="number_index",
    ),
    Entity(
        name="invoice",
        table="invoices",
        record=InvoiceRecord,
        columns=_invoice,
        fills={
            "customer_id": ("policy_number",),
            "policy_id": ("policy_number",),
            "issued_on": ("issued_on",),
            "due_on": ("due_on",),
            "amount_minor": ("amount",),
            "status": ("status",),
        },
        owner="policy",
    ),
)
ENTITIES = {entity.name: entity for entity in _ENTITIES}
