"""The response generator that `endpoints.yml` names (`nlg: type: bot.nlg.LocalisedResponses`)."""

import copy
from collections.abc import Mapping
from typing import Any

from rasa.core.nlg.generator import NaturalLanguageGenerator
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import BotUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

from bot.nlg.errors import UnknownResponse
from bot.nlg.expectation import expectation
from bot.nlg.variations import VOICE, buttons_of, marks_of, next_index, suitable
from bot.nlg.writing import Writer

LANGUAGE = "language"
LOCALE = "utter_label_locale"
REQUESTED = "requested_slot"
MORE = "hear_more"
"""The intent of a "yes" to hearing the rest of a list."""
ROWS_BY_EAR = 3
"""So many can be kept in mind; the others are there for whoever wants to hear them."""


class LocalisedResponses(NaturalLanguageGenerator):
    """Says a response in the customer's language, as the channel needs it, and never the same way twice running.

    Rasa's own choice lets an English voice variation win over the Chinese one, and says nothing for an unset language.
    """

    def __init__(self, endpoint_config: EndpointConfig | None = None, domain: Domain | None = None) -> None:
        domain = domain or Domain.empty()
        self._responses: dict[str, list[dict[str, Any]]] = domain.responses
        initial = [slot.initial_value for slot in domain.slots if slot.name == LANGUAGE]
        self._default_language = str(initial[0]) if initial and initial[0] else "en"
        self._reading = {slot.name: slot.mappings[0] for slot in domain.slots if slot.mappings}

    async def generate(
        self, utter_action: str, tracker: DialogueStateTracker, output_channel: str, **kwargs: Any
    ) -> dict[str, Any] | None:
        """The message: text, buttons, data, and which variation it is.

        Args:
            kwargs: the values an action gives; slots stand in for what it does not give.

        Raises:
            ResponseError: the response does not exist, or a value it names is missing.
        """
        values = {**tracker.current_slot_values(), **kwargs}
        language = str(tracker.get_slot(LANGUAGE) or self._default_language)
        choices = self._choices(utter_action, language, output_channel)
        index = next_index(choices, _said_before(tracker, utter_action))
        said = copy.deepcopy(choices[index])
        if output_channel == VOICE:
            said["buttons"] = buttons_of(self._choices(utter_action, language, ""), said, index)
        message = self._written(utter_action, said, values, language, output_channel)
        if output_channel == VOICE:
            self._expect(utter_action, message, marks_of(self._responses[utter_action], said), tracker)
        message["variation"] = index
        return message

    def _expect(
        self, name: str, message: dict[str, Any], marked: Mapping[str, Any], tracker: DialogueStateTracker
    ) -> None:
        """Say for the ears what is expected; where yes or no is, there is nothing to choose from."""
        data = message.get("custom") or {}
        more = {"offers": MORE} if data.get("more") else {}
        asked = self._reading.get(str(tracker.get_slot(REQUESTED)))
        expected = expectation(name, {**marked, **more}, message.get("buttons") or (), None if more else asked)
        if expected:
            message["custom"] = {**data, "voice": expected}
            if expected["kind"] == "yes_no":
                message.pop("buttons", None)

    def text(self, name: str, values: Mapping[str, Any], language: str, channel: str) -> str:
        """The text of the first suitable variation, for labels and the rows of a list."""
        template = self._choices(name, language, channel)[0].get("text", "")
        if "{" not in template:
            return template
        return self._writer(name, values, language, channel).fill(template)

    def _choices(self, name: str, language: str, channel: str) -> list[dict[str, Any]]:
        choices = suitable(self._responses.get(name, []), language, self._default_language, channel)
        if not choices:
            raise UnknownResponse(name)
        return choices

    def _writer(self, name: str, values: Mapping[str, Any], language: str, channel: str) -> Writer:
        locale = self._choices(LOCALE, language, channel)[0]["text"]
        return Writer(
            name,
            values,
            locale,
            lambda other, given: self.text(other, given, language, channel),
            at_once=ROWS_BY_EAR if channel == VOICE else None,
        )

    def _written(
        self, name: str, said: dict[str, Any], values: Mapping[str, Any], language: str, channel: str
    ) -> dict[str, Any]:
        writer = self._writer(name, values, language, channel)
        message: dict[str, Any] = {
            key: writer.fill(said[key]) for key in ("text", "image", "attachment") if key in said
        }
        if "buttons" in said:
            message["buttons"] = writer.buttons(said["buttons"])
        if "custom" in said:
            message["custom"] = writer.data(said["custom"])
        if writer.rest:
            more = self.text("utter_label_more", {"count": len(writer.rest)}, language, channel)
            message["text"] = f"{message['text']}\n{more}"
            message.setdefault("custom", {})["more"] = writer.rest
        return message


def _said_before(tracker: DialogueStateTracker, utter_action: str) -> int | None:
    for event in reversed(tracker.events):
        if isinstance(event, BotUttered) and event.metadata.get("utter_action") == utter_action:
            return int(event.metadata.get("variation") or 0)
    return None
