"""The verbs of a hand-off, one by one."""

from datetime import timedelta

import pytest

from crm.domain import HandoffState, PresenceStatus
from crm.errors import InvalidInput, NotEligible, NotFound
from crm.services import handoffs, presence
from crm.services._handoff_steps import limits
from tests.factories import crm as make
from tests.factories.handoffs import a_team, a_wish, an_agent, owner_of, with_agent

LATER = make.NOW + timedelta(seconds=30)


def states(session, view):
    return [event.state.value for event in handoffs.transitions(session, view.id)]


def offer(session, wish):
    return {view.id: view for view in handoffs.dispatch(session, now=make.NOW)}[wish.id]


class TestAsking:
    def test_waiting_customers_have_a_place_in_the_queue(self, session):
        assert [a_wish(session).position for _ in range(2)] == [1, 2]

    def test_places_are_counted_by_language(self, session):
        a_wish(session, language="zh")
        assert a_wish(session).position == 1

    def test_urgent_reasons_come_first(self, session):
        patient = a_wish(session)
        assert a_wish(session, reason="emergency").position == 1
        assert handoffs.get(session, patient.id).position == 2

    def test_asking_again_keeps_the_place_and_updates_the_summary(self, session):
        first = a_wish(session)
        a_wish(session)
        again = handoffs.request(session, first.conversation_id, reason="asked_for", summary="is angry", now=LATER)
        assert (again.id, again.position, again.summary, again.requested_at) == (first.id, 1, "is angry", make.NOW)
        assert states(session, first) == ["requested"]

    def test_a_more_urgent_reason_moves_up_and_a_lesser_one_does_not_move_down(self, session):
        first = a_wish(session, reason="complaint")
        for reason, expected in (("asked_for", "complaint"), ("emergency", "emergency")):
            again = handoffs.request(session, first.conversation_id, reason=reason, summary="", now=LATER)
            assert again.reason == expected

    def test_the_bot_goes_on_while_a_customer_waits(self, session):
        assert owner_of(session, a_wish(session)) == "bot"

    def test_an_unknown_reason_is_refused(self, session):
        with pytest.raises(InvalidInput):
            a_wish(session, reason="boredom")


class TestTaking:
    def test_the_conversation_is_the_employee_s(self, session):
        agent = an_agent(session, name="Ines Okoro")
        taken = handoffs.take(session, a_wish(session).id, agent.id, now=LATER)
        assert (taken.state, taken.employee_name, taken.accepted_at) == (HandoffState.ACCEPTED, "Ines Okoro", LATER)
        assert (taken.position, taken.waiting_since) == (None, None)
        assert owner_of(session, taken) == "person"
        assert states(session, taken) == ["requested", "queued", "accepted"]

    def test_a_second_employee_is_told_who_was_first(self, session):
        first, second = an_agent(session, name="Ines Okoro"), an_agent(session)
        taken = with_agent(session, first)
        with pytest.raises(handoffs.Taken) as refused:
            handoffs.take(session, taken.id, second.id, now=LATER)
        assert refused.value.by == "Ines Okoro"

    def test_taking_again_changes_nothing(self, session):
        agent = an_agent(session)
        taken = with_agent(session, agent)
        assert handoffs.take(session, taken.id, agent.id, now=LATER) == taken

    def test_what_is_offered_is_that_employee_s_until_the_offer_ends(self, session):
        chosen, other = an_agent(session, name="Rob"), an_agent(session, status=PresenceStatus.BUSY)
        wish = a_wish(session)
        assert offer(session, wish).offered_to == chosen.id
        with pytest.raises(handoffs.Taken) as refused:
            handoffs.take(session, wish.id, other.id, now=make.NOW)
        assert refused.value.by == "Rob"
        taken = handoffs.take(session, wish.id, other.id, now=make.NOW + limits().offer)
        assert (taken.employee_id, taken.offered_to) == (other.id, None)

    def test_a_supervisor_takes_what_is_offered_to_another(self, session):
        an_agent(session)
        supervisor = make.an_employee(session)
        wish = a_wish(session)
        offer(session, wish)
        assert handoffs.take(session, wish.id, supervisor.id, now=make.NOW, force=True).employee_id == supervisor.id

    @pytest.mark.parametrize(
        ("agent", "wish"),
        [
            ({"languages": ("zh",)}, {}),
            ({"capacity": 0}, {}),
            ({}, {"line": "life"}),
            ({}, {"skills": ("complaints",)}),
        ],
        ids=["language", "room", "line", "skill"],
    )
    def test_who_does_not_fit_takes_nobody(self, session, agent, wish):
        with pytest.raises(NotEligible):
            handoffs.take(session, a_wish(session, **wish).id, an_agent(session, **agent).id, now=make.NOW)

    def test_whatever_the_line_after_a_long_wait(self, session):
        late = make.NOW + limits().overflow
        wish, agent = a_wish(session, line="life"), an_agent(session)
        assert handoffs.take(session, wish.id, agent.id, now=late).employee_id == agent.id

    def test_an_offer_holds_a_place_for_who_it_is_for(self, session):
        agent, wish = an_agent(session, capacity=1), a_wish(session)
        offer(session, wish)
        assert handoffs.take(session, wish.id, agent.id, now=make.NOW).employee_id == agent.id

    def test_not_when_it_is_over(self, session):
        wish, agent = a_wish(session), an_agent(session)
        handoffs.abandon(session, wish.id, now=make.NOW)
        with pytest.raises(NotEligible):
            handoffs.take(session, wish.id, agent.id, now=make.NOW)

    def test_there_has_to_be_one(self, session):
        with pytest.raises(NotFound):
            handoffs.take(session, 4711, an_agent(session).id, now=make.NOW)
        with pytest.raises(NotFound):
            handoffs.take(session, a_wish(session).id, 4711, now=make.NOW)

    def test_who_takes_is_there_whatever_they_said(self, session):
        agent = an_agent(session, status=PresenceStatus.OFFLINE)
        with_agent(session, agent, now=LATER)
        assert [load.status for load in presence.board(session, LATER)] == [PresenceStatus.BUSY]


class TestDeclining:
    def test_it_waits_for_somebody_else(self, session):
        agent, wish = an_agent(session), a_wish(session)
        offer(session, wish)
        declined = handoffs.decline(session, wish.id, agent.id, now=make.NOW)
        assert (declined.state, declined.offered_to, declined.waiting_since) == (HandoffState.QUEUED, None, make.NOW)

    def test_only_what_is_offered_to_them(self, session):
        with pytest.raises(NotEligible):
            handoffs.decline(session, a_wish(session).id, an_agent(session).id, now=make.NOW)


class TestTalking:
    def test_it_begins_once(self, session):
        agent = an_agent(session)
        taken = with_agent(session, agent)
        begun = handoffs.begin(session, taken.id, agent.id, now=LATER)
        assert (begun.state, begun.active_at) == (HandoffState.ACTIVE, LATER)
        assert handoffs.begin(session, taken.id, agent.id, now=LATER + timedelta(minutes=1)) == begun

    @pytest.mark.parametrize("verb", ["begin", "give_back"])
    def test_only_by_who_has_the_customer(self, session, verb):
        taken, other = with_agent(session, an_agent(session, name="Ines Okoro")), an_agent(session)
        with pytest.raises(handoffs.Taken) as refused:
            getattr(handoffs, verb)(session, taken.id, other.id, now=LATER)
        assert refused.value.by == "Ines Okoro"

    def test_not_before_it_is_taken(self, session):
        with pytest.raises(NotEligible):
            handoffs.begin(session, a_wish(session).id, an_agent(session).id, now=LATER)


class TestPassingOn:
    def test_to_a_colleague_who_is_offered_the_customer_with_the_note(self, session):
        agent, colleague = an_agent(session), an_agent(session)
        taken = with_agent(session, agent)
        passed = handoffs.transfer(
            session, taken.id, by=agent.id, to_employee=colleague.id, note="knows boats", now=LATER
        )
        assert (passed.state, passed.offered_to, passed.employee_id) == (HandoffState.OFFERED, colleague.id, None)
        assert owner_of(session, passed) == "bot"
        assert handoffs.transitions(session, taken.id)[-1].note == "knows boats"

    def test_to_a_team_for_which_the_customer_waits_before_later_ones(self, session):
        agent = an_agent(session)
        a_team(session, "motor")
        taken = with_agent(session, agent)
        a_wish(session, now=LATER)
        passed = handoffs.transfer(session, taken.id, by=agent.id, to_team="motor", note="", now=LATER)
        assert (passed.state, passed.team, passed.position) == (HandoffState.QUEUED, "motor", 1)
        assert passed.waiting_since == LATER

    @pytest.mark.parametrize("status", [PresenceStatus.AWAY, PresenceStatus.OFFLINE, None])
    def test_not_to_who_is_not_there(self, session, status):
        agent, colleague = an_agent(session), an_agent(session, status=status)
        taken = with_agent(session, agent)
        with pytest.raises(NotEligible):
            handoffs.transfer(session, taken.id, by=agent.id, to_employee=colleague.id, note="", now=LATER)
        assert handoffs.get(session, taken.id).employee_id == agent.id

    def test_not_to_who_has_no_room(self, session):
        agent, colleague = an_agent(session), an_agent(session, capacity=1)
        taken = with_agent(session, agent)
        with_agent(session, colleague)
        with pytest.raises(NotEligible):
            handoffs.transfer(session, taken.id, by=agent.id, to_employee=colleague.id, note="", now=LATER)

    @pytest.mark.parametrize("to", [{}, {"to_employee": 1, "to_team": "motor"}, {"to_team": "nobody"}])
    def test_to_exactly_one_that_exists(self, session, to):
        agent = an_agent(session)
        taken = with_agent(session, agent)
        with pytest.raises(InvalidInput):
            handoffs.transfer(session, taken.id, by=agent.id, note="", now=LATER, **to)

    def test_a_supervisor_takes_over_from_an_agent(self, session):
        taken, supervisor = with_agent(session, an_agent(session)), an_agent(session)
        over = handoffs.take_over(session, taken.id, supervisor.id, now=LATER)
        assert (over.state, over.employee_id, owner_of(session, over)) == ("accepted", supervisor.id, "person")
        assert states(session, taken)[-2:] == ["accepted", "accepted"]

    def test_a_supervisor_takes_over_from_the_queue(self, session):
        supervisor = an_agent(session, capacity=0)
        wish = a_wish(session)
        assert handoffs.take_over(session, wish.id, supervisor.id, now=LATER).employee_id == supervisor.id


class TestEnding:
    def test_the_bot_goes_on_after_it_is_given_back(self, session):
        agent = an_agent(session)
        back = handoffs.give_back(session, with_agent(session, agent).id, agent.id, now=LATER)
        assert (back.state, back.is_over, back.ended_at) == (HandoffState.RETURNED, True, LATER)
        assert owner_of(session, back) == "bot"

    def test_closed_with_how_it_ended(self, session):
        agent = an_agent(session)
        taken = with_agent(session, agent)
        closed = handoffs.close(session, taken.id, agent.id, disposition="answered", now=LATER)
        assert (closed.state, closed.disposition, closed.employee_id) == (HandoffState.CLOSED, "answered", agent.id)
        again = handoffs.close(session, taken.id, agent.id, disposition="answered", now=LATER + timedelta(1))
        assert again == closed

    def test_the_customer_leaves(self, session):
        for view in (a_wish(session), with_agent(session, an_agent(session))):
            left = handoffs.abandon(session, view.id, now=LATER)
            assert (left.state, owner_of(session, left)) == (HandoffState.ABANDONED, "bot")
            with pytest.raises(NotEligible):
                handoffs.abandon(session, view.id, now=LATER)

    def test_the_next_wish_is_another_hand_off(self, session):
        first = a_wish(session)
        handoffs.abandon(session, first.id, now=LATER)
        second = handoffs.request(session, first.conversation_id, reason="asked_for", summary="", now=LATER)
        assert second.id != first.id
        assert handoffs.open_in(session, first.conversation_id).id == second.id

    def test_without_a_wish_there_is_none(self, session):
        assert handoffs.open_in(session, make.a_conversation(session).id) is None
