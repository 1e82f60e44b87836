"""The part of Chatwoot's application API that hand-offs need.

Shapes are those of Chatwoot's own description of its API (developers.chatwoot.com, `swagger/` in its repository):
contacts and conversations in an API inbox, messages both ways, status.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

from gateway.targets.settings import TargetSettings

OURS = "careline_id"  # in `content_attributes` of every message that we post, and so of its echo
_HANDOFF = "careline_handoff"
_OUTGOING = 1
_PAGE = 100  # messages that Chatwoot gives at a time after an id


class Away(Exception):
    """Chatwoot cannot be reached, or cannot help just now; worth another try."""


class Rejected(Exception):
    """Chatwoot does not accept a request: a setting is wrong, or something was deleted there."""

    def __init__(self, status: int, path: str) -> None:
        super().__init__(f"Chatwoot answered {status} to {path}")
        self.status = status


@dataclass(frozen=True, slots=True)
class RemoteMessage:
    """A message as Chatwoot has it.

    Attributes:
        ours: our own id of it, when we posted it.
        is_said: an agent says it to the customer: no note, nothing automatic, not the customer's.
        agent: number and name of who says it.
        files: addresses of its attachments.
    """

    id: int
    text: str
    ours: str
    is_said: bool
    agent: tuple[int, str]
    files: tuple[str, ...]


class ChatwootApi:
    """Calls Chatwoot. Every method raises `Away` and `Rejected`."""

    def __init__(self, settings: TargetSettings) -> None:
        self._inbox = settings.chatwoot_inbox
        self._http = httpx.AsyncClient(
            base_url=f"{settings.chatwoot_url}/api/v1/accounts/{settings.chatwoot_account}",
            headers={"api_access_token": settings.chatwoot_token.get_secret_value()},
            timeout=settings.chatwoot_timeout,
        )

    async def close(self) -> None:
        """Let connections go."""
        await self._http.aclose()

    async def contact(self, identifier: str, name: str) -> tuple[int, str]:
        """Number and source id of a contact in our inbox; made unless it is there."""
        try:
            content = {"inbox_id": self._inbox, "name": name, "identifier": identifier}
            made = (await self._call("POST", "/contacts", json=content))["payload"]
            return int(made["contact"]["id"]), str(made["contact_inbox"]["source_id"])
        except Rejected as error:
            if error.status != 422:  # taken: made by an attempt whose answer was lost, or by an earlier hand-off
                raise
        found = await self._call("GET", "/contacts/search", params={"q": identifier})
        for contact in found["payload"]:
            for place in contact.get("contact_inboxes") or ():
                if contact.get("identifier") == identifier and place["inbox"]["id"] == self._inbox:
                    return int(contact["id"]), str(place["source_id"])
        raise Rejected(422, "/contacts")

    async def conversation(self, contact_id: int, source_id: str, handoff_id: int, *, look: bool) -> int:
        """The conversation of a hand-off, opened; with `look` only unless it is there already."""
        if look:
            for each in (await self._call("GET", f"/contacts/{contact_id}/conversations"))["payload"]:
                if (each.get("custom_attributes") or {}).get(_HANDOFF) == handoff_id:
                    return int(each["id"])
        content = {
            "source_id": source_id,
            "inbox_id": self._inbox,
            "contact_id": contact_id,
            "status": "open",
            "custom_attributes": {_HANDOFF: handoff_id},
        }
        return int((await self._call("POST", "/conversations", json=content))["id"])

    async def post(self, remote_id: int, text: str, ours: str, *, private: bool) -> None:
        """The customer's words, or, `private`, a note for the agents."""
        content = {
            "content": text,
            "message_type": "outgoing" if private else "incoming",
            "private": private,
            "content_type": "text",
            "content_attributes": {OURS: ours},
        }
        await self._call("POST", f"/conversations/{remote_id}/messages", json=content)

    async def messages(self, remote_id: int, after: int) -> list[RemoteMessage]:
        """All messages after a number, the oldest first."""
        found: list[RemoteMessage] = []
        while True:
            page = await self._call("GET", f"/conversations/{remote_id}/messages", params={"after": after})
            found += [_message(each) for each in page["payload"]]
            if len(page["payload"]) < _PAGE:
                return sorted(found, key=lambda message: message.id)
            after = max(message.id for message in found)

    async def status(self, remote_id: int) -> str:
        """`open`, `pending`, `resolved` or `snoozed`."""
        return str((await self._call("GET", f"/conversations/{remote_id}"))["status"])

    async def resolve(self, remote_id: int) -> None:
        """End the conversation over there; again, it changes nothing."""
        await self._call("POST", f"/conversations/{remote_id}/toggle_status", json={"status": "resolved"})

    async def _call(self, method: str, path: str, **values: Any) -> Any:
        try:
            answer = await self._http.request(method, path, **values)
        except (httpx.HTTPError, OSError) as error:
            raise Away(type(error).__name__) from error
        if answer.status_code == 429 or answer.status_code >= 500:
            raise Away(str(answer.status_code))
        if not answer.is_success:
            raise Rejected(answer.status_code, path)
        try:
            return answer.json()
        except ValueError as error:
            raise Away("no JSON") from error


def _message(raw: Mapping[str, Any]) -> RemoteMessage:
    sender = raw.get("sender") or {}
    attributes = raw.get("content_attributes") or {}
    ours = str(attributes.get(OURS, "")) if isinstance(attributes, Mapping) else ""
    is_person = str(sender.get("type", "")).lower() == "user"
    return RemoteMessage(
        id=int(raw["id"]),
        text=str(raw.get("content") or ""),
        ours=ours,
        is_said=raw["message_type"] == _OUTGOING and not raw.get("private") and is_person and not ours,
        agent=(int(sender.get("id") or 0), str(sender.get("available_name") or sender.get("name") or "")),
        files=tuple(str(each["data_url"]) for each in raw.get("attachments") or () if each.get("data_url")),
    )
