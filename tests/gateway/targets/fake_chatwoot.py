"""Chatwoot as its API's description says, on loopback: strict about what it is sent, forgetful on request.

Shapes: developers.chatwoot.com, "Application APIs" (contacts, conversations, messages) and "Webhooks".
"""

import asyncio
import hashlib
import hmac
import itertools
import json
import time
from typing import Annotated, Any, Literal

import httpx
from fastapi import Depends, FastAPI, Header, HTTPException, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict

from tests.gateway.harness import PATIENCE

ACCOUNT, INBOX, TOKEN, SECRET = 7, 3, "agent-token", "signing-secret"
TYPES = {"incoming": 0, "outgoing": 1, "activity": 2}


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class NewContact(_Body):
    inbox_id: int
    name: str
    identifier: str


class NewConversation(_Body):
    source_id: str
    inbox_id: int
    contact_id: int
    status: Literal["open", "resolved", "pending"]
    custom_attributes: dict[str, Any]


class NewMessage(_Body):
    content: str
    message_type: Literal["outgoing", "incoming"]
    private: bool
    content_type: Literal["text"]
    content_attributes: dict[str, Any]


class NewStatus(_Body):
    status: Literal["open", "resolved", "pending", "snoozed"]


class FakeChatwoot:
    """`down`: nothing works. `forget_answers`: so many requests that change something are done, but not answered."""

    def __init__(self) -> None:
        self.contacts: dict[int, dict[str, Any]] = {}
        self.conversations: dict[int, dict[str, Any]] = {}
        self.messages: dict[int, list[dict[str, Any]]] = {}
        self.down = False
        self.forget_answers = 0
        self.faults: list[str] = []
        self.refused = 0
        self.hook_url = ""
        self.answers: list[int] = []
        self._ids = itertools.count(101)
        self._news = asyncio.Event()
        self.app = self._application()

    # --- what people do there

    async def agent_says(
        self, remote_id: int, text: str, name: str = "Ines", private: bool = False, files: tuple[str, ...] = (),
        agent_id: int = 0,
    ) -> dict[str, Any]:  # fmt: skip
        sender = {"id": agent_id or sum(name.encode()), "name": name, "type": "user"}
        message = self._add(remote_id, text, "outgoing", private, {}, sender)
        if files:
            message["attachments"] = [{"id": 1, "file_type": "file", "data_url": url} for url in files]
        await self.tell(remote_id, "message_created", message)
        return message

    async def set_status(self, remote_id: int, status: str) -> None:
        self.conversations[remote_id]["status"] = status
        self._add(remote_id, f"Conversation was marked {status}", "activity", False, {}, None)
        await self.tell(remote_id, "conversation_status_changed")

    async def tell(self, remote_id: int, event: str, message: dict[str, Any] | None = None, **headers: str) -> int:
        """Send a webhook, signed, once and without another try, as Chatwoot does."""
        account, conversation = {"id": ACCOUNT, "name": "Insurer"}, self.conversations[remote_id]
        if message is None:
            payload = {**conversation, "event": event, "changed_attributes": []}
        else:
            kind = next(name for name, number in TYPES.items() if number == message["message_type"])
            payload = {
                **message,
                "event": event,
                "message_type": kind,
                "account": account,
                "conversation": conversation,
            }
        body, stamp = json.dumps(payload).encode(), str(int(time.time()))
        digest = hmac.new(SECRET.encode(), f"{stamp}.".encode() + body, hashlib.sha256).hexdigest()
        signed = {"x-chatwoot-timestamp": stamp, "x-chatwoot-signature": f"sha256={digest}", **headers}
        try:
            async with httpx.AsyncClient(timeout=PATIENCE) as http:
                self.answers.append((await http.post(self.hook_url, content=body, headers=signed)).status_code)
        except httpx.HTTPError:
            self.answers.append(0)
        return self.answers[-1]

    # --- what a test looks at

    def public(self, remote_id: int) -> list[tuple[str, str]]:
        kinds = {number: name for name, number in TYPES.items()}
        return [
            (kinds[each["message_type"]], each["content"])
            for each in self.messages[remote_id]
            if not each["private"] and each["message_type"] != TYPES["activity"]
        ]

    def notes(self, remote_id: int) -> list[str]:
        return [each["content"] for each in self.messages[remote_id] if each["private"]]

    async def until(self, condition: Any) -> Any:
        async with asyncio.timeout(PATIENCE):
            while not (found := condition()):
                self._news.clear()
                await self._news.wait()
        return found

    async def opened(self) -> int:
        """The newest conversation, once there is one with a note."""
        await self.until(lambda: any(self.notes(key) for key in self.conversations))
        return max(self.conversations)

    # --- the API

    def _add(
        self, remote_id: int, text: str, kind: str, private: bool, attributes: dict[str, Any], sender: Any
    ) -> dict[str, Any]:
        message = {
            "id": next(self._ids),
            "content": text,
            "inbox_id": INBOX,
            "conversation_id": remote_id,
            "message_type": TYPES[kind],
            "content_type": "text",
            "content_attributes": attributes,
            "private": private,
            "created_at": int(time.time()),
            "sender": sender,
        }
        self.messages[remote_id].append(message)
        self._news.set()
        return message

    def _application(self) -> FastAPI:
        app = FastAPI()
        base = f"/api/v1/accounts/{ACCOUNT}"
        guarded = [Depends(_authenticated)]

        @app.middleware("http")
        async def weather(request: Request, go_on: Any) -> Any:
            if self.down:
                self.refused += 1
                self._news.set()
                return JSONResponse({}, status_code=503)
            answer = await go_on(request)
            if answer.status_code in (404, 405, 401) or (answer.status_code == 422 and not self._is_taken):
                self.faults.append(f"{answer.status_code} {request.method} {request.url.path}")
            self._is_taken = False
            if self.forget_answers and request.method == "POST" and answer.status_code == 200:
                self.forget_answers -= 1
                self._news.set()
                return JSONResponse({}, status_code=502)
            return answer

        app.add_api_route(base + "/contacts", self._new_contact, methods=["POST"], dependencies=guarded)
        app.add_api_route(base + "/contacts/search", self._search, methods=["GET"], dependencies=guarded)
        app.add_api_route(base + "/contacts/{key}/conversations", self._of_contact, dependencies=guarded)
        app.add_api_route(base + "/conversations", self._new_conversation, methods=["POST"], dependencies=guarded)
        app.add_api_route(base + "/conversations/{key}", self._conversation, dependencies=guarded)
        app.add_api_route(base + "/conversations/{key}/messages", self._list, dependencies=guarded)
        app.add_api_route(
            base + "/conversations/{key}/messages", self._new_message, methods=["POST"], dependencies=guarded
        )
        app.add_api_route(
            base + "/conversations/{key}/toggle_status", self._toggle, methods=["POST"], dependencies=guarded
        )
        return app

    _is_taken = False

    async def _new_contact(self, new: NewContact) -> Any:
        if any(each["identifier"] == new.identifier for each in self.contacts.values()):
            self._is_taken = True
            return JSONResponse({"message": "Identifier has already been taken"}, status_code=422)
        key = next(self._ids)
        place = {"source_id": f"source-{key}", "inbox": {"id": new.inbox_id, "channel_type": "Channel::Api"}}
        self.contacts[key] = {"id": key, "name": new.name, "identifier": new.identifier, "contact_inboxes": [place]}
        return {"payload": {"contact": self.contacts[key], "contact_inbox": place}}

    async def _search(self, q: str) -> Any:
        found = [each for each in self.contacts.values() if q in each["identifier"]]
        return {"meta": {"count": len(found), "current_page": 1}, "payload": found}

    async def _of_contact(self, key: int) -> Any:
        return {"payload": [each for each in self.conversations.values() if each["contact_id"] == key]}

    async def _new_conversation(self, new: NewConversation) -> Any:
        if new.contact_id not in self.contacts or new.inbox_id != INBOX:
            raise HTTPException(404)
        key = next(self._ids)
        self.conversations[key] = {"id": key, "account_id": ACCOUNT, **new.model_dump()}
        self.messages[key] = []
        return self.conversations[key]

    async def _conversation(self, key: int) -> Any:
        if key not in self.conversations:
            raise HTTPException(404)
        return self.conversations[key]

    async def _list(self, key: int, after: int) -> Any:
        found = [each for each in self.messages[key] if each["id"] > after]
        return {"meta": {}, "payload": found[:100]}

    async def _new_message(self, key: int, new: NewMessage) -> Any:
        contact = {"id": self.conversations[key]["contact_id"], "type": "contact"}
        sender = contact if new.message_type == "incoming" else {"id": 1, "name": "Careline", "type": "user"}
        message = self._add(key, new.content, new.message_type, new.private, new.content_attributes, sender)
        if self.hook_url:
            await self.tell(key, "message_created", message)  # the echo of what we posted
        return message

    async def _toggle(self, key: int, new: NewStatus) -> Any:
        changed = self.conversations[key]["status"] != new.status
        self.conversations[key]["status"] = new.status
        self._news.set()
        if changed and self.hook_url:
            await self.tell(key, "conversation_status_changed")
        return {"meta": {}, "payload": {"success": True, "conversation_id": key, "current_status": new.status}}


async def _authenticated(api_access_token: Annotated[str, Header(convert_underscores=False)] = "") -> None:
    if api_access_token != TOKEN:
        raise HTTPException(401)
