"""Changing phone number, e-mail address and postal address."""

from collections.abc import Mapping
from typing import Any, ClassVar

from sqlalchemy.orm import Session

from actions import views
from actions.addresses import read_address
from actions.base import CareAction, CustomerAction
from actions.phones import dialled
from actions.reply import DONE, VERIFY, Reply
from actions.turn import Turn
from crm import normalise
from crm.domain import Address, CustomerView
from crm.errors import InvalidInput

_CHANGED = ("phone", "email", "address")
_SLOT_OF = {"phone": "contact_phone", "email": "contact_email", "address": "contact_address",
            "postcode": "contact_address"}  # fmt: skip


class _AskContact(CustomerAction):
    """Asks one question of the form, of a verified customer only."""

    question: ClassVar[str]

    def serve(self, session: Session, turn: Turn, customer: CustomerView) -> Reply:
        """The question."""
        return Reply().say(self.question)


class AskContactWhat(_AskContact):
    """What has changed."""

    action = "action_ask_contact_what"
    question = "utter_ask_contact_what"


class AskContactPhone(_AskContact):
    """The new phone number."""

    action = "action_ask_contact_phone"
    question = "utter_ask_contact_phone"


class AskContactEmail(_AskContact):
    """The new e-mail address."""

    action = "action_ask_contact_email"
    question = "utter_ask_contact_email"


class AskContactAddress(_AskContact):
    """The new postal address."""

    action = "action_ask_contact_address"
    question = "utter_ask_contact_address"


class CheckContactAddress(CareAction):
    """Take the address apart, as the store keeps it in parts."""

    action = "action_check_contact_address"

    def perform(self, session: Session, turn: Turn) -> Reply:
        """The parts, or the question again with a model to follow."""
        said = turn.slots.get("contact_address")
        if isinstance(said, Mapping):
            return Reply()
        _, found, rest = str(turn.message.get("text") or "").partition(str(said or ""))
        parts = read_address(str(said or "")) or (read_address(found + rest) if found else None)
        if parts is None and turn.slots.get("requested_slot", "contact_address") != "contact_address":
            # said in passing and not whole: it is asked for, not criticised
            return Reply().set(contact_address=None, contact_what="address")
        if parts is None:
            return Reply().say("utter_hint_contact_address").set(contact_address=None)
        return Reply().set(contact_address=parts)


class AskContactConfirm(CustomerAction):
    """Show what will be changed."""

    action = "action_ask_contact_confirm"

    def serve(self, session: Session, turn: Turn, customer: CustomerView) -> Reply:
        """Old and new; what cannot be a phone number or an address is asked for again."""
        wished = wishes(turn)
        if "phone" in wished and normalise.phone(wished["phone"]) is None:
            return not_possible("phone")
        if "email" in wished and normalise.email(wished["email"]) is None:
            return not_possible("email")
        return Reply().say("utter_ask_contact_confirm", rows=contact_rows(wished, customer))


class SubmitContact(CustomerAction):
    """Change the details."""

    action = "action_submit_contact"
    writes = True
    needs_code = True
    keeps = ("contact_confirm",)

    def unverified(self) -> Reply:
        """Verification ran out meanwhile: verify again, then show the summary again."""
        return Reply().set(contact_confirm=None).signal(VERIFY)

    def serve(self, session: Session, turn: Turn, customer: CustomerView) -> Reply:
        """Change them, once."""
        wished = wishes(turn)
        parts = wished.get("address")
        address = Address(**parts, country=customer.address.country) if parts else None

        def change() -> dict[str, Any]:
            made = self.records(session).customers.change_contact(
                customer.id,
                conversation_id=turn.conversation_id,
                key=turn.key(session, self.action),
                now=turn.now,
                phone=wished.get("phone"),
                email=wished.get("email"),
                address=address,
            )
            return {"number": made.request.number if made.request else None, "changed": list(made.changed)}

        try:
            made = turn.once(session, self.action, change)
        except InvalidInput as wrong:
            return not_possible(wrong.field)
        if not made["changed"]:
            return Reply().say("utter_contact_same").signal(DONE)
        response = (
            "utter_contact_changed_warned" if {"phone", "email"} & {*made["changed"]} else "utter_contact_changed"
        )
        return Reply().say(response, **made).signal(DONE)


def wishes(turn: Turn) -> dict[str, Any]:
    """What the customer wants to have changed."""
    slots = turn.slots
    wished = {name: slots[f"contact_{name}"] for name in _CHANGED if slots.get(f"contact_{name}")}
    return wished | ({"phone": dialled(turn, wished["phone"])} if "phone" in wished else {})


def not_possible(field: str) -> Reply:
    """Ask again for a value that cannot be one."""
    slot = _SLOT_OF.get(field, "contact_address")
    return Reply().say(f"utter_hint_{slot}").set(**{slot: None, "contact_confirm": None})


def contact_rows(wished: Mapping[str, Any], customer: CustomerView) -> list[views.Row]:
    """New values, and the old ones beneath them; the old ones are masked, as somebody may look over a shoulder."""
    parts = wished.get("address") or {}
    return views.rows(
        views.row("new_phone", views.phone(normalise.phone(wished["phone"]) or "") if "phone" in wished else None),
        views.row("old_phone", normalise.mask_phone(customer.phone or "") if "phone" in wished else None),
        views.row("new_email", wished.get("email")),
        views.row("old_email", normalise.mask_email(customer.email) if "email" in wished else None),
        views.row("new_address", parts.get("line")),
        views.row("city", parts.get("city")),
        views.row("postcode", parts.get("postcode")),
    )
