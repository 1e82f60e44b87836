"""Several gateways, one of which at a time answers in a conversation.

A gateway announces itself (`join`) and goes on saying that it lives (`beat`). It brings a conversation's messages to
the bot while it holds the conversation's lease, which it takes and gives back in the same transactions that store the
messages and their outcome. One whose beat stands still is buried by another, and its leases are free; no clocks are
compared. Should it be alive after all, it learns so at its next beat. Until then two may bring the same message to
the bot, which answers a message once, and the store keeps an answer once.
"""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import delete, exists, func, literal_column, select, update
from sqlalchemy.orm import Session

from crm.domain import MessageStatus, MessageView
from crm.schema import GatewayProcess, Message, TurnLease
from crm.services._rows import conversation_row
from crm.services.conversations import views_of

# A literal, not a parameter: only so do databases see that the partial index of these messages serves.
_RECEIVED = Message.status == literal_column(f"'{MessageStatus.RECEIVED}'")


@dataclass(frozen=True, slots=True)
class Peer:
    """A gateway, as it announced itself."""

    id: str
    place: str
    pid: int
    beat: int


@dataclass(frozen=True, slots=True)
class Left:
    """What is left to do in a conversation. Unless the lease is `held`, it is another gateway's work."""

    held: bool
    waiting: Sequence[MessageView] = ()


def join(session: Session, *, place: str, pid: int) -> str:
    """Announce a gateway; returns its id. `place` tells machines (and containers) apart."""
    row = GatewayProcess(id=secrets.token_hex(16), place=place, pid=pid, beat=0)
    session.add(row)
    session.flush()
    return row.id


def beat(session: Session, gateway_id: str) -> list[Peer]:
    """Say that a gateway lives; returns all of them. Without this one in it, it was taken for dead."""
    mine = update(GatewayProcess).where(GatewayProcess.id == gateway_id)
    session.execute(mine.values(beat=GatewayProcess.beat + 1))
    rows = session.execute(select(GatewayProcess.id, GatewayProcess.place, GatewayProcess.pid, GatewayProcess.beat))
    return [Peer(*row) for row in rows]


def bury(session: Session, peer: Peer) -> bool:
    """Take a gateway for dead and free its leases, unless it has beaten since; whether that was done."""
    key = (GatewayProcess.id == peer.id) & (GatewayProcess.beat == peer.beat)
    row = session.scalars(select(GatewayProcess).where(key).with_for_update()).one_or_none()
    if row is None:
        return False
    leave(session, peer.id)
    return True


def leave(session: Session, gateway_id: str) -> None:
    """End a gateway's work: others may go on with what it leaves."""
    session.execute(delete(TurnLease).where(TurnLease.gateway_id == gateway_id))
    session.execute(delete(GatewayProcess).where(GatewayProcess.id == gateway_id))


def claim(session: Session, conversation_id: str, gateway_id: str) -> bool:
    """Take a conversation's lease if nobody else has it; whether this gateway has it now.

    The caller holds the conversation's row. A gateway that was buried gets no lease.
    """
    holder = session.scalar(select(TurnLease.gateway_id).where(TurnLease.conversation_id == conversation_id))
    if holder is not None:
        return holder == gateway_id
    alive = select(GatewayProcess.id).where(GatewayProcess.id == gateway_id).with_for_update(read=True, key_share=True)
    if session.scalar(alive) is None:
        return False
    session.add(TurnLease(conversation_id=conversation_id, gateway_id=gateway_id))
    session.flush()
    return True


def step_in(session: Session, conversation_id: str, gateway_id: str) -> Left:
    """What there is to do in a conversation, with its lease if nobody else has it."""
    conversation_row(session, conversation_id, lock=True)
    claim(session, conversation_id, gateway_id)
    return go_on(session, conversation_id, gateway_id)


def waiting(session: Session, conversation_id: str) -> list[MessageView]:
    """The messages of a conversation that wait for the bot, in order."""
    query = select(Message).where(Message.conversation_id == conversation_id, _RECEIVED).order_by(Message.seq)
    return views_of(session, conversation_id, session.scalars(query))


def count_waiting(session: Session, conversation_id: str) -> int:
    """How many messages of a conversation wait for the bot."""
    query = select(func.count()).select_from(Message).where(Message.conversation_id == conversation_id, _RECEIVED)
    return session.scalar(query) or 0


def go_on(session: Session, conversation_id: str, gateway_id: str) -> Left:
    """What this gateway has to do next in a conversation; the lease is given back when that is nothing."""
    conversation_row(session, conversation_id, lock=True)
    mine = (TurnLease.conversation_id == conversation_id) & (TurnLease.gateway_id == gateway_id)
    if session.scalar(select(TurnLease.gateway_id).where(mine)) is None:
        return Left(held=False)
    left = waiting(session, conversation_id)
    if not left:
        session.execute(delete(TurnLease).where(mine))
    return Left(held=True, waiting=left)


def held(session: Session, gateway_id: str) -> list[str]:
    """The conversations of a gateway's leases in which messages wait."""
    query = select(Message.conversation_id).join(TurnLease, TurnLease.conversation_id == Message.conversation_id)
    return list(session.scalars(query.where(_RECEIVED, TurnLease.gateway_id == gateway_id).distinct()))


def adopt(session: Session, gateway_id: str, limit: int = 100) -> list[MessageView]:
    """Take up to `limit` conversations in which messages wait for the bot and no gateway is at work.

    Returns:
        Their waiting messages, each conversation's in order. Call it again until it returns none.
    """
    leased = exists().where(TurnLease.conversation_id == Message.conversation_id)
    query = select(Message.conversation_id).where(_RECEIVED, ~leased).group_by(Message.conversation_id)
    found: list[MessageView] = []
    for conversation_id in session.scalars(query.order_by(func.min(Message.id)).limit(limit)).all():
        conversation_row(session, conversation_id, lock=True)
        if claim(session, conversation_id, gateway_id):
            found += waiting(session, conversation_id)
    return found
