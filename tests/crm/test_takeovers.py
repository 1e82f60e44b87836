"""When a customer who waits is offered a call-back, and whether the bot is arranging one."""

from datetime import timedelta

from crm.domain import PresenceStatus
from crm.services import takeovers
from tests.factories import crm as make
from tests.factories.desk import says
from tests.factories.handoffs import a_wish, an_agent

LATER = make.NOW + timedelta(seconds=30)
QUESTION = ("action_request_person", "utter_ask_callback_use_known")


def offered(session, now=LATER):
    return [view.id for view in takeovers.callbacks_to_offer(session, now)]


class TestCallBackOffer:
    def test_who_waits_for_nobody_is_offered_one(self, session):
        make.care_unit(session)
        wish = a_wish(session)
        assert offered(session) == [wish.id]

    def test_not_at_once(self, session):
        make.care_unit(session)
        a_wish(session)
        assert offered(session, LATER - timedelta(seconds=1)) == []

    def test_not_while_somebody_is_there(self, session):
        an_agent(session, status=PresenceStatus.AVAILABLE)
        a_wish(session)
        assert offered(session) == []

    def test_not_when_the_bot_has_asked_already(self, session):
        make.care_unit(session)
        wish = a_wish(session)
        says(session, wish.conversation_id, "a person", intent="talk_to_human", actions=QUESTION, now=make.NOW)
        assert offered(session) == []

    def test_what_the_bot_asked_before_an_earlier_wish_does_not_count(self, session):
        make.care_unit(session)
        wish = a_wish(session)
        earlier = make.NOW - timedelta(minutes=5)
        says(session, wish.conversation_id, "a person", intent="talk_to_human", actions=QUESTION, now=earlier)
        assert offered(session) == [wish.id]


class TestArranging:
    def test_while_the_bot_asks_about_it(self, session):
        talk = make.a_conversation(session).id
        says(session, talk, "a person", intent="talk_to_human", actions=QUESTION)
        assert takeovers.is_call_being_arranged(session, talk)

    def test_not_when_something_else_was_asked_since(self, session):
        talk = make.a_conversation(session).id
        says(session, talk, "a person", intent="talk_to_human", actions=QUESTION)
        says(session, talk, "my claim", intent="file_claim", actions=("utter_ask_claim_what",))
        assert not takeovers.is_call_being_arranged(session, talk)

    def test_not_in_a_conversation_without_the_bot(self, session):
        assert not takeovers.is_call_being_arranged(session, make.a_conversation(session).id)
