"""Whatever happens in whatever order: no conversation without an owner, none with two, every step legal and recorded.

Every rule is one transaction against a real store, or one that dies before it commits. A model beside the store knows
only what was committed.
"""

from collections import Counter
from contextlib import suppress
from datetime import timedelta
from itertools import pairwise

import pytest
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from sqlalchemy import delete, event, func, select

from crm.domain import HandoffReason, HandoffState, PresenceStatus
from crm.errors import NotEligible
from crm.schema import Callback, Conversation, Employee, Handoff, HandoffTransition, Presence, Team, TeamMember
from crm.services import employees, handoffs, presence
from crm.services._handoff_steps import limits
from tests.factories import crm as make
from tests.factories.handoffs import a_team, an_agent

pytestmark = pytest.mark.slow

CHATS, AGENTS = 4, 3
CHAT, AGENT = st.integers(0, CHATS - 1), st.integers(0, AGENTS - 1)
TIMES = st.sampled_from([1, 20, 40, 90, 200, 900, 2000])  # seconds


class ProcessDied(Exception):
    """Thrown at a statement to the database."""


class OnlyLooking(Exception):
    """Ends a transaction that is to leave nothing behind."""


class Handing(RuleBasedStateMachine):
    """Customers, employees, the router and time."""

    store = None  # set for each database

    def __init__(self) -> None:
        super().__init__()
        self.now = make.NOW
        self.fuse = 0  # the statement at which the process dies; 0 for none

    def do(self, verb, *args, **options):
        """One transaction; a refusal is an answer like another, and who dies commits nothing."""

        def count(*_):
            self.fuse -= 1
            if self.fuse == 0:
                raise ProcessDied

        event.listen(self.store.engine, "before_cursor_execute", count)
        try:
            with self.store.session() as session:
                verb(session, *args, now=self.now, **options)
        except (NotEligible, ProcessDied):
            pass
        finally:
            event.remove(self.store.engine, "before_cursor_execute", count)
            self.fuse = 0

    @initialize()
    def begin(self):
        empty(self.store)
        with self.store.session() as session:
            make.care_unit(session, callbacks_per_slot=9)
            rows = [
                an_agent(session, capacity=2, languages=("en", "zh")[: 1 + n % 2], status=None) for n in range(AGENTS)
            ]
            a_team(session, "care", rows[0])
            self.agents = [row.id for row in rows]
            self.chats = []
            for n in range(CHATS):
                chat = make.a_conversation(session)
                row = session.get_one(Conversation, chat.id)
                row.language = ("en", "zh")[n % 2]
                row.customer_id = make.a_customer(session).id if n else None
                self.chats.append(chat.id)

    @rule(statement=st.integers(1, 25))
    def a_process_dies_in_the_next_step(self, statement):
        self.fuse = statement

    @rule(seconds=TIMES)
    def time_passes(self, seconds):
        self.now += timedelta(seconds=seconds)

    @rule(agent=AGENT, status=st.sampled_from(PresenceStatus))
    def says(self, agent, status):
        self.do(presence.set, self.agents[agent], status)

    @rule(who=st.sets(AGENT, min_size=1))
    def pages_are_heard_of(self, who):
        for agent in who:
            self.do(presence.seen, self.agents[agent])

    @rule(chat=CHAT, reason=st.sampled_from(HandoffReason))
    def asks(self, chat, reason):
        self.do(handoffs.request, self.chats[chat], reason=reason, summary="")

    @rule()
    def routes(self):
        self.do(handoffs.dispatch)

    @rule(chat=CHAT, agent=AGENT, force=st.booleans())
    def takes(self, chat, agent, force):
        self.on(handoffs.take, chat, self.agents[agent], force=force)

    @rule(chat=CHAT, agent=AGENT)
    def declines(self, chat, agent):
        self.on(handoffs.decline, chat, self.agents[agent])

    @rule(chat=CHAT, agent=AGENT)
    def talks(self, chat, agent):
        self.on(handoffs.begin, chat, self.agents[agent])

    @rule(chat=CHAT, by=AGENT, to=AGENT | st.none())
    def passes_on(self, chat, by, to):
        where = {"to_team": "care"} if to is None else {"to_employee": self.agents[to]}
        self.on(handoffs.transfer, chat, by=self.agents[by], note="", **where)

    @rule(chat=CHAT, agent=AGENT)
    def takes_over(self, chat, agent):
        self.on(handoffs.take_over, chat, self.agents[agent])

    @rule(chat=CHAT, agent=AGENT)
    def gives_back(self, chat, agent):
        self.on(handoffs.give_back, chat, self.agents[agent])

    @rule(chat=CHAT, agent=AGENT)
    def closes(self, chat, agent):
        self.on(handoffs.close, chat, self.agents[agent], disposition="answered")

    @rule(chat=CHAT)
    def leaves(self, chat):
        self.on(handoffs.abandon, chat)

    @rule(chat=CHAT)
    def is_given_up(self, chat):
        self.on(handoffs.expire, chat)

    def on(self, verb, chat, *args, **options):
        """Do something to the newest hand-off of a conversation, if it has one."""
        handoff_id = self.last().get(self.chats[chat])
        if handoff_id is not None:
            self.do(verb, handoff_id, *args, **options)

    def last(self):
        with self.store.reading() as session:
            query = select(Handoff.conversation_id, func.max(Handoff.id)).group_by(Handoff.conversation_id)
            return dict(session.execute(query).all())

    @invariant()
    def every_conversation_has_one_owner(self):
        with self.store.reading() as session:
            rows = session.scalars(select(Handoff)).all()
            chats = {chat.id: chat for chat in session.scalars(select(Conversation))}
            is_open = Counter(row.conversation_id for row in rows if row.ended_at is None)
            assert all(count == 1 for count in is_open.values()), "two hand-offs of one conversation"
            with_person = {row.conversation_id for row in rows if row.state.is_with_person}
            for key, chat in chats.items():
                assert chat.owner == ("person" if key in with_person else "bot")
            for row in rows:
                assert (row.ended_at is not None) == row.state.is_over
                assert (row.waiting_since is not None) == row.state.is_waiting
                assert (row.offered_to is not None) == (row.state is HandoffState.OFFERED)
                if row.state.is_with_person:
                    assert row.employee_id is not None
                if row.state.is_waiting:
                    assert row.employee_id is None

    @invariant()
    def every_step_is_legal_and_recorded(self):
        with self.store.reading() as session:
            rows = session.scalars(select(Handoff)).all()
            for row in rows:
                query = select(HandoffTransition).where(HandoffTransition.handoff_id == row.id)
                steps = session.scalars(query.order_by(HandoffTransition.id)).all()
                assert steps[0].state is HandoffState.REQUESTED
                assert steps[-1].state is row.state
                assert all(after.state in before.state.successors for before, after in pairwise(steps))
                assert all(before.at <= after.at for before, after in pairwise(steps))

    @invariant()
    def a_call_is_booked_once_for_a_wish(self):
        with self.store.reading() as session:
            booked = Counter(session.scalars(select(Callback.handoff_id)))
            assert all(count == 1 for count in booked.values())

    @invariant()
    def after_a_pass_nobody_is_forgotten(self):
        """What the next pass of the router would leave behind."""
        with suppress(OnlyLooking), self.store.session() as session:
            had = employees.busy(session)
            handoffs.dispatch(session, now=self.now)
            assert session.scalar(select(Handoff.id).where(Handoff.state == HandoffState.REQUESTED)) is None
            late = Handoff.waiting_since <= self.now - limits().expiry
            assert session.scalar(select(Handoff.id).where(Handoff.state == HandoffState.QUEUED, late)) is None
            gone = Handoff.employee_id.in_(presence.lost(session, self.now))
            assert session.scalar(select(Handoff.id).where(Handoff.ended_at.is_(None), gone)) is None
            for employee_id, count in employees.busy(session).items():
                assert count <= max(session.get_one(Employee, employee_id).capacity, had[employee_id])
            raise OnlyLooking


def empty(store):
    """Forget the last run; what is left over of it is in nobody's way."""
    with store.engine.begin() as connection:
        for table in (HandoffTransition, Callback, Handoff, Presence, TeamMember, Team, Conversation):
            connection.execute(delete(table.__table__))


@pytest.mark.parametrize(
    ("database", "runs"), [("sqlite", 30), pytest.param("postgres", 10, marks=pytest.mark.postgres)]
)
def test_whatever_happens(database, runs, request):
    class OnThis(Handing):
        store = request.getfixturevalue(f"{database}_store")

    run_state_machine_as_test(
        OnThis,
        settings=settings(
            max_examples=runs, stateful_step_count=40, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
