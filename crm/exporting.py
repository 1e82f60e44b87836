"""Tables for analysis: one row a customer, policy, claim or invoice, with pseudonyms instead of persons.

A pseudonym is the same in all tables of a store until its keys are rotated, so that tables can be joined; it tells
nothing without the store's key. With `plain` the same tables hold everything, under names that the import recognises.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from crm import audit_trail
from crm.importing.outputs import open_output
from crm.masking import Masker, masker
from crm.masking.customers import known_values
from crm.schema import Claim, Customer, Invoice, Plan, Policy, Product
from crm.store import Store
from vault import Vault

_PAGE = 2_000
_PLACE = "exports.pseudonym"
_PSEUDONYM_BYTES = 12

Cells = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Context:
    """What rows are made with."""

    vault: Vault
    masker: Masker | None
    today: date

    def pseudonym(self, kind: str, row_id: int) -> str:
        """A name for a row that only this store can lead back to it."""
        return self.vault.blind_index(f"{kind} {row_id}", _PLACE)[-_PSEUDONYM_BYTES:].hex()

    def masked(self, text: str, customer: Customer) -> str:
        """Free text without what identifies the customer."""
        assert self.masker is not None  # noqa: S101 (plain tables never come here)
        return self.masker.mask(text, customer.language, known_values(customer)).text


@dataclass(frozen=True, slots=True)
class _Table:
    """How one table is exported: its query (the row's id first), and its rows for analysis and plain."""

    query: Callable[[], Any]
    masked: Callable[[Any, Context], Cells]
    plain: Callable[[Any], Cells]


def export_table(
    store: Store,
    entity: str,
    path: Path,
    *,
    plain: bool = False,
    today: date,
    progress: Callable[[int], None] = lambda rows: None,
) -> int:
    """Write a table to `path` (CSV, JSON lines, Parquet or Excel by its ending); the number of rows.

    Raises:
        InvalidInput: the ending is none of them.
    """
    table = ENTITIES[entity]
    context = Context(store.vault, None if plain else masker(), today)
    count = 0
    with store.reading() as session:
        rows = (table.plain(row) if plain else table.masked(row, context) for row in _rows(session, table.query()))
        first = next(rows, None)
        with open_output(path, list(first or {"rows": None})) as output:
            while first is not None:
                output.write(list(first.values()))
                count += 1
                if count % _PAGE == 0:
                    progress(count)
                first = next(rows, None)
    progress(count)
    with store.session() as session:
        audit_trail.note(session, "export", entity, ["plain"] if plain else ["pseudonyms"])
    return count


def _rows(session: Session, query: Any) -> Iterator[Any]:
    """Rows page by page, in the order of their ids, so that memory stays flat."""
    key = query.selected_columns[0]
    last = None
    while True:
        page = query.order_by(key).limit(_PAGE)
        rows = session.execute(page if last is None else page.where(key > last)).all()
        yield from rows
        session.expunge_all()
        if len(rows) < _PAGE:
            return
        last = rows[-1][0]


def _customers() -> Any:
    return select(Customer.id, Customer)


def _customer_masked(row: Any, context: Context) -> Cells:
    customer: Customer = row[1]
    born = customer.birth_date
    age = context.today.year - born.year - ((context.today.month, context.today.day) < (born.month, born.day))
    return {
        "customer": context.pseudonym("customer", customer.id),
        "age": age,
        "postcode_area": (customer.address or {}).get("postcode", "")[:2],
        "country": (customer.address or {}).get("country", ""),
        "gender": customer.gender,
        "marital_status": customer.marital_status,
        "education": customer.education,
        "income": _major(customer.income_minor),
        "language": customer.language,
        "marketing_consent": customer.marketing_consent,
        "customer_since_year": customer.created_at.year,
    }


def _customer_plain(row: Any) -> Cells:
    customer: Customer = row[1]
    address = customer.address or {}
    return {
        "external_id": str(customer.id),
        "given_name": customer.given_name,
        "family_name": customer.family_name,
        "birth_date": customer.birth_date.isoformat(),
        "email": customer.email,
        "phone": customer.phone,
        "address_line": address.get("line", ""),
        "city": address.get("city", ""),
        "postcode": address.get("postcode", ""),
        "country": address.get("country", ""),
        "gender": customer.gender,
        "marital_status": customer.marital_status,
        "education": customer.education,
        "income": _major(customer.income_minor),
        "language": customer.language,
        "marketing_consent": customer.marketing_consent,
        "customer_since": customer.created_at.date().isoformat(),
    }


def _policies() -> Any:
    plans = select(Policy.id, Policy, Product.code, Product.line, Plan.code)
    return plans.join(Plan, Plan.id == Policy.plan_id).join(Product, Product.id == Plan.product_id)


def _policy_masked(row: Any, context: Context) -> Cells:
    _, policy, product, line, plan = row
    return {
        "policy": context.pseudonym("policy", policy.id),
        "customer": context.pseudonym("customer", policy.customer_id),
        "line": line.value,
        "product": product,
        "plan": plan,
        **_policy_terms(policy),
    }


def _policy_plain(row: Any) -> Cells:
    _, policy, product, line, plan = row
    insured = {name: policy.insured.get(name, "") for name in ("vehicle", "plate", "dwelling", "persons", "region")}
    owner = {"external_id": str(policy.id), "customer": str(policy.customer_id), "number": policy.number}
    return {**owner, "line": line.value, "product": product, "plan": plan, **_policy_terms(policy), **insured}


def _policy_terms(policy: Policy) -> Cells:
    return {
        "status": policy.status.value,
        "starts_on": policy.starts_on.isoformat(),
        "ends_on": policy.ends_on.isoformat(),
        "premium": _major(policy.premium_minor),
    }


def _claims() -> Any:
    claims = select(Claim.id, Claim, Policy.number, Customer)
    return claims.join(Policy, Policy.id == Claim.policy_id).join(Customer, Customer.id == Claim.customer_id)


def _claim_masked(row: Any, context: Context) -> Cells:
    _, claim, _, customer = row
    return {
        "claim": context.pseudonym("claim", claim.id),
        "policy": context.pseudonym("policy", claim.policy_id),
        "customer": context.pseudonym("customer", claim.customer_id),
        **_claim_course(claim),
        "description": context.masked(claim.description, customer),
    }


def _claim_plain(row: Any) -> Cells:
    _, claim, policy_number, _ = row
    return {
        "external_id": str(claim.id),
        "policy_number": policy_number,
        "number": claim.number,
        **_claim_course(claim),
        "place": claim.place,
        "description": claim.description,
    }


def _claim_course(claim: Claim) -> Cells:
    return {
        "kind": claim.kind,
        "status": claim.status.value,
        "incident_on": claim.incident_on.isoformat(),
        "filed_on": claim.filed_at.date().isoformat(),
        "estimate": _major(claim.estimate_minor),
        "paid": _major(claim.paid_minor),
    }


def _invoices() -> Any:
    return select(Invoice.id, Invoice, Policy.number).join(Policy, Policy.id == Invoice.policy_id)


def _invoice_masked(row: Any, context: Context) -> Cells:
    _, invoice, _ = row
    return {
        "invoice": context.pseudonym("invoice", invoice.id),
        "policy": context.pseudonym("policy", invoice.policy_id),
        "customer": context.pseudonym("customer", invoice.customer_id),
        **_invoice_terms(invoice),
    }


def _invoice_plain(row: Any) -> Cells:
    _, invoice, policy_number = row
    return {"external_id": str(invoice.id), "policy_number": policy_number, **_invoice_terms(invoice)}


def _invoice_terms(invoice: Invoice) -> Cells:
    return {
        "issued_on": invoice.issued_on.isoformat(),
        "due_on": invoice.due_on.isoformat(),
        "amount": _major(invoice.amount_minor),
        "status": invoice.status,
    }


def _major(minor: int | None) -> float | None:
    return None if minor is None else minor / 100


ENTITIES = {
    "customers": _Table(_customers, _customer_masked, _customer_plain),
    "policies": _Table(_policies, _policy_masked, _policy_plain),
    "claims": _Table(_claims, _claim_masked, _claim_plain),
    "invoices": _Table(_invoices, _invoice_masked, _invoice_plain),
}
