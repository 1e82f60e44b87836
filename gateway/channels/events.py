"""What browsers send through the chat socket, read from whatever actually arrives."""

import re
from dataclasses import dataclass
from typing import Any

from gateway.errors import Refusal

_LANGUAGE = re.compile("[a-z]{2,3}")
_LONGEST_ID = 128
_MOST_ATTACHMENTS = 64
_LONGEST_COMMENT = 2_000
_HIGHEST_SEQ = 2**31


@dataclass(frozen=True, slots=True)
class SessionRequest:
    """`session_request`: open the named session, or a new one; `after` is the last seq the browser has.

    `language` is the one the widget speaks: a new conversation begins in it.
    """

    session_id: str | None
    after: int
    language: str | None = None


@dataclass(frozen=True, slots=True)
class UserUttered:
    """`user_uttered`; without a `message_id` it comes from a plain Rasa widget."""

    message: str
    session_id: str | None
    message_id: str | None
    attachments: tuple[str, ...]


def session_request(arguments: tuple[Any, ...]) -> SessionRequest:
    """Read a `session_request`; anything that makes no sense in it counts as absent, as Rasa's server does."""
    data = arguments[0] if arguments and isinstance(arguments[0], dict) else {}
    return SessionRequest(_identifier(data.get("session_id")), _seq(data.get("after")), _language(data.get("language")))


def user_uttered(arguments: tuple[Any, ...]) -> UserUttered:
    """Read a `user_uttered`.

    Raises:
        Refusal: bad_message or bad_attachment.
    """
    data = arguments[0] if arguments else None
    if not isinstance(data, dict):
        raise Refusal("bad_message")
    message = data.get("message")
    metadata = data.get("metadata")
    metadata = metadata if isinstance(metadata, dict) else {}
    attachments = _attachments(metadata.get("attachments"))
    if message is None and attachments:
        message = ""
    if not isinstance(message, str):
        raise Refusal("bad_message")
    message_id = metadata.get("message_id")
    if message_id is not None and not isinstance(message_id, str):
        raise Refusal("bad_message")
    return UserUttered(message, _identifier(data.get("session_id")), message_id, attachments)


def is_typing(arguments: tuple[Any, ...]) -> bool:
    """Read a `typing {state}`: whether the customer is writing."""
    data = arguments[0] if arguments and isinstance(arguments[0], dict) else {}
    return data.get("state") == "on"


def rating(arguments: tuple[Any, ...]) -> tuple[int, str]:
    """Read a `rate {score, comment?}`: the score, whatever it is, and the comment.

    Raises:
        Refusal: bad_message.
    """
    data = arguments[0] if arguments and isinstance(arguments[0], dict) else {}
    score, comment = data.get("score"), data.get("comment") or ""
    if not isinstance(score, int) or isinstance(score, bool) or not isinstance(comment, str):
        raise Refusal("bad_message")
    if len(comment) > _LONGEST_COMMENT:
        raise Refusal("too_long")
    return score, comment


def _language(value: Any) -> str | None:
    return value if isinstance(value, str) and _LANGUAGE.fullmatch(value) else None


def _seq(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < _HIGHEST_SEQ:
        return value
    return 0


def _attachments(value: Any) -> tuple[str, ...]:
    if value is None:
        return ()
    if not isinstance(value, list) or len(value) > _MOST_ATTACHMENTS:
        raise Refusal("bad_attachment")
    ids = tuple(_identifier(item) for item in value)
    if None in ids:
        raise Refusal("bad_attachment")
    return tuple(item for item in ids if item)


def _identifier(value: Any) -> str | None:
    """An id as our clients and Rasa's make them: short, printable ASCII; else None."""
    if isinstance(value, str) and 0 < len(value) <= _LONGEST_ID and value.isascii() and value.isprintable():
        return value
    return None
