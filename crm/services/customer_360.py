"""A customer at a glance: everything an agent or an action needs, in three statements."""

from collections import defaultdict
from collections.abc import Mapping
from datetime import date, datetime, time
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import Row
from sqlalchemy.orm import Session

from crm import domain, places
from crm.audit_trail import reads
from crm.domain import Money
from crm.errors import NotFound
from crm.services import _customer_360 as statements
from crm.services import _views, billing, leaving

Rows = Mapping[str, list[Row[Any]]]


@reads("customer_360")
def customer_360(session: Session, customer_id: int, now: datetime) -> domain.Customer360:
    """Everything about one customer.

    Raises:
        NotFound: no such customer, or one who was erased.
        vault.SealError: a value was altered.
    """
    person: Any = session.execute(statements.PERSON, {"customer_id": customer_id}).one_or_none()
    if person is None:
        raise NotFound("There is no such customer.")
    sold: dict[int, Any] = {row.id: row for row in session.execute(statements.POLICIES, {"customer_id": customer_id})}
    rows = statements.belongings(session, customer_id)
    made = _Made(session, person, sold, rows, now.astimezone(ZoneInfo(person.time_zone or "UTC")).date())
    customer, policies, balance = made.customer(), made.policies(), made.balance()
    requests, complaints = made.requests(), made.complaints()
    return domain.Customer360(
        customer=customer,
        since=person.created_at,
        policies=policies,
        open_claims=made.claims(),
        balance=balance,
        interactions=made.interactions(),
        requests=requests,
        complaints=complaints,
        recommendation=made.recommendation(),
        consent=domain.Consent(person.marketing_consent, person.consent_at),
        agent=made.agent(),
        branch=made.branch(customer.address),
        leaving=leaving.risk(
            leaving.Signs(
                today=made.today,
                since=person.created_at.date(),
                policies=policies,
                balance=balance,
                complaints=complaints,
                requests=requests,
                renewals=made.renewals(),
                feedback=made.feedback(),
            )
        ),
    )


class _Made:
    """Domain objects out of the rows of the three statements."""

    def __init__(self, session: Session, person: Row[Any], sold: Mapping[int, Row[Any]], rows: Rows, today: date):
        self.person, self.sold, self.rows, self.today = person, sold, rows, today
        self._open = partial(statements.opened, session)

    def customer(self) -> domain.CustomerView:
        row = self.person
        return domain.CustomerView(
            id=row.id,
            given_name=row.given_name,
            family_name=row.family_name,
            name=_views.name_of(row.given_name, row.family_name),
            birth_date=row.birth_date,
            email=row.email,
            phone=row.phone,
            address=domain.Address(**row.address),
            language=row.language,
            marketing_consent=row.marketing_consent,
        )

    def policies(self) -> tuple[domain.PolicyView, ...]:
        standard, agreed = (_by_parent(self.rows[kind]) for kind in ("standard", "agreed"))
        ordered = sorted(
            self.sold.values(), key=lambda row: (row.status != "active", -row.starts_on.toordinal(), row.id)
        )
        return tuple(
            domain.PolicyView(
                id=row.id,
                number=row.number,
                line=row.line,
                product=f"{row.product_name} {row.plan_name}",
                status=row.status,
                starts_on=row.starts_on,
                ends_on=row.ends_on,
                premium=Money(row.premium_minor, row.currency),
                insured=row.insured,
                coverages=_coverages(standard[row.plan_id], agreed[row.id], row.currency),
            )
            for row in ordered
        )

    def claims(self) -> tuple[domain.ClaimView, ...]:
        events, documents = _by_parent(self.rows["event"]), _by_parent(self.rows["document"])
        handlers = {row.ident: self._handler(row) for row in self.rows["handler"]}
        newest = sorted(self.rows["claim"], key=lambda row: (row.m1, row.ident), reverse=True)
        return tuple(self._claim(row, events[row.ident], documents[row.ident], handlers.get(row.n3)) for row in newest)

    def _claim(
        self, row: Row[Any], events: list[Row[Any]], documents: list[Row[Any]], handler: domain.Handler | None
    ) -> domain.ClaimView:
        policy, status = self.sold[row.parent], domain.ClaimStatus(row.c2)
        missing = _views.still_missing(status, policy.line, row.c1, [(one.c1, one.c2) for one in documents])
        at = self._open(row, "s3")
        return domain.ClaimView(
            id=row.ident,
            number=self._open(row, "s1"),
            policy_number=policy.number,
            line=policy.line,
            kind=row.c1,
            status=status,
            incident_on=self._open(row, "s2"),
            incident_time=time.fromisoformat(at) if at else None,
            place=self._open(row, "s4"),
            description=self._open(row, "s5"),
            details=self._open(row, "s6"),
            estimate=_views.money(row.n1, policy.currency),
            paid=_views.money(row.n2, policy.currency),
            filed_at=row.m1,
            history=tuple(domain.ClaimEvent(one.m1, one.c1, self._open(one, "s1") or "") for one in events),
            documents=tuple(domain.ClaimDocument(one.c1, one.c2, one.m1, one.c3) for one in documents),
            missing_documents=missing,
            handler=handler,
            next_step=_views.next_step(status, missing),
        )

    def balance(self) -> domain.BalanceView:
        due = sorted((self._invoice(row) for row in self.rows["invoice"]), key=lambda one: (one.due_on, one.id))
        last = [self._payment(row) for row in self.rows["payment"]]
        return billing.summed(due, self.person.currency or "USD", last[0] if last else None)

    def _invoice(self, row: Row[Any]) -> domain.InvoiceView:
        policy = self.sold[row.parent]
        late = row.d2 < self.today
        return domain.InvoiceView(
            id=row.ident,
            policy_number=policy.number,
            line=policy.line,
            issued_on=row.d1,
            due_on=row.d2,
            amount=Money(row.n1, policy.currency),
            outstanding=Money(max(row.n1 - row.n2, 0), policy.currency),
            state=domain.InvoiceState.OVERDUE if late else domain.InvoiceState.OPEN,
        )

    def _payment(self, row: Row[Any]) -> domain.PaymentView:
        policy = self.sold[row.parent]
        paid = self._open(row, "s1") or ""
        return domain.PaymentView(policy.number, policy.line, row.m1, Money(row.n1, policy.currency), row.c1, paid)

    def interactions(self) -> tuple[domain.InteractionView, ...]:
        return tuple(
            domain.InteractionView(row.c1, row.c2, row.m1, self._open(row, "s1") or "")
            for row in _newest_first(self.rows["interaction"])
        )

    def requests(self) -> tuple[domain.RequestView, ...]:
        return tuple(
            domain.RequestView(
                number=self._open(row, "s1") or "",
                kind=row.c1,
                status=row.c2,
                policy_number=self.sold[row.parent].number if row.parent in self.sold else None,
                details=self._open(row, "s2") or {},
                requested_at=row.m1,
                due_on=row.d1,
                closed_at=row.m2,
            )
            for row in _newest_first(self.rows["request"])
        )

    def complaints(self) -> tuple[domain.ComplaintView, ...]:
        return tuple(
            domain.ComplaintView(
                number=self._open(row, "s1") or "",
                category=row.c1,
                status=row.c2,
                text=self._open(row, "s2"),
                received_at=row.m1,
                answer_due_on=row.d1,
                answered_at=row.m2,
            )
            for row in _newest_first(self.rows["complaint"])
        )

    def recommendation(self) -> domain.RecommendationView | None:
        for row in self.rows["recommendation"]:
            return domain.RecommendationView(domain.Line(row.c1), row.c2, row.c3, row.m1, row.c4, row.m2)
        return None

    def renewals(self) -> list[leaving.Renewed]:
        return [
            leaving.Renewed(self.sold[row.parent].number, row.d1, row.m1.date(), row.n1, row.n2)
            for row in self.rows["renewal"]
        ]

    def feedback(self) -> tuple[int, date] | None:
        return next(((row.n1, row.m1.date()) for row in self.rows["feedback"]), None)

    def agent(self) -> domain.OwnAgent | None:
        row = self.person
        if row.agent is None:
            return None
        person = domain.Handler(row.agent_name, row.agent_title, row.agent_phone, row.agent_email)
        return domain.OwnAgent(row.agent, person, tuple(sorted(one.c1 for one in self.rows["language"])))

    def branch(self, home: domain.Address) -> domain.OwnBranch | None:
        """The agent's, which then is the only one among the rows; else the nearest."""
        at = places.locate(home.postcode) or places.locate(home.city)
        found = [self._branch(row, at) for row in self.rows["branch"]]
        near = [one for one in found if one.distance_km is not None] or (found if len(found) == 1 else [])
        return min(near, key=lambda one: (one.distance_km or 0.0, one.id), default=None)

    def _branch(self, row: Row[Any], home: places.Position | None) -> domain.OwnBranch:
        address = domain.Address(**self._open(row, "s1"))
        theirs = places.locate(address.postcode) or places.locate(address.city)
        distance = round(places.distance_km(home, theirs), 1) if home and theirs else None
        return domain.OwnBranch(row.ident, row.c1, address, self._open(row, "s2"), distance)

    def _handler(self, row: Row[Any]) -> domain.Handler:
        return domain.Handler(self._open(row, "s1"), row.c1, self._open(row, "s2"), self._open(row, "s3"))


def _coverages(standard: list[Row[Any]], agreed: list[Row[Any]], currency: str) -> tuple[domain.CoverageView, ...]:
    """The plan's, each replaced by the policy's own where it has any."""
    rows = {row.c1: row for row in standard} | {row.c1: row for row in agreed}
    return tuple(
        domain.CoverageView(
            row.c1, row.c2, _views.money(row.n1, currency), Money(row.n2, currency), included=bool(row.n3)
        )
        for row in rows.values()
    )


def _by_parent(rows: list[Row[Any]]) -> Mapping[int, list[Row[Any]]]:
    found: dict[int, list[Row[Any]]] = defaultdict(list)
    for row in sorted(rows, key=lambda row: row.ident):
        found[row.parent].append(row)
    return found


def _newest_first(rows: list[Row[Any]]) -> list[Row[Any]]:
    return sorted(rows, key=lambda row: (row.m1, row.ident), reverse=True)
