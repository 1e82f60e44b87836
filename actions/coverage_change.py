"""More, less or other cover: asked for here with its price, approved by a person."""

from typing import Any

from sqlalchemy.orm import Session

from actions import views
from actions.base import CustomerAction
from actions.policy_choice import ChoosePolicy
from actions.reply import ABANDON, DONE, VERIFY, Reply
from actions.trial import tried
from actions.turn import Turn
from crm.domain import ChangeView, CustomerView, Money, PolicyView
from crm.errors import InvalidInput, NotEligible, NotFound, OutOfRange
from crm.services import coverage_changes, policies

ADD, REMOVE, LIMIT, DEDUCTIBLE = "add", "remove", "limit", "deductible"


class ChooseCoverPolicy(ChoosePolicy):
    """Which policy's cover."""

    action = "action_ask_cover_policy"
    slot = "cover_policy"

    def candidates(self, session: Session, turn: Turn, customer: CustomerView) -> list[PolicyView]:
        """The active ones; only those with the cover that was named, if it is to be changed or removed."""
        found = super().candidates(session, turn, customer)
        code = turn.slots.get("cover_code")
        holding = [p for p in found if any(c.code == code and c.included for c in p.coverages)]
        return found if turn.slots.get("cover_action") == ADD else holding or found


class AskCoverCode(CustomerAction):
    """Ask which cover, among those that the wish makes sense for."""

    action = "action_ask_cover_code"

    def serve(self, session: Session, turn: Turn, customer: CustomerView) -> Reply:
        """Buttons with the covers."""
        found = possible(session, turn, customer)
        if found is None:
            return Reply().say("utter_change_not_possible").signal(ABANDON)
        if not found:
            return Reply().say("utter_cover_nothing_to_add").signal(ABANDON)
        return Reply().say("utter_ask_cover_code", covers=[{"code": code} for code in found])


class AskCoverConfirm(CustomerAction):
    """Show the change and its price before it is asked for."""

    action = "action_ask_cover_confirm"
    writes = True  # it tries the request, and takes it back

    def serve(self, session: Session, turn: Turn, customer: CustomerView) -> Reply:
        """The change, or why it cannot be."""
        try:
            view = tried(session, lambda: change(session, turn, customer))
        except (NotEligible, NotFound, InvalidInput) as wrong:
            return not_possible(wrong, turn, held(session, turn, customer))
        response = "utter_ask_cover_confirm" if view.price_effect is not None else "utter_ask_cover_confirm_no_price"
        return Reply().say(response, rows=cover_rows(turn, view))


class SubmitCover(CustomerAction):
    """The request, which a person approves."""

    action = "action_submit_cover"
    writes = True
    needs_code = True
    keeps = ("cover_confirm",)

    def unverified(self) -> Reply:
        """Verification ran out meanwhile: verify again, then show the summary again."""
        return Reply().set(cover_confirm=None).signal(VERIFY)

    def perform(self, session: Session, turn: Turn) -> Reply:
        """A no needs neither verification nor a code."""
        if not turn.slots.get("cover_confirm"):
            return Reply().say("utter_cover_not_wished").signal(DONE)
        return super().perform(session, turn)

    def serve(self, session: Session, turn: Turn, customer: CustomerView) -> Reply:
        """Record it, once."""

        def record() -> dict[str, Any]:
            view = change(session, turn, customer)
            due_on = view.request.due_on
            return {"number": view.request.number, "due_on": views.day(due_on) if due_on else None}

        try:
            recorded = turn.once(session, self.action, record)
        except (NotEligible, NotFound, InvalidInput) as wrong:
            return not_possible(wrong, turn, held(session, turn, customer))
        return Reply().say("utter_cover_requested", **recorded).signal(DONE)


def possible(session: Session, turn: Turn, customer: CustomerView) -> list[str] | None:
    """Codes of the covers that can be added, or that the policy has; None when there is no such policy."""
    number = str(turn.slots.get("cover_policy"))
    wish = turn.slots.get("cover_action")
    try:
        if wish == ADD:
            return [c.code for c in coverage_changes.coverages_on_offer(session, customer.id, number)]
        policy: PolicyView = policies.policy(session, customer.id, number)
    except NotFound:
        return None
    return [c.code for c in policy.coverages if c.included and (wish != LIMIT or c.limit)]


def held(session: Session, turn: Turn, customer: CustomerView) -> list[str]:
    """Codes of the covers that the policy has."""
    found = views.choose(policies.list_policies(session, customer.id), turn.slots.get("cover_policy"))
    return [c.code for c in found.coverages if c.included] if found else []


def change(session: Session, turn: Turn, customer: CustomerView) -> ChangeView:
    """The request, from the answers."""
    slots = turn.slots
    action, number = str(slots.get("cover_action")), str(slots.get("cover_policy"))
    currency = policies.policy(session, customer.id, number).premium.currency
    wished = slots.get("cover_amount") if action in (LIMIT, DEDUCTIBLE) else None
    return coverage_changes.change_coverage(
        session,
        customer.id,
        number,
        action=action,
        code=str(slots.get("cover_code")),
        conversation_id=turn.conversation_id,
        now=turn.now,
        amount=None if wished is None else Money(round(float(wished) * 100), currency),
    )


def not_possible(wrong: Exception, turn: Turn, held: list[str]) -> Reply:
    """Ask again for what can be asked again; else say that it cannot be, and offer a person."""
    if isinstance(wrong, OutOfRange | InvalidInput):
        slot = "cover_amount" if wrong.field == "amount" else "cover_code"
        return Reply().say(f"utter_hint_{slot}").set(**{slot: None, "cover_confirm": None})
    code, wish = str(turn.slots.get("cover_code")), turn.slots.get("cover_action")
    if wish == ADD and code in held:
        return Reply().say("utter_cover_held_already", code=code).signal(ABANDON)
    if wish != ADD and code not in held:
        return Reply().say("utter_cover_not_held", code=code).signal(ABANDON)
    return Reply().say("utter_cover_not_possible", code=code).signal(ABANDON)


def cover_rows(turn: Turn, view: ChangeView) -> list[views.Row]:
    """The request as the customer sees it."""
    slots = turn.slots
    wished = slots.get("cover_amount") if slots.get("cover_action") in (LIMIT, DEDUCTIBLE) else None
    amount = None if wished is None else Money(round(float(wished) * 100), view.policy.premium.currency)
    effect = view.price_effect
    after = Money(view.policy.premium.minor + effect.minor, effect.currency) if effect else None
    return views.rows(
        views.policy_row(view.policy.product, view.policy.number),
        views.row("cover_wish", slots.get("cover_action"), "label.cover_action"),
        views.row("cover", slots.get("cover_code"), "label.cover"),
        views.row("cover_amount", views.money(amount), "money"),
        views.row("premium_now", views.money(view.policy.premium), "money"),
        views.row("price_effect", views.money(effect), "change"),
        views.row("premium_new", views.money(after), "money"),
    )
