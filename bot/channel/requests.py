"""What the gateway asks for, checked."""

import re
from dataclasses import dataclass
from typing import Any

_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_MAX_TEXT = 20_000  # characters; the gateway's limit is far lower


class BadRequest(Exception):
    """The request body is not what the channel understands; the message names the field."""


@dataclass(frozen=True)
class TurnRequest:
    """One customer message, as the gateway passes it on."""

    conversation_id: str
    message_id: str
    text: str
    command: str | None
    attachments: list[dict[str, Any]]
    channel: str
    language: str
    statement: str | None

    @classmethod
    def parse(cls, body: Any) -> "TurnRequest":
        """The request from its JSON body.

        Raises:
            BadRequest: a field is missing or of the wrong type, or nothing is said.
        """
        if not isinstance(body, dict):
            raise BadRequest("The body must be a JSON object.")
        request = cls(
            conversation_id=identifier(body, "conversation_id"),
            message_id=identifier(body, "message_id"),
            text=_text(body, "text") or "",
            command=_text(body, "command"),
            attachments=_attachments(body),
            channel=_text(body, "channel") or "chat",
            language=_text(body, "language") or "en",
            statement=_text(body, "statement"),
        )
        if not (request.text.strip() or request.command or request.attachments):
            raise BadRequest("One of text, command and attachments must say something.")
        return request


def identifier(body: Any, name: str) -> str:
    """A conversation's or message's id.

    Raises:
        BadRequest: it is missing or malformed.
    """
    value = body.get(name) if isinstance(body, dict) else None
    if not isinstance(value, str) or not _ID.fullmatch(value):
        raise BadRequest(f"{name} must be 1 to 64 letters, digits, hyphens or underscores.")
    return value


def _text(body: dict[str, Any], name: str) -> str | None:
    value = body.get(name)
    if value is not None and (not isinstance(value, str) or len(value) > _MAX_TEXT):
        raise BadRequest(f"{name} must be a text of at most {_MAX_TEXT} characters.")
    return value


def _attachments(body: dict[str, Any]) -> list[dict[str, Any]]:
    value = body.get("attachments") or []
    if not isinstance(value, list) or not all(isinstance(item, dict) and item.get("id") for item in value):
        raise BadRequest("attachments must be a list of objects with an id.")
    return [{key: item.get(key) for key in ("id", "name", "media_type")} for item in value]
