"""The record of one call: its frame, what was noticed, and the caller's words as sound if they agreed to that.

What was said is kept as messages of the conversation, like any chat; `spoken` makes the part of a message that only a
call has. Nothing here ever fails a call: what cannot be kept is logged.
"""

import asyncio
import logging
from collections.abc import Callable, Mapping
from dataclasses import asdict
from functools import partial
from typing import Any, Protocol, TypeVar

from sqlalchemy.orm import Session

from crm.domain.audit import Actor
from crm.domain.calls import Spoken
from crm.services import calls
from gateway.archive import Archive
from gateway.cleaning import clean, storable
from gateway.clock import Clock
from voice.ports import Expectation, Said

log = logging.getLogger("gateway.voice")

T = TypeVar("T")

CONSENT = "consent"
_MOST_FACTS = 500
_CALLER = Actor.customer("voice")


class CallRecord(Protocol):
    """What is kept of one call. `began` comes first; nothing raises."""

    async def began(self, conversation_id: str, transport: str, caller: str | None, rate: int, language: str) -> None:
        """The call begins; times count from here. `caller` is the number it comes from, if known."""

    async def said(self, message_id: str, said: Said, expected: Expectation | None = None) -> None:
        """The caller said something, and it is stored as the message of that id; `expected` is of the question."""

    async def noticed(self, what: str, facts: Mapping[str, Any]) -> None:
        """Something was noticed; `consent` with `given` (bool) decides whether sound is kept."""

    async def ended(self, why: str) -> None:
        """The call is over; a second time changes nothing."""


def spoken(said: Said) -> Spoken:
    """What a message keeps of how it was said; to be handed in with the message (`Incoming.spoken`).

    Other readings that hold a payment card are left out, as the card itself is.
    """
    began, ended = (round(1000 * max(0.0, seconds)) for seconds in (said.started, said.ended))
    others = [text for text in map(clean, said.alternatives) if text and storable(text) == text]
    return Spoken(
        began_ms=began,
        ended_ms=max(began, ended),
        confidence=None if said.heard is None else said.heard.confidence,
        alternatives=tuple(others),
    )


class Record:
    """The record of one call in the customer store."""

    def __init__(self, archive: Archive, clock: Clock) -> None:
        self._archive = archive
        self._clock = clock
        self._conversation_id = ""
        self._began = 0.0
        self._facts: list[dict[str, Any]] = []
        self._consent: bool | None = None

    async def began(self, conversation_id: str, transport: str, caller: str | None, rate: int, language: str) -> None:
        """See `CallRecord.began`."""
        self._conversation_id, self._began, now = conversation_id, _elapsed(), self._clock()
        begin = partial(calls.begin, transport=transport, caller=caller, rate=rate, language=language, now=now)
        await self._keep(lambda session: begin(session, conversation_id))

    async def said(self, message_id: str, said: Said, expected: Expectation | None = None) -> None:
        """See `CallRecord.said`; without consent, and where a payment card was said, no sound is kept."""
        if not (self._consent and said.pcm and said.heard) or storable(said.text) != clean(said.text):
            return
        now, heard = self._clock(), said.heard.text
        question = None if expected is None else asdict(expected)
        await self._keep(
            lambda session: calls.keep_sound(
                session, self._conversation_id, message_id, pcm=said.pcm, heard=heard, expected=question, now=now
            )
        )

    async def noticed(self, what: str, facts: Mapping[str, Any]) -> None:
        """See `CallRecord.noticed`."""
        if len(self._facts) < _MOST_FACTS:
            self._facts.append({"what": what, "at_ms": round(1000 * (_elapsed() - self._began)), **facts})
        if what == CONSENT:
            self._consent = given = facts.get("given") is True
            await self._keep(lambda session: calls.consent(session, self._conversation_id, given))

    async def ended(self, why: str) -> None:
        """See `CallRecord.ended`."""
        now, facts = self._clock(), list(self._facts)
        await self._keep(lambda session: calls.end(session, self._conversation_id, why=why, facts=facts, now=now))

    async def _keep(self, verb: Callable[[Session], T]) -> None:
        try:
            await self._archive.write(verb, _CALLER)
        except Exception:  # the store is away, or the conversation was erased meanwhile: the call goes on
            log.exception("part of a call's record could not be kept")


def _elapsed() -> float:
    return asyncio.get_running_loop().time()
