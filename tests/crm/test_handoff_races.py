"""Many at once, each in a transaction of their own."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from sqlalchemy import select

from crm.errors import NotEligible
from crm.schema import Conversation, Handoff
from crm.services import employees, handoffs
from tests.factories import crm as make
from tests.factories.handoffs import a_wish, an_agent, with_agent

TWENTY = 20
PATIENCE = 60  # seconds


def at_once(store, *verbs):
    """Run every verb in a thread and a session of its own, begun together; what each returned or raised."""
    start = Barrier(len(verbs))

    def run(verb):
        start.wait(PATIENCE)
        try:
            with store.session() as session:
                return verb(session)
        except NotEligible as refused:
            return refused

    with ThreadPoolExecutor(len(verbs)) as pool:
        return list(pool.map(run, verbs))


def states(session, handoff_id):
    return [event.state.value for event in handoffs.transitions(session, handoff_id)]


def test_of_twenty_who_take_one_customer_one_gets_them_and_nineteen_are_told_who(store):
    with store.session() as session:
        agents = [an_agent(session, name=f"Agent {n}").id for n in range(TWENTY)]
        wish = a_wish(session)

    def take(employee_id):
        return lambda session: handoffs.take(session, wish.id, employee_id, now=make.NOW)

    found = at_once(store, *(take(employee_id) for employee_id in agents))
    won = [view for view in found if not isinstance(view, NotEligible)]
    refused = [error for error in found if isinstance(error, handoffs.Taken)]
    assert (len(won), len(refused)) == (1, TWENTY - 1)
    assert {error.by for error in refused} == {won[0].employee_name}
    with store.session() as session:
        assert states(session, wish.id) == ["requested", "queued", "accepted"]
        assert session.scalar(select(Conversation.owner)) == "person"


def test_one_who_takes_many_customers_gets_as_many_as_they_can_be_with(store):
    with store.session() as session:
        agent = an_agent(session, capacity=3).id
        wishes = [a_wish(session).id for _ in range(8)]

    def take(handoff_id):
        return lambda session: handoffs.take(session, handoff_id, agent, now=make.NOW)

    found = at_once(store, *(take(handoff_id) for handoff_id in wishes))
    assert sum(not isinstance(view, NotEligible) for view in found) == 3


def test_routing_in_several_processes_offers_nobody_twice_and_fills_nobody_up(store):
    with store.session() as session:
        for _ in range(4):
            an_agent(session, capacity=2)
        wishes = [a_wish(session).id for _ in range(12)]
        agent = an_agent(session, capacity=2).id

    def route(session):
        return handoffs.dispatch(session, now=make.NOW)

    def take(handoff_id):
        return lambda session: handoffs.take(session, handoff_id, agent, now=make.NOW)

    at_once(store, *([route] * 4), *(take(handoff_id) for handoff_id in wishes[:4]))
    with store.session() as session:
        handoffs.dispatch(session, now=make.NOW)
        assert max(employees.busy(session).values()) <= 2
        for wish in wishes:
            assert states(session, wish) in (
                ["requested", "queued"],
                ["requested", "offered"],
                ["requested", "queued", "offered"],
                ["requested", "queued", "accepted"],
                ["requested", "offered", "accepted"],
                ["requested", "queued", "offered", "accepted"],
            )


def test_a_customer_who_asks_many_times_at_once_waits_once(store):
    with store.session() as session:
        chat = make.a_conversation(session).id

    def ask(session):
        return handoffs.request(session, chat, reason="asked_for", summary="", now=make.NOW)

    found = at_once(store, *([ask] * 8))
    assert len({view.id for view in found}) == 1
    with store.session() as session:
        assert session.query(Handoff).count() == 1


def test_who_leaves_while_being_taken_is_gone_or_with_a_person_and_never_both(store):
    for _ in range(5):
        with store.session() as session:
            agent = an_agent(session).id
            wish = a_wish(session)

        def take(session, wish=wish, agent=agent):
            return handoffs.take(session, wish.id, agent, now=make.NOW)

        def leave(session, wish=wish):
            return handoffs.abandon(session, wish.id, now=make.NOW)

        at_once(store, take, leave)
        with store.session() as session:
            assert handoffs.get(session, wish.id).is_over
            assert session.get_one(Conversation, wish.conversation_id).owner == "bot"


def test_a_supervisor_and_an_agent_pass_on_the_same_customer_once(store):
    with store.session() as session:
        agent, colleague, supervisor = (an_agent(session).id for _ in range(3))
        taken = with_agent(session, session.get_one(make.Employee, agent)).id

    def pass_on(session):
        return handoffs.transfer(session, taken, by=agent, to_employee=colleague, note="", now=make.NOW)

    def take_over(session):
        return handoffs.take_over(session, taken, supervisor, now=make.NOW)

    at_once(store, pass_on, take_over)
    with store.session() as session:
        view = handoffs.get(session, taken)
        assert (view.employee_id, view.offered_to) == (supervisor, None)
