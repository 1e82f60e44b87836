"""Who is offered to whom, and what happens to those for whom nobody comes."""

from datetime import datetime, time, timedelta, timezone

import pytest
from sqlalchemy import event

from crm.domain import HandoffState, OpeningSpan, PresenceStatus
from crm.schema import Callback
from crm.services import callbacks, employees, handoffs, presence
from crm.services._handoff_steps import limits
from tests.factories import crm as make
from tests.factories.handoffs import a_team, a_wish, an_agent, owner_of, with_agent

NIGHT = datetime(2026, 11, 20, 22, 0, tzinfo=timezone.utc)
MOMENT = timedelta(seconds=1)


@pytest.fixture(autouse=True)
def _organisation(session):
    make.care_unit(session, callbacks_per_slot=5)


def dispatch(session, now=make.NOW):
    return {view.id: view for view in handoffs.dispatch(session, now=now)}


def offered(session, wish, now=make.NOW):
    """To whom a wish is offered after one pass."""
    dispatch(session, now)
    return handoffs.get(session, wish.id).offered_to


def at_the_desk(session, *rows, now):
    for row in rows:
        presence.seen(session, row.id, now=now)


class TestOffers:
    def test_what_is_new_is_queued_when_nobody_is_free(self, session):
        wish = a_wish(session)
        assert dispatch(session)[wish.id].state is HandoffState.QUEUED
        assert dispatch(session) == {}

    def test_to_a_free_employee_for_a_while(self, session):
        agent, wish = an_agent(session), a_wish(session)
        view = dispatch(session)[wish.id]
        assert (view.state, view.offered_to, view.position) == (HandoffState.OFFERED, agent.id, 1)
        assert view.offered_until == make.NOW + limits().offer
        assert owner_of(session, wish) == "bot"

    @pytest.mark.parametrize("status", [PresenceStatus.BUSY, PresenceStatus.AWAY, PresenceStatus.OFFLINE, None])
    def test_not_to_who_is_not_available(self, session, status):
        an_agent(session, status=status)
        assert offered(session, a_wish(session)) is None

    def test_not_to_whose_page_is_not_heard_of_any_more(self, session):
        an_agent(session)
        assert offered(session, a_wish(session), make.NOW + limits().seen) is None

    @pytest.mark.parametrize(
        ("agent", "wish"),
        [
            ({"languages": ("zh",)}, {}),
            ({"capacity": 0}, {}),
            ({"active": False}, {}),
            ({}, {"line": "auto"}),
            ({}, {"skills": ("complaints",)}),
        ],
    )
    def test_not_to_who_does_not_fit(self, session, agent, wish):
        an_agent(session, **agent)
        assert offered(session, a_wish(session, **wish)) is None

    def test_a_claim_goes_to_the_line_s_handlers(self, session):
        an_agent(session, "policies_auto")
        handler = an_agent(session, "claims_auto")
        assert offered(session, a_wish(session, line="auto", about_claim=True)) == handler.id

    def test_the_own_agent_before_the_best_skilled(self, session):
        an_agent(session, "policies_auto")
        own = an_agent(session, "policies_auto")
        for skill in own.skills:
            skill.level = 1
        customer = make.a_customer(session, agent_id=own.id)
        assert offered(session, a_wish(session, customer=customer, line="auto")) == own.id

    def test_the_best_skilled_before_the_least_busy(self, session):
        learning, teaching = an_agent(session, "policies_auto"), an_agent(session, "policies_auto")
        for skill in learning.skills:
            skill.level = 1
        with_agent(session, teaching)
        assert offered(session, a_wish(session, line="auto")) == teaching.id

    def test_the_least_busy_of_equals(self, session):
        busy, idle = an_agent(session), an_agent(session)
        with_agent(session, busy)
        assert offered(session, a_wish(session)) == idle.id

    def test_nobody_gets_more_than_they_can_be_with(self, session):
        agent = an_agent(session, capacity=2)
        for _ in range(3):
            a_wish(session)
        states = sorted(view.state for view in dispatch(session).values())
        assert states == ["offered", "offered", "queued"]
        assert presence.board(session, make.NOW)[0].busy_with == 2
        assert agent.capacity == 2

    def test_urgent_first_then_who_asked_first(self, session):
        an_agent(session, capacity=2)
        late, early = a_wish(session, now=make.NOW), a_wish(session, now=make.NOW - MOMENT)
        urgent = a_wish(session, reason="complaint")
        dispatch(session)
        assert [handoffs.get(session, wish.id).state for wish in (urgent, early, late)] == [
            "offered",
            "offered",
            "queued",
        ]

    def test_who_was_passed_on_is_before_those_who_came_later(self, session):
        agent = an_agent(session, capacity=1)
        a_team(session, "care", agent)
        passed = with_agent(session, agent)
        a_wish(session, now=make.NOW + MOMENT)
        handoffs.transfer(session, passed.id, by=agent.id, to_team="care", note="", now=make.NOW + MOMENT)
        assert offered(session, passed, make.NOW + MOMENT) == agent.id


class TestTeams:
    def test_a_team_s_customer_goes_to_its_members(self, session):
        first, member = an_agent(session), an_agent(session)
        a_team(session, "motor", member)
        taken = with_agent(session, first)
        handoffs.transfer(session, taken.id, by=first.id, to_team="motor", note="", now=make.NOW)
        assert offered(session, taken) == member.id

    def test_and_to_anybody_after_a_while(self, session):
        first, other = an_agent(session), an_agent(session)
        a_team(session, "motor")
        taken = with_agent(session, first)
        handoffs.transfer(session, taken.id, by=first.id, to_team="motor", note="", now=make.NOW)
        assert offered(session, taken) is None
        late = make.NOW + limits().overflow
        at_the_desk(session, first, other, now=late)
        assert offered(session, taken, late) in (first.id, other.id)


class TestOverflow:
    def test_any_line_will_do_after_a_while(self, session):
        agent, wish = an_agent(session), a_wish(session, line="life")
        late = make.NOW + limits().overflow
        at_the_desk(session, agent, now=late)
        assert offered(session, wish, late - MOMENT) is None
        assert offered(session, wish, late) == agent.id

    def test_an_emergency_does_not_wait_for_the_right_line(self, session):
        agent = an_agent(session)
        assert offered(session, a_wish(session, reason="emergency", line="life")) == agent.id

    def test_never_another_language(self, session):
        agent, wish = an_agent(session), a_wish(session, language="zh")
        late = make.NOW + limits().overflow
        at_the_desk(session, agent, now=late)
        assert offered(session, wish, late) is None


class TestOffersThatPass:
    def test_an_offer_that_ran_out_goes_to_somebody_else(self, session):
        first, wish = an_agent(session), a_wish(session)
        assert offered(session, wish) == first.id
        second, after = an_agent(session), make.NOW + limits().offer
        at_the_desk(session, first, second, now=after)
        assert offered(session, wish, after) == second.id

    def test_and_to_the_same_one_only_after_a_while(self, session):
        agent, wish = an_agent(session), a_wish(session)
        dispatch(session)
        handoffs.decline(session, wish.id, agent.id, now=make.NOW)
        assert offered(session, wish, make.NOW + MOMENT) is None
        again = make.NOW + limits().offer_again
        at_the_desk(session, agent, now=again)
        assert offered(session, wish, again) == agent.id


class TestLostAgents:
    def test_the_customers_of_who_is_gone_wait_again_before_later_ones(self, session):
        agent = an_agent(session)
        taken = with_agent(session, agent)
        late = make.NOW + limits().lost
        a_wish(session, now=late)
        view = dispatch(session, late)[taken.id]
        assert (view.state, view.employee_id, view.position) == (HandoffState.QUEUED, None, 1)
        assert owner_of(session, taken) == "bot"

    def test_a_short_silence_is_none(self, session):
        taken = with_agent(session, an_agent(session))
        assert taken.id not in dispatch(session, make.NOW + limits().lost - MOMENT)

    def test_a_page_that_is_open_keeps_them(self, session):
        agent = an_agent(session)
        taken = with_agent(session, agent)
        late = make.NOW + limits().lost
        at_the_desk(session, agent, now=late)
        assert taken.id not in dispatch(session, late)

    def test_who_left_for_good_and_who_logged_out(self, session):
        left, out = an_agent(session), an_agent(session)
        first, second = with_agent(session, left), with_agent(session, out)
        left.active = False
        presence.set(session, out.id, PresenceStatus.OFFLINE, now=make.NOW)
        assert set(dispatch(session)) == {first.id}
        late = make.NOW + limits().lost
        presence.seen(session, out.id, now=late)
        assert second.id in dispatch(session, late)


class TestNobodyComes:
    def test_given_up_with_a_call_to_the_number_on_record(self, session):
        customer = make.a_customer(session)
        wish = a_wish(session, customer=customer)
        view = dispatch(session, make.NOW + limits().expiry)[wish.id]
        call = session.query(Callback).one()
        assert (view.state, view.is_over, owner_of(session, wish)) == (HandoffState.EXPIRED, True, "bot")
        assert (call.phone, call.handoff_id) == (customer.phone, wish.id)

    def test_no_call_without_a_number_or_beside_one_that_is_booked(self, session):
        stranger = a_wish(session)
        booked = a_wish(session, customer=make.a_customer(session))
        callbacks.book(session, booked.conversation_id, phone="+15552223344", now=make.NOW, handoff_id=booked.id)
        done = dispatch(session, make.NOW + limits().expiry)
        assert {done[stranger.id].state, done[booked.id].state} == {HandoffState.EXPIRED}
        assert session.query(Callback).count() == 1

    def test_no_free_slot_stops_nothing(self, session):
        make.care_unit(session).callbacks_per_slot = 0
        wish = a_wish(session, customer=make.a_customer(session))
        assert dispatch(session, make.NOW + limits().expiry)[wish.id].state is HandoffState.EXPIRED
        assert session.query(Callback).count() == 0

    def test_sooner_when_all_is_closed(self, session):
        wish = a_wish(session, now=NIGHT)
        dispatch(session, NIGHT)
        assert dispatch(session, NIGHT + limits().closed - MOMENT) == {}
        assert dispatch(session, NIGHT + limits().closed)[wish.id].state is HandoffState.EXPIRED

    def test_not_while_somebody_is_there_all_the_same(self, session):
        agent = an_agent(session, languages=("zh",), now=NIGHT)
        a_wish(session, now=NIGHT)
        dispatch(session, NIGHT)
        at_the_desk(session, agent, now=NIGHT + limits().closed)
        assert dispatch(session, NIGHT + limits().closed) == {}

    def test_what_is_offered_is_not_given_up(self, session):
        wish, late = a_wish(session), make.NOW + limits().expiry
        an_agent(session, now=late - MOMENT)
        assert offered(session, wish, late - MOMENT) is not None
        assert dispatch(session, late) == {}


class TestShifts:
    def shift(self, session, agent):
        employees.set_hours(session, agent.id, [OpeningSpan(day, time(9), time(12)) for day in range(5)])

    def test_a_page_left_open_after_the_shift_is_offered_nobody(self, session):
        agent = an_agent(session)
        self.shift(session, agent)
        after = make.NOW.replace(hour=13)
        at_the_desk(session, agent, now=after)
        assert offered(session, a_wish(session, now=after), after) is None

    def test_who_says_after_the_shift_that_they_are_there_is(self, session):
        after = make.NOW.replace(hour=13)
        agent = an_agent(session, now=after)
        self.shift(session, agent)
        assert offered(session, a_wish(session, now=after), after) == agent.id

    def test_but_not_for_ever(self, session):
        before = make.NOW.replace(hour=8)
        agent = an_agent(session, now=before)
        self.shift(session, agent)
        after = make.NOW.replace(hour=13)
        at_the_desk(session, agent, now=after)
        assert offered(session, a_wish(session, now=after), after) is None


@pytest.mark.parametrize("free", [False, True])
def test_a_pass_takes_no_more_statements_the_more_wait(session, free):
    def statements(now):
        count = 0

        def see(*_):
            nonlocal count
            count += 1

        engine = session.get_bind().engine
        event.listen(engine, "before_cursor_execute", see)
        dispatch(session, now)
        event.remove(engine, "before_cursor_execute", see)
        return count

    an_agent(session, languages=("zh",) if free else ("en",), capacity=1)
    for language in ("en", "en"):
        a_wish(session, language=language)
    dispatch(session)
    few = statements(make.NOW)
    for _ in range(30):
        a_wish(session)
    while dispatch(session):
        pass
    assert statements(make.NOW) == few
