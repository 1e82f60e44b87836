"""Figures of the desk: what the bot settled by itself, why people were needed, how fast they were, how they were liked.

Every figure says how many cases it is made of. Durations are told by their median and the ninetieth percentile:
a mean would be ruled by the few that were left open overnight.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from statistics import median, quantiles
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import String, cast, func, select
from sqlalchemy.orm import Session

from crm.domain import Reading, Sender
from crm.domain.desk_figures import AgentMeasures, Figures, Measures, Spread
from crm.schema import Conversation, Employee, Feedback, Handoff, Message, MessageReading
from crm.services._rows import business_value
from crm.services.summaries import is_lost
from crm.services.unanswered import top_unanswered

_MINUTE = 60.0
_NINETIETH = 8  # of the nine cuts into ten parts


def day(session: Session, which: date) -> Figures:
    """A day as the business counts days, by the hour."""
    zone = ZoneInfo(business_value(session, "time_zone", "UTC"))
    start, end = _midnight(which, zone), _midnight(which + timedelta(days=1), zone)
    hours = round((end - start) / timedelta(hours=1))
    return figures(session, [start + timedelta(hours=hour) for hour in range(hours + 1)])


def measures_of_day(session: Session, which: date) -> Measures:
    """A day as a whole, for the board: without its parts and without what has to be read for questions."""
    zone = ZoneInfo(business_value(session, "time_zone", "UTC"))
    start, end = _midnight(which, zone), _midnight(which + timedelta(days=1), zone)
    return _Facts(session, start, end).between(start, end)


def week(session: Session, which: date) -> Figures:
    """The week from Monday to Sunday that `which` lies in, by the day."""
    zone = ZoneInfo(business_value(session, "time_zone", "UTC"))
    monday = which - timedelta(days=which.weekday())
    return figures(session, [_midnight(monday + timedelta(days=number), zone) for number in range(8)])


def figures(session: Session, cuts: Sequence[datetime]) -> Figures:
    """The figures between the first and the last of `cuts`, and between each two that follow each other."""
    facts = _Facts(session, cuts[0], cuts[-1])
    return Figures(
        whole=facts.between(cuts[0], cuts[-1]),
        parts=tuple(facts.between(start, end) for start, end in pairwise(cuts)),
        agents=facts.agents(),
        unanswered=top_unanswered(session, cuts[0], cuts[-1]),
    )


def spread(minutes: Iterable[float]) -> Spread:
    """Durations in short."""
    known = sorted(minutes)
    if not known:
        return Spread(0, None, None)
    p90 = quantiles(known, n=10, method="inclusive")[_NINETIETH] if len(known) > 1 else known[0]
    return Spread(len(known), round(median(known), 2), round(p90, 2))


class _Facts:
    """What was counted in a span, read once."""

    def __init__(self, session: Session, start: datetime, end: datetime) -> None:
        self._session = session
        self._begun = self._conversations(start, end)
        self._handoffs = list(
            session.scalars(select(Handoff).where(Handoff.requested_at >= start, Handoff.requested_at < end))
        )
        self._ended = list(
            session.scalars(
                select(Handoff).where(
                    Handoff.ended_at >= start, Handoff.ended_at < end, Handoff.accepted_at.is_not(None)
                )
            )
        )
        self._answered = self._first_words(start, end)
        query = select(Feedback.conversation_id, Feedback.score, Feedback.at)
        self._marks = list(session.execute(query.where(Feedback.at >= start, Feedback.at < end)))

    def between(self, start: datetime, end: datetime) -> Measures:
        begun = [handed for at, handed in self._begun if start <= at < end]
        asked = [row for row in self._handoffs if start <= row.requested_at < end]
        ended = [row for row in self._ended if row.ended_at and start <= row.ended_at < end]
        marks = Counter(row.score for row in self._marks if start <= row.at < end)
        messages, lost = self._read(start, end)
        return Measures(
            start=start,
            end=end,
            conversations=len(begun),
            handed_over=sum(begun),
            handoffs=len(asked),
            reasons=dict(Counter(str(row.reason) for row in asked).most_common()),
            waiting=spread(_minutes(row.requested_at, row.accepted_at) for row in asked if row.accepted_at),
            first_response=spread(
                _minutes(row.requested_at, self._answered[row.id]) for row in asked if row.id in self._answered
            ),
            handling=spread(_handling(ended)),
            ratings=(marks[1], marks[2], marks[3], marks[4], marks[5]),
            messages=messages,
            lost=lost,
        )

    def agents(self) -> tuple[AgentMeasures, ...]:
        """Who ended hand-offs in the span, the most first. A mark counts for whoever had the conversation last."""
        mine: dict[int, list[Handoff]] = defaultdict(list)
        for row in self._ended:
            if row.employee_id is not None:
                mine[row.employee_id].append(row)
        last = {row.conversation_id: row.employee_id for row in sorted(self._ended, key=lambda row: row.id)}
        marks: dict[int | None, list[int]] = defaultdict(list)
        for mark in self._marks:
            marks[last.get(mark.conversation_id)].append(mark.score)
        names = {row.id: row.name for row in self._session.scalars(select(Employee).where(Employee.id.in_(mine)))}
        found = [
            AgentMeasures(
                employee_id=key,
                name=names.get(key, ""),
                handling=spread(_handling(rows)),
                rating=round(sum(marks[key]) / len(marks[key]), 2) if marks[key] else None,
                rated=len(marks[key]),
            )
            for key, rows in mine.items()
        ]
        return tuple(sorted(found, key=lambda agent: (-agent.handling.n, agent.name)))

    def _conversations(self, start: datetime, end: datetime) -> list[tuple[datetime, bool]]:
        """When conversations began in which the customer said something, and whether they needed a person."""
        spoken = select(Message.id).where(Message.conversation_id == Conversation.id, Message.sender == Sender.CUSTOMER)
        handed = select(Handoff.id).where(Handoff.conversation_id == Conversation.id)
        query = select(Conversation.created_at, handed.exists()).where(
            Conversation.created_at >= start, Conversation.created_at < end, spoken.exists()
        )
        return [(at, bool(asked)) for at, asked in self._session.execute(query)]

    def _first_words(self, start: datetime, end: datetime) -> dict[int, datetime]:
        """When a colleague first said something after each hand-off of the span was asked for."""
        query = (
            select(Handoff.id, func.min(Message.id))
            .join(Message, Message.conversation_id == Handoff.conversation_id)
            .where(
                Handoff.requested_at >= start,
                Handoff.requested_at < end,
                Message.sender == Sender.AGENT,
                Message.created_at >= Handoff.accepted_at,
            )
            .group_by(Handoff.id)
        )
        first = {key: message for key, message in self._session.execute(query)}
        said = select(Message.id, Message.created_at).where(Message.id.in_(first.values()))
        at = {key: moment for key, moment in self._session.execute(said)}
        return {key: at[message] for key, message in first.items()}

    def _read(self, start: datetime, end: datetime) -> tuple[int, int]:
        """How many messages the bot read, and of how many it made nothing. Counted where they are kept, by kind."""
        actions = cast(MessageReading.actions, String)
        query = (
            select(MessageReading.intent, func.min(MessageReading.id), func.count())
            .where(MessageReading.at >= start, MessageReading.at < end)
            .group_by(MessageReading.intent, actions)
        )
        kinds = list(self._session.execute(query))
        examples = select(MessageReading.id, MessageReading.actions).where(
            MessageReading.id.in_([example for _, example, _ in kinds])
        )
        done: dict[int, Any] = {key: value for key, value in self._session.execute(examples)}
        lost = [count for intent, key, count in kinds if is_lost(Reading(intent, actions=tuple(done[key])))]
        return sum(count for _, _, count in kinds), sum(lost)


def _handling(rows: Iterable[Handoff]) -> list[float]:
    return [_minutes(row.accepted_at, row.ended_at) for row in rows if row.accepted_at and row.ended_at]


def _minutes(start: datetime, end: datetime) -> float:
    return max(0.0, (end - start).total_seconds() / _MINUTE)


def _midnight(which: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(which, time(), tzinfo=zone).astimezone(ZoneInfo("UTC"))
