"""The client of the bot's private channel: one POST per turn, answered by a stream of JSON lines."""

import json
import re
from collections.abc import AsyncGenerator, AsyncIterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx

from crm.domain.desk import Reading
from gateway.errors import BotRefused, BotUnreachable
from vault import token_file

_TURN = "/webhooks/careline/turn"
_READY = "/webhooks/careline/ready"
_LONGEST_LINE = 1024 * 1024
_LONGEST_NAME = 64  # of an intent or action
_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z]{2,4})?")
# Answers that another attempt can change: no such token yet, not ready, busy, restarting.
_WORTH_RETRYING = frozenset({401, 403, 404, 408, 409, 425, 429})


@dataclass(frozen=True, slots=True)
class Utterance:
    """One thing the bot says; `ordinal` counts from 0 within the turn."""

    ordinal: int
    text: str
    quick_replies: list[dict[str, str]] = field(default_factory=list)
    attachment: Any = None
    data: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Working:
    """A sign of life while nothing is said."""


@dataclass(frozen=True, slots=True)
class End:
    """The end of a turn that went well.

    Attributes:
        language: in which the bot goes on; None when it does not say.
        reading: what it made of the message; None when it does not say.
    """

    language: str | None = None
    reading: Reading | None = None


class BotClient:
    """Speaks to one or several Rasa processes; a conversation always meets the same one."""

    def __init__(
        self, urls: Sequence[str], token_path: Path, *, connect_timeout: float, silence_timeout: float
    ) -> None:
        self.urls = tuple(urls)
        self._token_path = token_path
        self._token = ""
        self._http = httpx.AsyncClient(
            timeout=httpx.Timeout(silence_timeout, connect=connect_timeout, pool=None),
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=64, keepalive_expiry=4.0),
            trust_env=False,
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    def url_for(self, conversation_id: str) -> str:
        """The process that holds this conversation (ids are random hex, so their head is a fair hash)."""
        return self.urls[int(conversation_id[:8], 16) % len(self.urls)]

    async def turn(self, turn: dict[str, Any]) -> AsyncGenerator[Utterance | Working | End, None]:
        """What the bot says to one message, as it says it.

        Args:
            turn: the request body of the contract: conversation_id, message_id, text, command, attachments,
                channel, language, statement.

        Raises:
            BotUnreachable: no connection, silence, or an end without an end frame; the turn may be repeated.
            BotRefused: the bot answered that it cannot answer.
        """
        url = self.url_for(turn["conversation_id"]) + _TURN
        accepted = False
        try:
            async with self._http.stream("POST", url, json=turn, headers=self._authorization()) as response:
                self._check_status(response.status_code)
                accepted = True
                lines = _lines(response.aiter_bytes())
                async for line in lines:
                    frame = _frame(line)
                    if isinstance(frame, End):
                        await _read_out(lines)
                        yield frame
                        return
                    yield frame
        except httpx.HTTPError as error:
            raise BotUnreachable(type(error).__name__, accepted=accepted) from error
        raise BotUnreachable("the stream ended without an end frame", accepted=True)

    async def why_not_ready(self, url: str, timeout: float) -> str | None:
        """None when the Rasa process at `url` is ready, else why not."""
        try:
            answer = await self._http.get(url + _READY, headers=self._authorization(), timeout=timeout)
        except httpx.HTTPError as error:
            return type(error).__name__
        if answer.status_code == httpx.codes.OK:
            return None
        why = None
        with suppress(ValueError, AttributeError):
            why = answer.json().get("why")
        return str(why or f"HTTP {answer.status_code}")[:200]

    def _authorization(self) -> dict[str, str]:
        if not self._token:
            self._token = token_file(self._token_path)
        return {"Authorization": f"Bearer {self._token}"}

    def _check_status(self, status: int) -> None:
        if status == httpx.codes.OK:
            return
        if status in (401, 403):
            self._token = ""  # it may have been renewed: read the file again
        if status >= 500 or status in _WORTH_RETRYING:
            raise BotUnreachable(f"HTTP {status}")
        raise BotRefused(f"http_{status}")


async def _read_out(lines: AsyncIterator[bytes]) -> None:
    """Read to the end of the body, which follows the end frame at once: then the connection can be used again."""
    with suppress(httpx.HTTPError):
        async for _ in lines:
            pass


async def _lines(chunks: AsyncIterator[bytes]) -> AsyncIterator[bytes]:
    """Split at LF only: JSON strings may hold U+2028, at which a text splitter would cut."""
    rest = b""
    async for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        for line in lines:
            if line.strip():
                yield line
        if len(rest) > _LONGEST_LINE:
            raise BotUnreachable("a frame is too long", accepted=True)
    if rest.strip():
        yield rest


def _frame(line: bytes) -> Utterance | Working | End:
    """The frame in a line.

    Raises:
        BotRefused: an error frame.
        BotUnreachable: not a frame.
    """
    try:
        frame = json.loads(line)
        kind = frame["type"]
        if kind == "utterance":
            return _utterance(frame)
    except (ValueError, KeyError, TypeError, RecursionError) as error:
        raise BotUnreachable("a frame cannot be read", accepted=True) from error
    if kind == "end":
        language = str(frame.get("language") or "")
        return End(language if _LANGUAGE.fullmatch(language) else None, _reading(frame.get("reading")))
    if kind == "error":
        raise BotRefused(str(frame.get("code", "turn_failed")))
    return Working()  # and kinds of later versions: signs of life


def _utterance(frame: dict[str, Any]) -> Utterance:
    offers = [
        {"title": str(offer["title"]), "payload": str(offer["payload"])} for offer in frame.get("quick_replies") or ()
    ]
    return Utterance(
        ordinal=int(frame["ordinal"]),
        text=str(frame.get("text") or ""),
        quick_replies=offers,
        attachment=frame.get("attachment"),
        data=frame.get("data"),
    )


def _reading(told: Any) -> Reading | None:
    """What the bot made of the message. One that cannot be read is none: no turn fails for what only the desk shows."""
    try:
        return Reading(
            intent=str(told["intent"])[:_LONGEST_NAME] if told["intent"] else None,
            confidence=float(told["confidence"]),
            ranking=tuple((str(name)[:_LONGEST_NAME], float(surely)) for name, surely in told["ranking"]),
            actions=tuple(str(name)[:_LONGEST_NAME] for name in told["actions"]),
        )
    except (KeyError, TypeError, ValueError):
        return None
