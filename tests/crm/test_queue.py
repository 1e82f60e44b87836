"""The queue as employees and waiting customers see it; who is at the desk."""

from datetime import datetime, timedelta, timezone

import pytest

from crm.domain import PresenceStatus
from crm.errors import NotFound
from crm.reference import table
from crm.services import handoffs, presence, queue
from crm.services._handoff_steps import limits
from tests.factories import crm as make
from tests.factories.handoffs import a_wish, an_agent, with_agent

NIGHT = datetime(2026, 11, 20, 22, 0, tzinfo=timezone.utc)
KNOWN = table("handoffs")["estimate"]["least_known"]


def minutes(count):
    return timedelta(minutes=count)


def served(session, agent, *, waited, talked, times=KNOWN):
    """So many customers of the last hour, who waited and then talked for so many minutes."""
    for _ in range(times):
        wish = a_wish(session, now=make.NOW - minutes(waited + talked))
        handoffs.take(session, wish.id, agent.id, now=make.NOW - minutes(talked), force=True)
        handoffs.close(session, wish.id, agent.id, disposition="answered", now=make.NOW)
    presence.set(session, agent.id, PresenceStatus.AVAILABLE, now=make.NOW)


class TestWaiting:
    def test_the_urgent_first_with_names_and_waits(self, session):
        customer = make.a_customer(session, given_name="Imogen", family_name="Thackeray")
        first = a_wish(session, customer=customer, now=make.NOW - minutes(4))
        urgent = a_wish(session, reason="complaint")
        entries = queue.waiting(session, now=make.NOW)
        assert [(entry.handoff.id, entry.position) for entry in entries] == [(urgent.id, 1), (first.id, 2)]
        assert [entry.customer_name for entry in entries] == [None, "Imogen Thackeray"]
        assert entries[1].waited == minutes(4)

    def test_nobody_who_is_with_a_person_or_gone(self, session):
        with_agent(session, an_agent(session))
        handoffs.abandon(session, a_wish(session).id, now=make.NOW)
        assert queue.waiting(session, now=make.NOW) == []

    def test_whose_own_i_am_and_what_i_can_take(self, session):
        me = an_agent(session)
        other = an_agent(session, status=PresenceStatus.BUSY)
        offered = a_wish(session)
        handoffs.dispatch(session, now=make.NOW)
        own = a_wish(session, customer=make.a_customer(session, agent_id=me.id))
        a_wish(session, line="life")
        a_wish(session, language="zh")

        def seen_by(employee):
            entries = queue.waiting(session, employee_id=employee.id, now=make.NOW)
            return [(entry.is_own, entry.can_take) for entry in entries]

        assert [entry.handoff.id for entry in queue.waiting(session, now=make.NOW)][:2] == [offered.id, own.id]
        assert seen_by(me) == [(False, True), (True, True), (False, False), (False, False)]
        assert seen_by(other) == [(False, False), (False, True), (False, False), (False, False)]

    def test_the_list_can_be_cut(self, session):
        for _ in range(3):
            a_wish(session)
        assert len(queue.waiting(session, now=make.NOW, limit=2)) == 2


def test_mine_and_all(session):
    me, other = an_agent(session), an_agent(session)
    second = with_agent(session, me, now=make.NOW + minutes(1))
    first, theirs = with_agent(session, me), with_agent(session, other)
    a_wish(session)
    assert [view.id for view in queue.mine(session, me.id)] == [first.id, second.id]
    assert {view.id for view in queue.active(session)} == {first.id, second.id, theirs.id}


class TestOutlook:
    def outlook(self, session, wish, now=make.NOW):
        return queue.outlook(session, wish.id, now)

    def test_unknown_is_not_said(self, session):
        served(session, an_agent(session), waited=2, talked=10, times=KNOWN - 1)
        assert self.outlook(session, a_wish(session)).minutes is None

    def test_with_room_as_long_as_it_took_others(self, session):
        served(session, an_agent(session), waited=2, talked=10)
        assert self.outlook(session, a_wish(session)).minutes == 2

    def test_without_room_until_others_are_done(self, session):
        first, second = an_agent(session, capacity=1), an_agent(session, capacity=1)
        served(session, first, waited=2, talked=10)
        for agent in (first, second):
            with_agent(session, agent)
        next_one, _, third = (a_wish(session) for _ in range(3))
        assert self.outlook(session, next_one).minutes == 5  # two talk for 10 minutes: one is done every 5
        assert self.outlook(session, third).minutes == 15

    def test_with_more_employees_it_is_sooner(self, session):
        served(session, an_agent(session, capacity=0), waited=2, talked=10)
        busy = an_agent(session, capacity=1)
        with_agent(session, busy)
        wish = a_wish(session)
        alone = self.outlook(session, wish).minutes
        with_agent(session, an_agent(session, capacity=1))
        assert (alone, self.outlook(session, wish).minutes) == (10, 5)

    def test_a_very_long_wait_is_not_promised(self, session):
        served(session, an_agent(session, capacity=1), waited=2, talked=50)
        with_agent(session, an_agent(session, capacity=1, status=PresenceStatus.AWAY))
        for _ in range(3):
            wish = a_wish(session)
        assert self.outlook(session, wish).minutes is None

    def test_somebody_is_there_but_takes_nobody_just_now(self, session):
        served(session, an_agent(session, capacity=0), waited=2, talked=10)
        an_agent(session, capacity=1, status=PresenceStatus.BUSY)
        said = self.outlook(session, a_wish(session))
        assert (said.all_busy, said.callback_offered, said.open_now, said.minutes) == (True, False, True, 10)

    def test_who_has_room_is_not_busy(self, session):
        an_agent(session, capacity=1)
        assert not self.outlook(session, a_wish(session)).all_busy

    def test_nobody_there_in_hours(self, session):
        make.care_unit(session)
        said = self.outlook(session, a_wish(session))
        assert (said.position, said.minutes, said.open_now, said.callback_offered) == (1, None, True, True)

    def test_out_of_hours(self, session):
        make.care_unit(session)
        said = self.outlook(session, a_wish(session, now=NIGHT), NIGHT)
        assert (said.open_now, said.callback_offered) == (False, True)

    def test_somebody_is_there(self, session):
        an_agent(session)
        wish = a_wish(session)
        assert not self.outlook(session, wish).callback_offered

    def test_only_who_speaks_the_language_counts(self, session):
        an_agent(session)
        assert self.outlook(session, a_wish(session, language="zh")).callback_offered

    def test_after_a_long_wait_a_call_is_offered(self, session):
        late = make.NOW + limits().callback_after
        an_agent(session, now=late)
        assert self.outlook(session, a_wish(session), late).callback_offered

    def test_who_has_a_person_waits_for_none(self, session):
        taken = with_agent(session, an_agent(session))
        said = self.outlook(session, taken)
        assert (said.position, said.minutes, said.callback_offered) == (None, None, False)

    def test_there_has_to_be_one(self, session):
        with pytest.raises(NotFound):
            queue.outlook(session, 4711, make.NOW)


class TestPresence:
    def test_the_board_says_who_is_there_with_how_many(self, session):
        an_agent(session, name="Zoe", status=PresenceStatus.AWAY)
        ines = an_agent(session, name="Ines", capacity=4)
        an_agent(session, name="Bo", status=PresenceStatus.OFFLINE)
        an_agent(session, name="Never", status=None)
        with_agent(session, ines)
        board = presence.board(session, make.NOW)
        assert [(load.name, load.status, load.busy_with, load.capacity) for load in board] == [
            ("Ines", "available", 1, 4),
            ("Zoe", "away", 0, 3),
            ("Bo", "offline", 0, 3),
        ]

    def test_silence_is_offline_until_the_page_is_heard_of(self, session):
        agent = an_agent(session)
        late = make.NOW + limits().seen
        assert presence.board(session, late)[0].status == "offline"
        presence.seen(session, agent.id, now=late)
        assert presence.board(session, late)[0].status == "available"
        assert presence.board(session, late)[0].since == make.NOW

    def test_a_heartbeat_does_not_undo_what_was_said(self, session):
        agent = an_agent(session, status=PresenceStatus.OFFLINE)
        presence.seen(session, agent.id, now=make.NOW)
        assert presence.board(session, make.NOW)[0].status == "offline"

    def test_only_of_employees(self, session):
        with pytest.raises(NotFound):
            presence.set(session, 4711, PresenceStatus.AVAILABLE, now=make.NOW)
