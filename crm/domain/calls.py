"""Calls: conversations that are spoken."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Spoken:
    """When in its call a message was said, and how surely it was understood.

    Attributes:
        began_ms, ended_ms: milliseconds since the call began.
        confidence: 0 to 1; None when it came by keys.
        alternatives: other readings of what was heard, the best first. They are kept for `verification.verify` and
            never handed out again.
    """

    began_ms: int
    ended_ms: int
    confidence: float | None = None
    alternatives: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class CallView:
    """A call.

    Attributes:
        transport: what brought it: `audiosocket`, `browser`, `twilio` or `local`.
        caller: the number it came from, if the transport tells it.
        rate: samples a second.
        consent: whether the caller agreed that their words are kept as sound; None: never asked, or not answered.
        ended_at: None while it goes on, or when its gateway died with it.
        why: how it ended, such as `caller`, `goodbye` or `transferred`.
        facts: what was noticed, in order: `what`, `at_ms` and whatever belongs to it.
    """

    conversation_id: str
    transport: str
    caller: str | None
    rate: int
    language: str
    consent: bool | None
    started_at: datetime
    ended_at: datetime | None
    why: str | None
    facts: tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True)
class Recording:
    """One utterance of a caller as sound: signed 16-bit little-endian mono PCM at the call's rate.

    Attributes:
        seq: the number of its message in the conversation.
        heard: the words as they were recognised in the call.
        expected: what the question before it expected, as `voice.ports.Expectation` by names; None: free speech.
    """

    seq: int
    pcm: bytes
    heard: str
    expected: Mapping[str, Any] | None
