"""The course of a complaint, of feedback, of a wished call and of the way to a branch."""

from tests.bot.policies.chat import Chat, pressed, said

EFFECTS = {
    "action_ask_complaint_confirm": {},
    "action_submit_complaint": {"signal": "done"},
    "action_submit_feedback": {"signal": "done"},
    "action_submit_branch": {"signal": "done"},
    "action_submit_callback_move": {"signal": "abandon"},
    "action_begin_callback": {"callback_known": False, "callback_wished": True},
}
COMPLAIN = said("I want to complain", "complaint")
RUDE = said("an agent was rude to me", "complaint")


def chat(**effects):
    return Chat({**EFFECTS, **effects}, verified=True)


class TestComplaint:
    def test_from_the_first_word_to_the_number(self):
        customer = chat()
        assert customer(COMPLAIN) == ["utter_begin_complaint", "utter_ask_complaint_what"]
        assert customer(RUDE) == ["utter_ask_complaint_wish"]
        assert customer.slots["complaint_category"] == "service"
        assert customer(said("an apology", "inform")) == ["action_ask_complaint_confirm"]
        assert customer(said("yes", "affirm")) == ["action_submit_complaint"]
        assert customer.form is None

    def test_a_question_in_the_middle_is_answered(self):
        customer = chat()
        customer(COMPLAIN)
        done = customer(said("how long does that take?", "ask_knowledge"))
        assert done == ["action_answer_question", "utter_resume_complaint", "utter_ask_complaint_what"]

    def test_anger_is_the_answer_and_no_new_complaint(self):
        customer = chat()
        customer(COMPLAIN)
        customer(RUDE)
        assert customer(said("this is unacceptable, an apology", "complaint")) == ["action_ask_complaint_confirm"]

    def test_no_wish_is_an_answer(self):
        customer = chat()
        customer(COMPLAIN)
        customer(RUDE)
        assert customer(pressed("deny")) == ["action_ask_complaint_confirm"]

    def test_an_answer_can_be_changed_before_it_is_filed(self):
        customer = chat()
        customer(COMPLAIN)
        customer(RUDE)
        customer(said("an apology", "inform"))
        assert customer(pressed("deny")) == ["utter_ask_complaint_change"]
        assert customer(pressed("inform", field="complaint_wish")) == ["utter_ask_complaint_wish"]
        assert customer(said("my money back", "inform")) == ["action_ask_complaint_confirm"]

    def test_stop(self):
        customer = chat()
        customer(COMPLAIN)
        assert customer(said("stop", "stop")) == ["utter_stopped_complaint"]

    def test_verification_comes_in_between(self):
        seen = []

        def confirm(_):
            seen.append(1)
            return {"signal": "verify"} if len(seen) == 1 else {}

        customer = chat(action_ask_complaint_confirm=confirm)
        customer(COMPLAIN)
        customer(RUDE)
        assert customer(pressed("deny")) == ["action_ask_complaint_confirm", "utter_ask_verify_identifier"]


class TestFeedback:
    def test_words_and_a_score(self):
        customer = chat(action_begin_feedback={"feedback_comment": "your app is great"})
        assert customer(said("your app is great", "feedback")) == ["action_begin_feedback", "utter_ask_feedback_score"]
        assert customer(said("five", "inform")) == ["action_submit_feedback"]

    def test_no_score(self):
        customer = chat(action_begin_feedback={"feedback_comment": "nice"})
        customer(said("nice", "feedback"))
        assert customer(pressed("stop")) == ["utter_stopped_feedback"]


class TestCallback:
    def test_the_day_in_the_first_sentence_is_not_asked_for(self):
        customer = chat()
        done = customer(said("ring me on the 27", "book_callback", date="27"))
        assert done == ["action_begin_callback", "utter_ask_callback_phone"]
        assert customer.slots["callback_day"] == "2026-11-27"

    def test_as_soon_as_possible(self):
        customer = chat()
        assert customer(said("call me", "book_callback")) == ["action_begin_callback", "utter_ask_callback_day"]
        assert customer(said("as soon as possible", "inform")) == ["utter_ask_callback_phone"]

    def test_a_booked_call_is_cancelled_in_one_sentence(self):
        customer = chat(action_begin_callback={"callback_to": {"reference": "CB-1"}, "signal": "callback_move"})
        done = customer(said("cancel the call", "book_callback"))
        assert done == ["action_begin_callback", "action_submit_callback_move"]
        assert (customer.form, customer.paused) == (None, [])

    def test_a_booked_call_is_moved(self):
        customer = chat(action_begin_callback={"callback_to": {"reference": "CB-1"}, "signal": "callback_move"})
        assert customer(said("about my call", "book_callback")) == ["action_begin_callback", "action_ask_callback_do"]
        assert customer(pressed("inform", choice="move")) == ["utter_ask_callback_to_day"]
        assert customer(said("the 27", "inform", date="27")) == ["action_submit_callback_move"]


class TestBranch:
    def test_the_place_is_asked_for(self):
        customer = chat()
        assert customer(said("where are you", "find_branch")) == ["action_find_branch", "utter_ask_branch_place"]
        assert customer(said("Alderwick", "inform")) == ["action_submit_branch"]

    def test_a_place_that_was_named_ends_it(self):
        customer = chat(action_find_branch={"signal": "abandon"})
        assert customer(said("a branch in Alderwick", "find_branch")) == ["action_find_branch"]
        assert customer.form is None
