"""What to offer a customer next, if anything: the rules of `offers.yml`, then the greatest expected value."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Executable, bindparam, exists, select
from sqlalchemy.orm import Session

from crm.domain import Line
from crm.domain.claims import OPEN_STATUSES
from crm.schema import Claim, Complaint, Interaction, Product
from crm.services import recommendations
from crm.services._days import today
from crm.services.recommendations import Answer, OfferView
from models import offers_rules, texts
from models.facts import Facts, of_customer
from models.offers_rules import OfLine, Rules
from models.online import Reason, Scored, Scorer

_MONTH = 365.25 / 12


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why something is not offered: a key of `offers.refusals` in the locale files, with what it says."""

    code: str
    facts: dict[str, Any] = field(default_factory=dict)

    def words(self, language: str) -> str:
        """For the staff desk."""
        return texts.text(language, f"offers.refusals.{self.code}", **self.facts)


@dataclass(frozen=True, slots=True)
class Offer:
    """A product worth offering now.

    Attributes:
        probability: calibrated.
        value: margin times probability, a year, in `currency`.
        reasons: what raises the probability, strongest first.
    """

    line: Line
    product_id: int
    product: str
    currency: str
    probability: float
    value: float
    reasons: tuple[Reason, ...]

    def because(self, language: str) -> str:
        """The reason, in words that a customer may hear."""
        said = [_phrase(language, reason) for reason in self.reasons]
        told = list(dict.fromkeys(one for one in said if one))[: offers_rules.rules().reasons.most]
        if not told:
            return texts.text(language, "offers.because.usual")
        return texts.text(language, "offers.because.and").join(told)

    def reasons_for_staff(self, language: str) -> list[str]:
        """Every reason with its value, strongest first."""
        return [
            texts.text(
                language,
                "reasons.raises",
                column=_column(language, reason.column),
                value=_value(language, reason.value),
            )
            for reason in self.reasons
        ]


@dataclass(frozen=True, slots=True)
class Considered:
    """What was weighed for a customer.

    Attributes:
        offer: the best that may be offered, if any.
        silenced: why nothing at all may be offered; then no probability was worked out.
        refused: why a line is not offered, by line.
        others: what could be offered as well, by falling value.
    """

    offer: Offer | None
    silenced: tuple[Refusal, ...] = ()
    refused: dict[Line, Refusal] = field(default_factory=dict)
    others: tuple[Offer, ...] = ()

    def why_not(self, language: str) -> list[str]:
        """Why nothing, or why not the other lines, for the staff desk."""
        lines = [
            f"{texts.text(language, f'offers.lines.{line.value}')}: {why.words(language)}"
            for line, why in self.refused.items()
        ]
        return [*(why.words(language) for why in self.silenced), *lines]


def choose(
    session: Session,
    customer_id: int,
    now: datetime,
    scorer: Scorer,
    *,
    emergency: bool = False,
    asked: bool = False,
    rules: Rules | None = None,
) -> Offer | None:
    """The product to offer this customer now, or None. Arguments as of `consider`, which also says why not."""
    return consider(session, customer_id, now, scorer, emergency=emergency, asked=asked, rules=rules).offer


def consider(
    session: Session,
    customer_id: int,
    now: datetime,
    scorer: Scorer,
    *,
    emergency: bool = False,
    asked: bool = False,
    rules: Rules | None = None,
) -> Considered:
    """Weigh every line for a customer.

    Args:
        emergency: whether the present conversation tells of danger, or of somebody who was hurt.
        asked: whether the customer asks for a suggestion; then the last offer may be as recent as it likes.
    """
    rules = rules or offers_rules.rules()
    day = today(session, now)
    facts = of_customer(session, customer_id, day)
    if facts is None:
        return Considered(None, (Refusal("nobody"),))
    history = recommendations.list_offers(session, customer_id)
    silenced = _silenced(session, facts, [] if asked else history, now, rules, emergency)
    if silenced:
        return Considered(None, tuple(silenced))
    found: list[Offer] = []
    refused: dict[Line, Refusal] = {}
    products = _products_of(session)
    for line, rule in rules.lines.items():
        weighed = _refusal(facts, line, rule, history, now, rules) or _weigh(
            facts, line, rule, day, scorer, products.get(line), rules.reasons.least
        )
        if isinstance(weighed, Refusal):
            refused[line] = weighed
        else:
            found.append(weighed)
    found.sort(key=lambda offer: -offer.value)
    return Considered(found[0] if found else None, (), refused, tuple(found[1:]))


def _silenced(
    session: Session, facts: Facts, history: Sequence[OfferView], now: datetime, rules: Rules, emergency: bool
) -> list[Refusal]:
    """Why nothing at all may be offered."""
    never, found = rules.never_while, []
    asked = {
        "customer": facts.customer_id,
        "statuses": never.complaint_statuses,
        "topics": never.emergency.topics,
        "since": now - timedelta(days=never.emergency.days),
    }
    troubles = session.execute(_troubles(), asked).one()
    if rules.consent_required and not facts.consent:
        found.append(Refusal("no_consent"))
    if troubles.complains:
        found.append(Refusal("complaint"))
    if facts.claims and _somebody_was_hurt(session, facts.customer_id, rules):
        found.append(Refusal("injury"))
    if emergency or troubles.in_danger:
        found.append(Refusal("emergency"))
    free = max((one.offered_at for one in history), default=None)
    if free is not None and now < (until := free + timedelta(days=rules.frequency.days_between_offers)):
        found.append(Refusal("too_soon", {"until": until.date().isoformat()}))
    return found


@cache
def _troubles() -> Executable:
    """Whether a complaint waits, and whether there was an emergency not long ago; built once."""
    complaint = exists().where(
        Complaint.customer_id == bindparam("customer"), Complaint.status.in_(bindparam("statuses", expanding=True))
    )
    emergency = exists().where(
        Interaction.customer_id == bindparam("customer"),
        Interaction.topic.in_(bindparam("topics", expanding=True)),
        Interaction.at > bindparam("since", type_=Interaction.at.type),
    )
    return select(complaint.label("complains"), emergency.label("in_danger"))


def _somebody_was_hurt(session: Session, customer_id: int, rules: Rules) -> bool:
    injury = rules.never_while.injury
    claims = session.execute(
        select(Claim.kind, Claim.details).where(Claim.customer_id == customer_id, Claim.status.in_(OPEN_STATUSES))
    )
    return any(
        kind in injury.kinds or any(str(details.get(name)).lower() in said for name, said in injury.details.items())
        for kind, details in claims
    )


def _refusal(
    facts: Facts, line: Line, rule: OfLine, history: Sequence[OfferView], now: datetime, rules: Rules
) -> Refusal | None:
    """Why this line may not be offered to this customer."""
    youngest, oldest = rule.ages
    if facts.holds(line):
        return Refusal("holds_it")
    if not youngest <= facts.age <= oldest:
        return Refusal("age", {"youngest": youngest, "oldest": oldest})
    if rule.holds_another and not facts.holds_another(line):
        return Refusal("holds_nothing")
    return _rest(line, history, now, rules)


def _rest(line: Line, history: Sequence[OfferView], now: datetime, rules: Rules) -> Refusal | None:
    """Whether the line was offered not long ago, by what became of it."""
    often = rules.frequency
    rests = {
        Answer.DECLINED: ("declined", timedelta(days=_MONTH * often.months_after_decline)),
        Answer.ACCEPTED: ("accepted", timedelta(days=_MONTH * often.months_after_acceptance)),
        None: ("shown", timedelta(days=often.days_until_same_offer)),
    }
    for one in history:
        code, rest = rests[one.outcome]
        until = (one.answered_at or one.offered_at) + rest
        if one.line is line and now < until:
            return Refusal(code, {"until": until.date().isoformat()})
    return None


def _weigh(
    facts: Facts, line: Line, rule: OfLine, day: date, scorer: Scorer, product: Any | None, least: float
) -> Offer | Refusal:
    if product is None:
        return Refusal("no_product")
    scored: Scored | None = scorer.score(facts, line, day)
    if scored is None:
        return Refusal("no_model")
    if scored.probability < rule.least_probability:
        return Refusal("improbable", {"probability": scored.probability, "least": rule.least_probability})
    raising = tuple(reason for reason in scored.reasons if reason.strength > least)
    value = rule.margin * scored.probability
    return Offer(line, product.id, product.name, product.currency, scored.probability, value, raising)


@cache
def _products() -> Executable:
    return select(Product.line, Product.id, Product.name, Product.currency).order_by(Product.id)


def _products_of(session: Session) -> dict[Line, Any]:
    """The first product of each line: its id, name and currency."""
    found: dict[Line, Any] = {}
    for row in session.execute(_products()):
        found.setdefault(row.line, row)
    return found


def _phrase(language: str, reason: Reason) -> str | None:
    """What a customer may hear of a reason; None when it is better left unsaid."""
    said: dict[str, str] = texts.words(language)["offers"]["because"]["columns"]
    if reason.column in offers_rules.rules().reasons.unsaid:
        return None
    return said.get(f"{reason.column} {reason.value}") or said.get(reason.column)


def _column(language: str, name: str) -> str:
    names: dict[str, str] = texts.words(language)["offers"]["columns"]
    return names.get(name, name)


def _value(language: str, value: Any) -> str:
    if value is None:
        return texts.text(language, "reasons.missing")
    levels: dict[str, str] = texts.words(language)["offers"]["levels"]
    return f"{value:,.0f}" if isinstance(value, float) else levels.get(str(value), str(value))
