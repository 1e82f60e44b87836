"""Complaints, feedback, branches, the customer's agent, call-backs, questions about cover, language."""

from datetime import timedelta

import pytest

from actions.branches import FindBranch, MyAgent, SubmitBranch
from actions.callbacks import BeginCallback, SubmitCallbackMove
from actions.complaints import AskComplaintConfirm, BeginFeedback, SubmitComplaint, SubmitFeedback
from actions.coverage import AnswerCoverage
from actions.language import ChangeLanguage
from actions.person import SubmitCallback
from crm.services import callbacks, complaints, conversations
from tests.factories.crm import NOW, a_branch

PASSAGE = {"passage": "It depends.", "title": "Cars", "heading": "Glass", "url": "/knowledge/en/x"}


class TestComplaint:
    @property
    def slots(self):
        return {"complaint_what": "Nobody called me", "complaint_category": "waiting_time", "complaint_wish": "A call"}

    def test_it_has_to_be_clear_who_complains(self, desk):
        desk.slots = self.slots
        assert desk.run(AskComplaintConfirm).slots == {"signal": "verify"}

    def test_the_summary_leaves_out_what_was_not_given(self, verified):
        verified.slots = {**self.slots, "complaint_wish": "not_given"}
        rows = verified.run(AskComplaintConfirm).said("utter_complaint_summary")["rows"]
        assert [row["label"] for row in rows] == ["about", "description"]

    def test_filed_once_with_a_number_and_a_day(self, verified, customer):
        verified.slots = self.slots
        said = verified.run(SubmitComplaint).said("utter_complaint_filed")
        again = verified.run(SubmitComplaint).said("utter_complaint_filed")
        with verified.store.reading() as session:
            (filed,) = complaints.list_complaints(session, customer["id"])
        assert (said["number"], said["due"]) == (again["number"], again["due"])
        assert (filed.number, filed.category, filed.text) == (
            said["number"],
            "waiting_time",
            "Nobody called me\n\nA call",
        )

    def test_what_fits_no_category_is_other(self, verified, customer):
        verified.slots = {**self.slots, "complaint_category": "weather"}
        verified.run(SubmitComplaint)
        with verified.store.reading() as session:
            assert complaints.list_complaints(session, customer["id"])[0].category == "other"

    def test_verification_that_ran_out_shows_the_summary_again(self, desk):
        desk.slots = self.slots
        assert desk.run(SubmitComplaint).slots == {"complaint_confirm": None, "signal": "verify"}


class TestFeedback:
    @pytest.mark.parametrize(("score", "response"), [("5", "utter_feedback_good"), ("1", "utter_feedback_bad")])
    def test_recorded_without_a_name(self, desk, score, response):
        desk.slots = {"feedback_score": score, "feedback_comment": "not_given"}
        answer = desk.run(SubmitFeedback)
        assert (answer.responses, answer.slots) == ([response], {"signal": "done"})

    def test_words_of_the_first_sentence_are_the_comment(self, desk):
        assert desk.run(BeginFeedback, text="your app is great").slots == {"feedback_comment": "your app is great"}

    def test_a_bare_wish_to_comment_is_none(self, desk):
        assert desk.run(BeginFeedback, text="I have feedback").slots == {"feedback_comment": None}


class TestBranches:
    def test_a_named_town_is_answered_at_once(self, desk):
        with desk.store.session() as session:
            a_branch(session)
        answer = desk.run(FindBranch, text="is there a branch in Alderwick?")
        assert answer.said("utter_branches")["branches"][0]["city"] == "Alderwick"
        assert answer.slots == {"signal": "abandon"}

    def test_without_a_place_the_form_asks(self, desk):
        answer = desk.run(FindBranch, text="where is your office")
        assert (answer.messages, answer.slots) == ([], {})

    def test_an_unknown_place_is_asked_again(self, desk):
        desk.slots = {"branch_place": "Atlantis"}
        answer = desk.run(SubmitBranch)
        assert (answer.responses, answer.slots) == (["utter_branch_place_unknown"], {"branch_place": None})

    def test_the_place_that_was_asked_for(self, desk):
        with desk.store.session() as session:
            a_branch(session)
        desk.slots = {"branch_place": "AW1"}
        assert desk.run(SubmitBranch).slots == {"signal": "done"}

    def test_without_an_agent_a_call_is_offered(self, verified):
        assert verified.run(MyAgent).responses == ["utter_no_agent"]

    def test_the_agent_is_for_the_customer_alone(self, desk):
        assert desk.run(MyAgent).slots == {"signal": "verify"}


class TestCallback:
    def book(self, desk, **slots):
        desk.slots = {"callback_phone": "555 010 0123", **slots}
        return desk.run(SubmitCallback)

    def test_the_form_asks_for_a_day(self, desk):
        assert desk.run(BeginCallback).slots == {"callback_known": False, "callback_wished": True}

    def test_at_the_wished_time(self, desk):
        day = (NOW + timedelta(days=7)).date().isoformat()
        said = self.book(desk, callback_day=day, callback_time="15:00").said("utter_callback_booked_wished")
        assert said["at_start"].startswith(f"{day}T15:00")

    def test_a_day_too_far_away_is_asked_again(self, desk):
        answer = self.book(desk, callback_day=(NOW + timedelta(days=90)).date().isoformat())
        assert answer.responses == ["utter_callback_day_wrong"]
        assert answer.slots == {"callback_day": None, "callback_time": None}

    def test_a_booked_call_is_not_booked_twice(self, desk):
        self.book(desk)
        desk.slots = {}
        answer = desk.run(BeginCallback)
        assert answer.slots["signal"] == "callback_move"

    def move(self, desk, **slots):
        self.book(desk)
        desk.slots = {}
        to = desk.run(BeginCallback).slots["callback_to"]
        desk.slots = {"callback_to": to, **slots}
        desk.message_id = "m2"
        return desk.run(SubmitCallbackMove)

    def test_moved(self, desk):
        day = (NOW + timedelta(days=8)).date().isoformat()
        said = self.move(desk, callback_do="move", callback_to_day=day).said("utter_callback_moved")
        assert said["at_start"][:10] >= day

    def test_cancelled(self, desk):
        answer = self.move(desk, callback_do="cancel")
        assert (answer.responses, answer.slots["signal"]) == (["utter_callback_cancelled"], "abandon")
        with desk.store.reading() as session:
            assert not callbacks.upcoming(session, desk.conversation_id, NOW)

    def test_left_as_it_is(self, desk):
        assert self.move(desk, callback_do="keep").responses == ["utter_callback_already_booked"]


class TestCoverage:
    def test_a_general_question_needs_no_name(self, desk):
        answer = desk.run(AnswerCoverage, knowledge=[PASSAGE])
        assert answer.responses == ["utter_knowledge", "utter_coverage_look"]

    def test_without_a_passage_only_the_policy_can_answer(self, desk):
        assert desk.run(AnswerCoverage).slots == {"signal": "verify"}

    def test_what_the_policy_lists(self, verified):
        named = [{"entity": "line_of_business", "value": "auto"}, {"entity": "coverage", "value": "theft"}]
        answer = verified.run(AnswerCoverage, knowledge=[PASSAGE], entities=named)
        assert answer.responses == ["utter_knowledge", "utter_coverage_listed"]

    def test_what_is_not_listed_is_not_denied(self, verified):
        named = [{"entity": "line_of_business", "value": "auto"}, {"entity": "coverage", "value": "delay"}]
        assert verified.run(AnswerCoverage, entities=named).responses == ["utter_coverage_of_policy_without"]

    def test_several_policies_are_asked_about(self, verified):
        assert verified.run(AnswerCoverage).responses == ["utter_coverage_which"]


class TestLanguage:
    def test_the_one_that_was_asked_for(self, desk):
        answer = desk.run(ChangeLanguage, language={"code": "zh", "asked": True})
        assert (answer.responses, answer.slots) == (["utter_language_changed"], {"language": "zh"})
        with desk.store.reading() as session:
            assert conversations.get_conversation(session, desk.conversation_id).language == "zh"

    def test_another_one(self, desk):
        assert desk.run(ChangeLanguage, language={"code": "en", "asked": False}).responses == ["utter_languages"]
