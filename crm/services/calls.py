"""The record of calls: when they were, what was noticed, and what callers said as sound, if they agreed to that."""

import io
import wave
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from crm.audit_trail import reads
from crm.domain import CallView, Recording
from crm.errors import NotEligible, NotFound
from crm.schema import Call, CallAudio, Conversation, Message
from crm.services._rows import conversation_row


def begin(
    session: Session,
    conversation_id: str,
    *,
    transport: str,
    caller: str | None,
    rate: int,
    language: str,
    now: datetime,
) -> CallView:
    """The conversation is a call; begun already, it is returned as it is. Raises `NotFound`."""
    conversation_row(session, conversation_id, lock=True)
    row = session.get(Call, conversation_id)
    if row is None:
        row = Call(
            conversation_id=conversation_id,
            transport=transport,
            caller=caller,
            rate=rate,
            language=language,
            started_at=now,
            facts=[],
        )
        session.add(row)
        session.flush()
    return _view(row)


@reads("calls")
def call(session: Session, conversation_id: str) -> CallView | None:
    """The call that a conversation is; None when it is none."""
    row = session.get(Call, conversation_id)
    return None if row is None else _view(row)


def consent(session: Session, conversation_id: str, given: bool) -> None:
    """Keep whether the caller agrees that their words are kept as sound; what was kept goes when they do not.

    Raises `NotFound`.
    """
    _row(session, conversation_id).consent = given
    if not given:
        session.execute(delete(CallAudio).where(CallAudio.conversation_id == conversation_id))
    session.flush()


def keep_sound(
    session: Session,
    conversation_id: str,
    message_id: str,
    *,
    pcm: bytes,
    heard: str,
    expected: Mapping[str, Any] | None,
    now: datetime,
) -> bool:
    """Keep one utterance as sound if the caller agreed to that; kept already, nothing changes.

    Returns:
        Whether there is sound of it now.

    Raises:
        NotFound: no such call, or no such message in it.
    """
    if not _row(session, conversation_id).consent:
        return False
    message = session.scalars(
        select(Message.id).where(Message.conversation_id == conversation_id, Message.message_id == message_id)
    ).one_or_none()
    if message is None:
        raise NotFound("There is no such message in this conversation.")
    if session.scalar(select(CallAudio.id).where(CallAudio.message_id == message)) is None:
        plain = None if expected is None else dict(expected)
        kept = {"conversation_id": conversation_id, "message_id": message, "expected": plain, "at": now}
        session.add(CallAudio(sound=pcm, heard=heard, **kept))
        session.flush()
    return True


def end(
    session: Session, conversation_id: str, *, why: str, facts: Sequence[Mapping[str, Any]] = (), now: datetime
) -> CallView:
    """The call is over; over already, nothing changes. Raises `NotFound`."""
    row = _row(session, conversation_id)
    if row.ended_at is None:
        row.ended_at, row.why, row.facts = now, why, [dict(fact) for fact in facts]
        session.flush()
    return _view(row)


def going_on(session: Session, *, before: datetime) -> list[str]:
    """The conversations of calls that began before then and have no end, the oldest first."""
    query = select(Call.conversation_id).where(Call.ended_at.is_(None), Call.started_at < before)
    return list(session.scalars(query.order_by(Call.started_at)))


@reads("call_audio")
def recordings(session: Session, conversation_id: str) -> list[Recording]:
    """The caller's utterances that are kept as sound, in order.

    Raises:
        NotFound: there is no such conversation; it may have been erased.
        NotEligible: it is no call, or nothing of it is kept as sound; the message says why.
    """
    if session.get(Conversation, conversation_id) is None:
        raise NotFound("There is no such conversation; it may have been erased, or have grown too old.")
    row = session.get(Call, conversation_id)
    if row is None:
        raise NotEligible("This conversation is no call: nothing of it was spoken.")
    query = (
        select(Message.seq, CallAudio.sound, CallAudio.heard, CallAudio.expected)
        .join(Message, Message.id == CallAudio.message_id)
        .where(CallAudio.conversation_id == conversation_id)
        .order_by(Message.seq)
    )
    found = [Recording(seq, sound, heard, expected) for seq, sound, heard, expected in session.execute(query)]
    if not found:
        raise NotEligible(_WHY_NOTHING[row.consent])
    return found


def wav(pcm: bytes, rate: int) -> bytes:
    """Sound as a WAV file: signed 16-bit little-endian mono PCM at `rate` samples a second."""
    packed = io.BytesIO()
    with wave.open(packed, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(rate)
        file.writeframes(pcm)
    return packed.getvalue()


_WHY_NOTHING = {
    True: "Nothing of this call is kept as sound any more (see call_audio in crm/reference/privacy.yml), or nothing "
    "was said by voice.",
    False: "The caller did not agree that their words are kept as sound.",
    None: "The caller was not asked, or did not answer, whether their words may be kept as sound.",
}


def _row(session: Session, conversation_id: str) -> Call:
    row = session.get(Call, conversation_id)
    if row is None:
        raise NotFound("There is no such call; begin it first.")
    return row


def _view(row: Call) -> CallView:
    return CallView(
        conversation_id=row.conversation_id,
        transport=row.transport,
        caller=row.caller,
        rate=row.rate,
        language=row.language,
        consent=row.consent,
        started_at=row.started_at,
        ended_at=row.ended_at,
        why=row.why,
        facts=tuple(row.facts),
    )
