"""Quotes: answers checked one by one, a price with everything that made it, kept under a number."""

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, ClassVar

from sqlalchemy.orm import Session

from actions import views
from actions.base import CareAction
from actions.knowledge import best_passage
from actions.reply import DONE, Reply
from actions.turn import Turn
from crm import rating, reference, texts
from crm.domain import Line, Money, Rating, RatingField
from crm.errors import InvalidInput, OutOfRange
from crm.services import organisation, quotes

NOT_GIVEN = "not_given"
_KILOMETRES = re.compile(r"公里|千米|\bk(?:ms?|ilomet(?:re|er)s?)\b|(?<=\d)kms?\b", re.IGNORECASE)
_MILES_IN_A_KILOMETRE = 0.621371
SLOTS: Mapping[Line, Mapping[str, str]] = {
    Line.AUTO: {
        "birth_date": "quote_birth_date",
        "vehicle_value": "quote_vehicle_value",
        "postcode": "quote_postcode",
        "plan": "quote_auto_plan",
        "yearly_mileage": "quote_mileage",
        "claims_in_5_years": "quote_claims",
        "deductible": "quote_deductible",
    },
    Line.HOME: {
        "dwelling": "quote_dwelling",
        "sum_insured": "quote_home_value",
        "postcode": "quote_postcode",
        "year_built": "quote_year_built",
        "alarm": "quote_alarm",
        "claims_in_5_years": "quote_claims",
        "deductible": "quote_deductible",
    },
    Line.HEALTH: {
        "birth_date": "quote_birth_date",
        "smoker": "quote_smoker",
        "plan": "quote_health_plan",
        "deductible": "quote_health_deductible",
    },
    Line.LIFE: {
        "birth_date": "quote_birth_date",
        "sum_insured": "quote_life_sum",
        "smoker": "quote_smoker",
        "term_years": "quote_term",
        "occupation": "quote_occupation",
    },
    Line.TRAVEL: {
        "destination": "quote_destination",
        "days": "quote_days",
        "travellers": "quote_travellers",
        "oldest_age": "quote_oldest",
        "trip_cost": "quote_trip_cost",
        "winter_sports": "quote_winter_sports",
    },
}
"""The slot that answers each field of the rating table."""


class AskQuoteLine(CareAction):
    """What to insure, unless the request said so already."""

    action = "action_ask_quote_line"

    def perform(self, session: Session, turn: Turn) -> Reply:
        """Take the line of the request, or ask."""
        line = turn.focus.get("line_of_business")
        return Reply().set(quote_line=line) if line in set(Line) else Reply().say("utter_ask_quote_line")


class CheckQuote(CareAction):
    """What was just answered: kept if the rating table accepts it, asked again with its limits if not."""

    action = "action_check_quote"

    def perform(self, session: Session, turn: Turn) -> Reply:
        """Check every answer there is; they are few, and one may rule out another."""
        reply = Reply()
        line = line_of(turn.slots)
        if line is None:
            return reply
        slots = {**turn.slots, **in_miles(turn)}
        reply.set(**in_miles(turn))
        known, day = answers(line, slots), today(session, turn)
        for field in rating.fields(line):
            if field.name not in known:
                continue
            try:
                rating.check(line, field.name, known[field.name], day)
            except InvalidInput as wrong:
                refused(reply, line, wrong, field)
        return reply


class AskQuoteDeductible(CareAction):
    """The choice of a deductible, with the price of each."""

    action = "action_ask_quote_deductible"
    slot: ClassVar[str] = "quote_deductible"

    def perform(self, session: Session, turn: Turn) -> Reply:
        """One price per option; without one where an answer does not go with the others."""
        line = line_of(turn.slots)
        field = next(field for field in rating.fields(line or Line.AUTO) if field.name == "deductible")
        options = []
        for choice in field.choices:
            rated = self._rated(session, turn, line, choice)
            if isinstance(rated, Reply):
                return rated
            options.append({"choice": choice, "deductible": whole(int(choice)), "price": views.money(rated.premium)})
        return Reply().say(f"utter_ask_{self.slot}", options=options)

    def _rated(self, session: Session, turn: Turn, line: Line | None, choice: str) -> Rating | Reply:
        return priced(session, turn, line or Line.AUTO, {self.slot: choice})


class AskQuoteHealthDeductible(AskQuoteDeductible):
    """The same for health, where the amounts are others."""

    action = "action_ask_quote_health_deductible"
    slot = "quote_health_deductible"


class AskQuoteConfirm(CareAction):
    """The price, what it rests on and what moved it."""

    action = "action_ask_quote_confirm"

    def perform(self, session: Session, turn: Turn) -> Reply:
        """Say it, or ask again for an answer that does not go with the others."""
        line = line_of(turn.slots)
        if line is None:
            return Reply().set(quote_line=None)
        rated = priced(session, turn, line)
        if isinstance(rated, Reply):
            return rated
        return Reply().say(
            "utter_quote_price_travel" if line is Line.TRAVEL else "utter_quote_price",
            line=line.value,
            premium=views.money(rated.premium),
            monthly=views.money(Money(round(rated.premium.minor / 12), rated.premium.currency)),
            base=views.money(rated.base),
            rows=answer_rows(line, turn.slots),
            steps=[step(rated, i) for i, factor in enumerate(rated.factors) if factor.effect.minor],
        )


class SubmitQuote(CareAction):
    """Keep the quote under a number."""

    action = "action_submit_quote"
    writes = True
    keeps = ("quote_confirm",)

    def perform(self, session: Session, turn: Turn) -> Reply:
        """Keep it once, for the customer if one is verified, else for this conversation."""
        line = line_of(turn.slots)
        if line is None:
            return Reply().set(quote_line=None, quote_confirm=None)
        customer = turn.customer(session)

        def keep() -> dict[str, Any]:
            view = quotes.quote(
                session,
                line,
                answers(line, turn.slots),
                now=turn.now,
                conversation_id=turn.conversation_id,
                customer_id=customer.id if customer else None,
            )
            return {
                "number": view.number,
                "premium": views.money(view.premium),
                "valid_until": views.day(view.valid_until),
            }

        try:
            kept = turn.once(session, self.action, keep)
        except InvalidInput as wrong:
            return refused(Reply(), line, wrong).set(quote_confirm=None)
        return Reply().say("utter_quote_kept", line=line.value, **kept).signal(DONE)


class ProductInfo(CareAction):
    """What the insurer sells: the plans of a line, or a passage that answers, and the way to a price."""

    action = "action_product_info"

    def perform(self, session: Session, turn: Turn) -> Reply:
        """The plans of the line that was named, else the passage if there is one, else the lines."""
        line = turn.entity("line_of_business")
        line = line if line in set(Line) else None
        passage = best_passage(turn.message)
        reply = Reply()
        if line is None and passage:
            return reply.say("utter_knowledge", **passage).say("utter_product_more")
        if line is None:
            return reply.say("utter_product_lines")
        return reply.say("utter_product_plans", line=line, plans=plans_of(line, str(turn.slots.get("language"))))


def in_miles(turn: Turn) -> dict[str, int]:
    """The mileage just given in kilometres, as the rating table counts it; nothing when it was not."""
    said = turn.slots.get("quote_mileage")
    numbers = [entity.get("value") for entity in turn.message.get("entities") or ()]
    if said not in numbers or not _KILOMETRES.search(str(turn.message.get("text") or "")):
        return {}
    return {"quote_mileage": round(float(str(said)) * _MILES_IN_A_KILOMETRE)}


def plans_of(line: str, language: str) -> list[dict[str, str]]:
    """The plans of a line with the names of what each covers."""
    plans = reference.table("products")[line]["plans"].values()
    return [
        {
            "name": texts.find(language, f"plans.{plan['name'].lower()}") or plan["name"],
            "coverages": " · ".join(
                texts.find(language, f"coverages.{coverage['code']}") or coverage["name"]
                for coverage in plan["coverages"]
            ),
        }
        for plan in plans
    ]


def line_of(slots: Mapping[str, Any]) -> Line | None:
    """The line that a price is asked for."""
    said = slots.get("quote_line")
    return Line(said) if said in set(Line) else None


def answers(line: Line, slots: Mapping[str, Any]) -> dict[str, str]:
    """What was answered, as the rating table reads it; what the customer does not know counts as its default."""
    said = {field: slots.get(slot) for field, slot in SLOTS[line].items()}
    return {name: _text(value) for name, value in said.items() if value is not None and value != NOT_GIVEN}


def priced(session: Session, turn: Turn, line: Line, assumed: Mapping[str, Any] | None = None) -> Rating | Reply:
    """The price, or the reply that asks again for what stands in its way."""
    try:
        return rating.rate(line, answers(line, {**turn.slots, **(assumed or {})}), today(session, turn))
    except InvalidInput as wrong:
        return refused(Reply(), line, wrong)


def refused(reply: Reply, line: Line, wrong: InvalidInput, field: RatingField | None = None) -> Reply:
    """Say what would be accepted and have the question asked again."""
    slot = SLOTS[line][wrong.field]
    field = field or next(field for field in rating.fields(line) if field.name == wrong.field)
    if not isinstance(wrong, OutOfRange) or wrong.choices:
        return reply.say("utter_quote_not_understood").set(**{slot: None})
    low, high = int(str(wrong.minimum or 0)), int(str(wrong.maximum or 0))
    kind = {"date": "age", "money": "money"}.get(field.kind, "number")
    limits = {"minimum": whole(low), "maximum": whole(high)} if kind == "money" else {"minimum": low, "maximum": high}
    return reply.say(f"utter_quote_range_{kind}", field=wrong.field, **limits).set(**{slot: None})


def answer_rows(line: Line, slots: Mapping[str, Any]) -> list[views.Row]:
    """The answers a price rests on, with what is assumed for the others."""
    known = answers(line, slots)
    return views.rows(*(_row(field, known.get(field.name, field.default)) for field in rating.fields(line)))


def step(rated: Rating, index: int) -> dict[str, Any]:
    """One step of a price: what moved it and by how much."""
    factor = rated.factors[index]
    number = int(factor.value) if factor.value.isdigit() else 0
    return {
        "code": factor.code,
        "value": f"{number:,}" if factor.code == "yearly_mileage" else factor.value,
        "said": whole(number),
        "effect": views.money(Money(abs(factor.effect.minor), factor.effect.currency)),
        "sign": "less" if factor.effect.minor < 0 else "more",
    }


def whole(amount: int) -> dict[str, Any]:
    """Whole units as an amount in the currency of the prices."""
    return {"minor": amount * 100, "currency": reference.table("rating")["currency"]}


def today(session: Session, turn: Turn) -> date:
    """The day at the insurer."""
    return turn.now.astimezone(organisation.business_hours(session).zone).date()


def _row(field: RatingField, value: str | None) -> views.Row:
    if value is None:
        return views.row(f"quote_{field.name}", None)
    if field.kind == "money" or field.name == "deductible":
        return views.row(f"quote_{field.name}", whole(int(float(value))), "money")
    if field.choices:
        return views.row(f"quote_{field.name}", value, "label.quote_value")
    if field.name == "yearly_mileage":
        return views.row(f"quote_{field.name}", f"{int(value):,}")
    return views.row(f"quote_{field.name}", value, "day" if field.kind == "date" else None)


def _text(value: object) -> str:
    return {True: "yes", False: "no"}[value] if isinstance(value, bool) else str(value)
