"""The way to the action server: one connection kept open, and no more sent than actions read."""

import asyncio
from typing import Any

import aiohttp
from rasa.core.actions.action import RemoteAction
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import Event, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker, EventVerbosity
from rasa.utils.endpoints import ClientResponseError, EndpointConfig

NEWEST_EVENTS = 40  # what an action is told of the past; always back to the customer's message
DOMAIN_UNKNOWN = 449  # rasa-sdk's answer when it does not hold the domain of the given digest

# What understanding leaves in a message beside intent and entities: for the message in hand only.
_PARSING = ("intent_ranking", "text_tokens", "response_selector")


class ActionEndpoint(EndpointConfig):
    """Rasa's endpoint, without a new connection and a new copy of the domain for every action."""

    def __init__(self, url: str, timeout: float) -> None:
        """An endpoint at `url`; a call that takes longer than `timeout` seconds has failed."""
        super().__init__(url)
        self._timeout = timeout
        self._session: aiohttp.ClientSession | None = None
        self._known: tuple[Domain, str] | None = None

    async def request(self, *_: Any, json: dict[str, Any], **__: Any) -> Any:
        """The action server's answer to a call made by `call_format`.

        Raises:
            ClientResponseError: the action server refused or failed, as Rasa expects it.
            aiohttp.ClientError: it cannot be reached, or takes too long.
        """
        domain: Domain = json.pop("domain")
        json["domain_digest"] = self._digest(domain)
        try:
            return await self._post(json)
        except ClientResponseError as error:
            if error.status != DOMAIN_UNKNOWN:
                raise
        return await self._post({**json, "domain": domain.as_dict()})

    async def close(self) -> None:
        """Closes the connection."""
        if self._session is not None:
            await self._session.close()

    async def _post(self, call: dict[str, Any]) -> Any:
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=self._timeout))
        try:
            async with self._session.post(self.url, json=call) as response:
                if response.status >= 400:
                    raise ClientResponseError(response.status, response.reason, await response.text())
                return await response.json()
        except asyncio.TimeoutError:
            raise aiohttp.ServerTimeoutError("The action server took too long.") from None

    def _digest(self, domain: Domain) -> str:
        if self._known is None or self._known[0] is not domain:
            self._known = (domain, domain.fingerprint())
        return self._known[1]


def call_format(action: RemoteAction, tracker: DialogueStateTracker, domain: Domain) -> dict[str, Any]:
    """What `ActionEndpoint.request` sends for an action; `domain` is replaced by its digest there."""
    state = tracker.current_state(EventVerbosity.NONE)
    state["events"] = [_slim(event, tracker.latest_message) for event in _newest(tracker)]
    return {"next_action": action.name(), "sender_id": tracker.sender_id, "tracker": state, "domain": domain}


def _newest(tracker: DialogueStateTracker) -> list[Event]:
    newest: list[Event] = []
    heard = False
    for event in reversed(tracker.events):
        if heard and len(newest) >= NEWEST_EVENTS:
            break
        newest.append(event)
        heard = heard or isinstance(event, UserUttered)
    return newest[::-1]


def _slim(event: Event, latest: UserUttered | None) -> dict[str, Any]:
    data = event.as_dict()
    if isinstance(event, UserUttered) and event is not latest:
        data["parse_data"] = {name: value for name, value in data["parse_data"].items() if name not in _PARSING}
    return data
