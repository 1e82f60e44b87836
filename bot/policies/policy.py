"""The dialogue as a Rasa policy: reads the tracker, lets `Dialogue` decide, writes events."""

import hashlib
import json
import re
from collections.abc import Iterator
from datetime import date, datetime, timezone, tzinfo
from itertools import islice
from pathlib import Path
from typing import Any

import pytz
from rasa.core.policies.policy import PolicyPrediction
from rasa.core.policies.rule_policy import RulePolicy
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActiveLoop, BotUttered, Event, SlotSet, UserUttered
from rasa.shared.core.generator import TrackerWithCachedStates
from rasa.shared.core.trackers import DialogueStateTracker

from bot import rasa_patches
from bot.policies.dialogue import ONLY_ANSWERS, Dialogue, Thresholds
from bot.policies.forms import read_forms
from bot.policies.language import in_the_language_of_the_message
from bot.policies.lexicon import Lexicon
from bot.policies.message import Entity, Message
from bot.policies.reading import Reader
from bot.policies.routes import read_intents, read_routes
from bot.policies.state import State, Turn
from bot.values import dates, times

_PAYLOAD = re.compile(r"/(?P<intent>\w+)(?P<values>\{.*\})?")
_MESSAGES_BACK = 4
_ROUTES, _RULED, _LEXICON = "careline_routes", "careline_ruled", "careline_lexicon"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=True)
class DialoguePolicy(RulePolicy):
    """Forms with digressions, corrections and a stack, above Rasa's rules.

    It is a rule policy: the rules are checked as usual, and where `Dialogue` has no opinion they decide. Being one
    policy saves the featurising of every turn's history that a second one would cost.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        """The rule policy's settings, the thresholds, and the folder of the phrases."""
        return {
            **RulePolicy.get_default_config(),
            "phrases": "data/dialogue",
            "understood": Thresholds.understood,
            "longest_digression": Thresholds.longest_digression,
            "time_zone": "UTC",
        }

    @classmethod
    def fingerprint_addon(cls, config: dict[str, Any]) -> str | None:
        """Changes with this package and with the phrases, which Rasa's own fingerprint does not see."""
        folder = Path(config.get("phrases", cls.get_default_config()["phrases"]))
        files = [*sorted(Path(__file__).parent.glob("*.py")), *sorted(folder.glob("*.yml"))]
        return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()

    @classmethod
    def load(cls, *args: Any, **kwargs: Any) -> "DialoguePolicy":
        """Loaded by `rasa test core`, too, which loads nothing else of ours that would bring the patches."""
        rasa_patches.apply()
        policy: DialoguePolicy = super().load(*args, **kwargs)
        return policy

    def train(self, training_trackers: list[TrackerWithCachedStates], domain: Domain, **kwargs: Any) -> Resource:
        """Learn the rules, their simple routes and the phrases."""
        super().train(training_trackers, domain, **kwargs)
        self.lookup[_RULED] = sorted(read_intents(training_trackers))
        self.lookup[_ROUTES] = {i: list(a) for i, a in read_routes(training_trackers).items()}
        self.lookup[_LEXICON] = Lexicon.load(Path(self.config["phrases"])).as_dict()
        self.persist()
        return self._resource

    @in_the_language_of_the_message
    def predict_action_probabilities(
        self,
        tracker: DialogueStateTracker,
        domain: Domain,
        rule_only_data: dict[str, Any] | None = None,
        **kwargs: Any,
    ) -> PolicyPrediction:
        """The next action, with the events that belong to it."""
        heard = tracker.latest_message
        if _ROUTES not in self.lookup or heard is None:
            return super().predict_action_probabilities(tracker, domain, rule_only_data, **kwargs)
        dialogue = self._dialogue(domain)
        message = read_message(tracker, heard, domain, pytz.timezone(self.config["time_zone"]))
        message = dialogue.reader.for_themselves(dialogue.reader.alert(message))
        if tracker.latest_action_name != ACTION_LISTEN_NAME:
            action, turn = dialogue.go_on(read_state(tracker), message)
            if action == ACTION_LISTEN_NAME and self._is_for_plain_rules(message, dialogue, tracker):
                return super().predict_action_probabilities(tracker, domain, rule_only_data, **kwargs)
        else:
            decided = (
                None
                if self._is_for_plain_rules(message, dialogue, tracker)
                else dialogue.hear(read_state(tracker), message)
            )
            if decided is None:
                return super().predict_action_probabilities(tracker, domain, rule_only_data, **kwargs)
            action, turn = decided
        return self._decided(domain, action, events_of(turn))

    def _is_for_plain_rules(self, message: Message, dialogue: Dialogue, tracker: DialogueStateTracker) -> bool:
        """Whether only a rule with conditions knows this intent."""
        in_form = tracker.active_loop_name in dialogue.forms
        return not in_form and message.intent in self.lookup[_RULED] and message.intent not in dialogue.routes

    def _dialogue(self, domain: Domain) -> Dialogue:
        cached = getattr(self, "_cached_dialogue", None)
        if cached is None or cached[0] is not domain:
            self._cached_dialogue = cached = (domain, self._build(domain))
        return cached[1]

    def _build(self, domain: Domain) -> Dialogue:
        forms = read_forms(
            {name: domain.required_slots_for_form(name) for name in domain.form_names},
            {slot.name: slot.mappings for slot in domain.slots},
        )
        thresholds = Thresholds(**{name: self.config[name] for name in Thresholds.__dataclass_fields__})
        return Dialogue(
            forms=forms,
            routes={intent: tuple(actions) for intent, actions in self.lookup[_ROUTES].items()},
            known_actions=frozenset(domain.action_names_or_texts),
            reader=Reader(Lexicon.of([self.lookup[_LEXICON]]), complete),
            thresholds=thresholds,
        )

    def _decided(self, domain: Domain, action: str, events: list[Event]) -> PolicyPrediction:
        probabilities = [0.0] * domain.num_actions
        probabilities[domain.index_for_action(action)] = 1.0
        return self._prediction(probabilities, events=events, is_no_user_prediction=True)


def complete(kind: str, partial: Any, today: date, expects: Any) -> str | None:
    """The day or time that a partial one means, as ISO text; None when it means none.

    A button may carry a whole one already.
    """
    if isinstance(partial, str) and not partial.startswith("{"):
        return partial
    said = json.loads(partial) if isinstance(partial, str) else partial
    if kind == "time":
        exact = "hour" in said or expects == "future"  # "last night" is no time of day to write down
        moment = times.complete(said) if exact else None
        return moment.isoformat("minutes") if moment else None
    day = dates.complete(said, today, expects)
    possible = day is not None and (expects == "future" or day <= today)
    return day.isoformat() if day and possible else None


def read_state(tracker: DialogueStateTracker) -> State:
    """Where the tracker says the dialogue stands."""
    last = tracker.latest_action_name
    return State(
        form=tracker.active_loop_name,
        slots=tracker.current_slot_values(),
        last_action=None if last == ACTION_LISTEN_NAME else last,
    )


def read_message(tracker: DialogueStateTracker, heard: UserUttered, domain: Domain, zone: tzinfo) -> Message:
    """The customer's latest message."""
    text = heard.text or ""
    button = _button_read_out(tracker, text)
    is_command = button is not None or text.startswith("/")
    offer = _last_offer(tracker, domain)
    parsed = heard.parse_data or {}
    return Message(
        text="" if is_command else text,
        intent=button[0] if button else heard.intent_name,
        confidence=1.0 if button else float(heard.intent.get("confidence") or 0.0),
        entities=tuple(
            Entity(e["entity"], e["value"], int(e.get("start") or 0), int(e.get("end") or 0))
            for e in (button[1] if button else heard.entities)
        ),
        is_command=is_command,
        attachments=tuple((heard.metadata or {}).get("attachments") or ()),
        today=datetime.fromtimestamp(heard.timestamp, timezone.utc).astimezone(zone).date(),
        known=any(passage.get("certain") for passage in parsed.get("knowledge") or ()),
        offered=offer.get("offers"),
        otherwise=offer.get("otherwise"),
        asked=_asked_before(tracker),
        **{name: float(value) for name, value in (parsed.get("certainty") or {}).items() if name in ("even", "sure")},
    )


def _asked_before(tracker: DialogueStateTracker) -> str | None:
    """The intent of the latest request before this message; what was said to answer questions is none."""
    said = (event for event in reversed(tracker.events) if isinstance(event, UserUttered))
    before = [event.intent_name for event in islice(said, 1, _MESSAGES_BACK + 1)]
    return next((intent for intent in before if intent not in (*ONLY_ANSWERS, None)), None)


def events_of(turn: Turn) -> list[Event]:
    """The events that make a turn's changes true."""
    events: list[Event] = [SlotSet(name, value) for name, value in turn.changes().items()]
    if turn.form != turn.state.form:
        events.insert(0, ActiveLoop(turn.form))
    return events


def _button_read_out(tracker: DialogueStateTracker, text: str) -> tuple[str, list[dict[str, Any]]] | None:
    """Intent and values of the button of the turn before whose title somebody typed instead of pressing it."""
    typed = _plain(text)
    for event in _turn_before(tracker) if typed else ():
        buttons = event.data.get("buttons") or [] if isinstance(event, BotUttered) else []
        for button in buttons:
            found = _PAYLOAD.fullmatch(button.get("payload") or "")
            if found and _plain(button.get("title") or "") == typed:
                values = json.loads(found["values"] or "{}")
                return found["intent"], [{"entity": name, "value": value} for name, value in values.items()]
    return None


def _plain(text: str) -> str:
    return " ".join(text.lower().replace("\u2019", "'").strip(" .!?\u3002\uff01\uff1f").split())


def _turn_before(tracker: DialogueStateTracker) -> Iterator[Event]:
    """What happened between the latest message and the one before it, the latest first."""
    heard = False
    for event in reversed(tracker.events):
        if isinstance(event, UserUttered):
            if heard:
                return
            heard = True
        elif heard:
            yield event


def _last_offer(tracker: DialogueStateTracker, domain: Domain) -> dict[str, Any]:
    """What the responses of the turn before offered, the latest first, from their `metadata` in `data/responses`."""
    for event in _turn_before(tracker):
        if isinstance(event, BotUttered):
            if (event.data.get("custom") or {}).get("more"):
                return {"offers": "hear_more", "otherwise": "utter_deny_alone"}
            variations = domain.responses.get(event.metadata.get("utter_action"), [])
            offers = [
                v["metadata"]
                for v in variations
                if "offers" in v.get("metadata", {}) or "otherwise" in v.get("metadata", {})
            ]
            if offers:
                return offers[0]
    return {}
