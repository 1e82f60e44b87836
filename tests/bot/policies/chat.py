"""A conversation with the dialogue alone: actions are scripted, nothing of Rasa runs."""

from collections.abc import Callable, Mapping
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from bot.policies.dialogue import Dialogue
from bot.policies.forms import read_forms
from bot.policies.lexicon import Lexicon
from bot.policies.message import Entity, Message
from bot.policies.reading import Reader
from bot.policies.stack import LISTEN
from bot.policies.state import State, Turn

ROOT = Path(__file__).parents[3]
TODAY = date(2026, 11, 20)
Effect = Callable[[dict[str, Any]], Mapping[str, Any]] | Mapping[str, Any]


class NeverListens(AssertionError):
    """The dialogue would go on for ever."""


def days(kind: str, partial: Any, today: date, expects: str) -> str | None:
    """Partial dates of these tests are ISO texts already; a two-digit one is a day of this month."""
    if kind == "date" and len(str(partial)) == 2:
        return f"2026-11-{partial}"
    return partial


def said(text: str, intent: str | None = "inform", confidence: float = 0.95, **kinds: Any) -> Message:
    """A typed message; a keyword is an entity, `date="12th=12"` names its words and its value."""
    entities = []
    for kind, written in kinds.items():
        for pair in [written] if isinstance(written, str) else written:
            words, _, value = pair.partition("=")
            start = text.index(words)
            entities.append(Entity(kind, value or words, start, start + len(words)))
    return Message(text, intent, confidence, tuple(entities), today=TODAY)


def pressed(intent: str, **kinds: Any) -> Message:
    """A button."""
    return Message("", intent, 1.0, tuple(Entity(k, v) for k, v in kinds.items()), is_command=True, today=TODAY)


def uploaded(*ids: str) -> Message:
    """Files without a word."""
    files = tuple({"id": i, "name": i, "media_type": "image/jpeg"} for i in ids)
    return Message("", "attach_files", 1.0, is_command=True, attachments=files, today=TODAY)


@cache
def dialogue() -> Dialogue:
    """The dialogue of the repository's domain, rules and phrases."""
    domain = yaml.safe_load((ROOT / "domain.yml").read_text("utf-8"))
    forms = read_forms(
        {name: form["required_slots"] for name, form in domain["forms"].items()},
        {name: slot["mappings"] for name, slot in domain["slots"].items()},
    )
    known = set(domain["actions"])
    for path in (ROOT / "data/responses/en").glob("*.yml"):
        known |= yaml.safe_load(path.read_text("utf-8"))["responses"].keys()
    return Dialogue(forms, rules(), frozenset(known), Reader(Lexicon.load(ROOT / "data/dialogue"), days))


def rules() -> dict[str, tuple[str, ...]]:
    """Intent and actions of every rule."""
    routes = {}
    for path in (ROOT / "data/rules").glob("*.yml"):
        for rule in yaml.safe_load(path.read_text("utf-8"))["rules"]:
            actions = tuple(step["action"] for step in rule["steps"] if "action" in step)
            routes[rule["steps"][0]["intent"]] = actions
    return routes


class Chat:
    """Speaks with the dialogue and keeps what the tracker would keep.

    Attributes:
        effects: what an action does to the slots, by its name.
    """

    def __init__(self, effects: Mapping[str, Effect] | None = None, verified: bool = False) -> None:
        self.dialogue = dialogue()
        self.form: str | None = None
        self.slots: dict[str, Any] = {}
        self.verified = verified
        self.effects: dict[str, Effect] = {**self._store(), **(effects or {})}

    def __call__(self, message: Message) -> list[str]:
        """The actions that answer a message."""
        decided = self.dialogue.hear(State(self.form, self.slots), message)
        done: list[str] = []
        while decided is not None:
            action, turn = decided
            self._apply(turn)
            if action == LISTEN:
                return done
            done.append(action)
            if len(done) > 12:
                raise NeverListens(done)
            effect = self.effects.get(action, {})
            self.slots.update(effect(self.slots) if callable(effect) else effect)
            decided = self.dialogue.go_on(State(self.form, self.slots, action), message)
        return done

    @property
    def paused(self) -> list[str]:
        return list(self.slots.get("paused") or [])

    def _apply(self, turn: Turn) -> None:
        self.slots.update(turn.changes())
        self.form = turn.form

    def _store(self) -> dict[str, Effect]:
        """The actions of a store in which everything goes well."""

        def needs_customer(then: Mapping[str, Any]) -> Effect:
            return lambda _: then if self.verified else {"signal": "verify"}

        def verify(_: dict[str, Any]) -> Mapping[str, Any]:
            self.verified = True
            return {"verify_identifier": None, "verify_birth_date": None, "signal": "done"}

        return {
            "action_submit_verify": verify,
            "action_list_policies": needs_customer({}),
            "action_policy_details": needs_customer({}),
            "action_claim_status": needs_customer({}),
            "action_claim_documents": needs_customer({}),
            "action_ask_contact_confirm": needs_customer({}),
            "action_ask_claim_policy": needs_customer({}),
            "action_check_claim_policy": needs_customer({"claim_policy": "PA-1000001", "claim_line": "auto"}),
            "action_submit_claim": needs_customer({"signal": "done"}),
            "action_request_person": {"callback_known": False, "callback_handoff": 1},
            "action_submit_callback": {"signal": "done"},
        }


def claim_until(question: str, chat: Chat | None = None) -> Chat:
    """A chat in which a car claim has come to this question."""
    chat = chat or Chat(verified=True)
    answers = [
        ("claim_injured", pressed("file_claim")),
        ("claim_policy", pressed("deny")),
        ("claim_what", pressed("inform", policy_number="PA-1000001")),
        ("claim_date", said("it just has a dent now", "inform")),
        ("claim_place", said("yesterday", date="yesterday=2026-11-19")),
        ("claim_auto_kind", said("at home")),
        ("claim_other_party", pressed("inform", choice="collision")),
        ("claim_drivable", pressed("deny")),
        ("claim_report", pressed("affirm")),
        ("claim_photos", pressed("deny")),
        ("claim_confirm", pressed("deny")),
    ]
    for reached, message in answers:
        chat(message)
        if reached == question:
            break
    assert chat.slots["requested_slot"] == question, chat.slots
    return chat
