"""What the dialogue does with a message, form by form."""

import pytest

from tests.bot.policies.chat import Chat, claim_until, pressed, said, uploaded


def test_a_rule_answers_outside_of_forms():
    assert Chat()(said("hi", "greet")) == ["utter_greet"]


def test_a_claim_begins_with_the_question_whether_anyone_is_hurt():
    assert Chat()(said("I had an accident", "file_claim")) == ["utter_begin_claim", "utter_ask_claim_injured"]


def test_a_hurt_person_gets_emergency_advice_before_the_next_question():
    chat = Chat(verified=True)
    chat(pressed("file_claim"))
    assert chat(pressed("affirm")) == ["utter_emergency", "action_emergency_numbers", "action_ask_claim_policy"]


def test_a_claim_runs_to_the_end():
    chat = claim_until("claim_confirm")
    assert chat(pressed("affirm")) == ["action_submit_claim"]
    assert chat.form is None
    assert not any(value for name, value in chat.slots.items() if name.startswith("claim_"))


def test_several_answers_in_one_sentence_fill_several_slots():
    chat = claim_until("claim_what")
    chat(said("a van hit me from behind on the 12th at noon", date="12th=12", time="noon=12:00"))
    assert chat.slots["claim_date"] == "2026-11-12"
    assert chat.slots["claim_time"] == "12:00"
    assert chat.slots["claim_auto_kind"] == "collision"
    assert chat.slots["requested_slot"] == "claim_place"


def test_what_the_first_message_tells_is_not_asked_again():
    chat = Chat(verified=True)
    text = "someone rear ended me yesterday at a red light, nobody was hurt, I need to claim"
    chat(said(text, "file_claim", date="yesterday=2026-11-19"))
    known = {name: chat.slots.get(name) for name in ("claim_injured", "claim_date", "claim_what", "claim_auto_kind")}
    assert known == {
        "claim_injured": False,
        "claim_date": "2026-11-19",
        "claim_what": text,
        "claim_auto_kind": "collision",
    }


def test_nothing_is_confirmed_before_the_summary_was_shown():
    chat = claim_until("claim_place")
    chat(said("go ahead and file it, all correct, it was at home"))
    assert chat.slots.get("claim_confirm") is None


def test_questions_that_make_no_sense_are_left_out():
    chat = claim_until("claim_what")
    chat(said("my car was stolen from the street yesterday night", date="yesterday=2026-11-19"))
    assert chat(said("Mill Street")) == ["utter_ask_claim_report"]


class TestVerification:
    def test_a_skill_that_needs_it_goes_on_by_itself(self):
        chat = Chat()
        assert chat(said("my policies", "list_policies")) == ["action_list_policies", "utter_ask_verify_identifier"]
        chat(said("PA-1234567", policy_number="PA-1234567"))
        done = chat(said("3 May 1980", date="3 May 1980=1980-05-03"))
        assert done == ["action_submit_verify", "action_list_policies"]

    def test_both_parts_in_one_message(self):
        chat = Chat()
        chat(said("my policies", "list_policies"))
        message = said("PA-1234567, 3 May 1980", policy_number="PA-1234567", date="3 May 1980=1980-05-03")
        assert chat(message) == ["action_submit_verify", "action_list_policies"]

    def test_a_claim_goes_on_after_it(self):
        chat = Chat()
        chat(pressed("file_claim"))
        assert chat(pressed("deny")) == ["action_ask_claim_policy", "utter_ask_verify_identifier"]
        chat(said("a@example.com", email="a@example.com"))
        done = chat(said("3 May 1980", date="3 May 1980=1980-05-03"))
        assert done == ["action_submit_verify", "action_ask_claim_policy"]
        assert chat.form == "claim"

    def test_wrong_details_are_asked_for_again(self):
        cleared = {"verify_identifier": None, "verify_birth_date": None}
        chat = Chat({"action_submit_verify": cleared})
        chat(said("my policies", "list_policies"))
        chat(said("PA-1234567", policy_number="PA-1234567"))
        done = chat(said("3 May 1980", date="3 May 1980=1980-05-03"))
        assert done == ["action_submit_verify", "utter_ask_verify_identifier"]

    def test_a_lock_ends_it_and_drops_what_waited(self):
        cleared = {"verify_identifier": None, "verify_birth_date": None}
        chat = Chat({"action_submit_verify": {**cleared, "signal": "abandon"}})
        chat(said("my policies", "list_policies"))
        chat(said("PA-1234567", policy_number="PA-1234567"))
        assert chat(said("3 May 1980", date="3 May 1980=1980-05-03")) == ["action_submit_verify"]
        assert (chat.form, chat.paused) == (None, [])

    def test_stop_drops_what_waited(self):
        chat = Chat()
        chat(said("my policies", "list_policies"))
        assert chat(said("stop", "stop")) == ["utter_stopped_verify"]
        assert (chat.form, chat.paused) == (None, [])

    def test_an_accident_s_date_is_no_birth_date(self):
        chat = Chat()
        chat(said("my claim of the 12th", "claim_status", date="12th=12"))
        assert chat.slots.get("verify_birth_date") is None


class TestDigressions:
    def test_a_question_is_answered_and_the_form_resumed_with_a_reminder(self):
        chat = claim_until("claim_date")
        done = chat(said("is theft covered?", "coverage_question"))
        assert done == ["action_answer_coverage", "utter_resume_claim", "utter_ask_claim_date"]

    def test_a_question_with_a_date_does_not_fill_the_date(self):
        chat = claim_until("claim_date")
        chat(said("is theft covered since the 9th", "coverage_question", date="9th=09"))
        assert chat.slots.get("claim_date") is None

    def test_an_unsure_question_that_fits_is_an_answer(self):
        chat = claim_until("claim_what")
        chat(said("is it my fault when he brakes for no reason", "coverage_question", 0.6))
        assert chat.slots["claim_what"] == "is it my fault when he brakes for no reason"

    def test_a_place_that_sounds_out_of_scope_is_an_answer(self):
        chat = claim_until("claim_place")
        chat(said("outside the Odeon cinema", "out_of_scope", 0.99))
        assert chat.slots["claim_place"] == "outside the Odeon cinema"

    def test_a_long_story_is_an_answer(self):
        chat = claim_until("claim_what")
        story = "I was on my way to see my agent " + "and then " * 15
        chat(said(story, "my_agent", 0.99))
        assert chat.slots["claim_what"] == story.strip()

    def test_another_form_pauses_this_one(self):
        chat = claim_until("claim_place")
        assert chat(said("I want a person", "talk_to_human")) == ["action_request_person", "utter_ask_callback_phone"]
        assert chat.paused == ["claim"]
        done = chat(said("555 010 0123", phone_number="555 010 0123"))
        assert done == ["action_submit_callback", "utter_resume_claim", "utter_ask_claim_place"]
        assert chat.slots["claim_date"] == "2026-11-19"

    def test_a_skill_that_needs_verification_in_a_form(self):
        chat = Chat()
        chat(pressed("file_claim"))
        done = chat(said("show my policies first", "list_policies"))
        assert done == ["action_list_policies", "utter_ask_verify_identifier"]
        chat(said("PA-1234567", policy_number="PA-1234567"))
        done = chat(said("3 May 1980", date="3 May 1980=1980-05-03"))
        assert done == [
            "action_submit_verify",
            "action_list_policies",
            "utter_resume_claim",
            "utter_ask_claim_injured",
        ]

    def test_a_question_mark_makes_a_likely_question_one(self):
        chat = claim_until("claim_report")
        assert chat(said("great, what's missing for it?", "claim_documents", 0.6))[0] == "action_claim_documents"

    def test_a_question_that_nothing_else_fits_goes_to_the_knowledge(self):
        from dataclasses import replace

        question = replace(said("how long until I am paid?", "nlu_fallback"), known=True)
        assert claim_until("claim_auto_kind")(question)[0] == "action_answer_question"

    def test_small_talk_is_shorter_in_a_form(self):
        done = claim_until("claim_date")(said("thanks", "thank"))
        assert done == ["utter_welcome_in_form", "utter_resume_claim", "utter_ask_claim_date"]

    def test_repeat_asks_the_question_again(self):
        assert claim_until("claim_place")(said("what?", "repeat")) == ["utter_ask_claim_place"]

    def test_an_emergency_comes_first(self):
        done = claim_until("claim_place")(said("he is bleeding badly", "emergency", 0.95))
        assert done[:2] == ["utter_emergency", "action_emergency_numbers"]

    def test_asking_for_the_same_form_reminds_of_it(self):
        assert claim_until("claim_date")(said("file a claim", "file_claim")) == [
            "utter_resume_claim",
            "utter_ask_claim_date",
        ]

    def test_a_yes_that_answers_nothing_takes_the_offer_made_before(self):
        from dataclasses import replace

        chat = claim_until("claim_date")
        yes = replace(said("yes please", "affirm"), offered="talk_to_human")
        assert chat(yes)[0] == "action_request_person"


class TestCorrections:
    def test_a_typed_correction_goes_to_its_slot(self):
        chat = claim_until("claim_place")
        assert chat(said("no, it was the 12th", "deny", date="12th=12")) == [
            "utter_corrected_claim_date",
            "utter_ask_claim_place",
        ]
        assert chat.slots["claim_date"] == "2026-11-12"
        assert chat.slots.get("claim_place") is None

    def test_it_does_not_answer_a_yes_or_no_question(self):
        chat = claim_until("claim_other_party")
        chat(said("no, it was the 12th", "deny", date="12th=12"))
        assert chat.slots["claim_date"] == "2026-11-12"
        assert chat.slots.get("claim_other_party") is None

    def test_the_value_after_a_negation_is_not_meant(self):
        chat = claim_until("claim_place")
        chat(said("it was the 12th, not the 19th", date=["12th=12", "19th=19"]))
        assert chat.slots["claim_date"] == "2026-11-12"

    def test_an_answer_with_a_date_in_it_is_no_correction(self):
        chat = claim_until("claim_drivable")
        chat(said("no, it's at the garage until Monday", "deny", date="Monday=2026-11-23"))
        assert chat.slots["claim_date"] == "2026-11-19"
        assert chat.slots["claim_drivable"] is False

    def test_a_wrong_field_is_asked_again(self):
        chat = claim_until("claim_confirm")
        assert chat(said("the place is wrong")) == ["utter_ask_claim_place"]
        assert chat(said("Mill Street 4")) == ["action_ask_claim_confirm"]

    def test_at_the_summary_a_value_alone_is_a_correction(self):
        chat = claim_until("claim_confirm")
        done = chat(said("it was the 12th", date="12th=12"))
        assert done == ["utter_corrected_claim_date", "action_ask_claim_confirm"]

    def test_no_at_the_summary_asks_what_to_change(self):
        chat = claim_until("claim_confirm")
        assert chat(pressed("deny")) == ["utter_ask_claim_change"]
        assert chat(pressed("inform", field="claim_place")) == ["utter_ask_claim_place"]
        assert chat(said("Mill Street 4")) == ["action_ask_claim_confirm"]

    def test_the_new_value_may_follow_the_no(self):
        chat = claim_until("claim_confirm")
        chat(pressed("deny"))
        done = chat(said("the date, it was the 12th", date="12th=12"))
        assert done == ["utter_corrected_claim_date", "action_ask_claim_confirm"]


class TestEnds:
    def test_stop_forgets_the_form(self):
        chat = claim_until("claim_place")
        assert chat(said("stop this", "stop")) == ["utter_stopped_claim"]
        assert chat.form is None
        assert chat.slots["claim_date"] is None

    def test_a_story_about_stopping_is_a_story(self):
        chat = claim_until("claim_what")
        chat(said("I could not stop in time", "stop", 0.8))
        assert chat.slots["claim_what"] == "I could not stop in time"

    def test_a_short_wish_for_a_person_is_no_answer(self):
        chat = claim_until("claim_what")
        chat(said("a person please", "talk_to_human", 0.7))
        assert "claim_what" not in chat.slots

    def test_a_story_about_a_person_is_a_story(self):
        chat = claim_until("claim_what")
        chat(said("the other driver got out to talk to a person", "talk_to_human", 0.7))
        assert chat.slots["claim_what"] == "the other driver got out to talk to a person"

    def test_stopping_an_inner_form_returns_to_the_outer_one(self):
        chat = claim_until("claim_place")
        chat(said("I want a person", "talk_to_human"))
        done = chat(said("never mind", "stop"))
        assert done == ["utter_stopped_callback", "utter_resume_claim", "utter_ask_claim_place"]

    def test_start_over_forgets_everything(self):
        chat = claim_until("claim_place")
        chat(said("I want a person", "talk_to_human"))
        assert chat(said("start over", "start_over")) == ["action_start_over"]
        assert (chat.form, chat.paused, chat.slots["claim_date"]) == (None, [], None)

    def test_after_a_colleague_closed_the_matter_nothing_of_it_is_asked_for(self):
        chat = claim_until("claim_place")
        chat(said("I want a person", "talk_to_human"))
        assert chat(pressed("person_left")) == []
        assert (chat.form, chat.paused, chat.slots["claim_date"]) == (None, [], None)
        assert chat(said("thanks", "thank")) == ["utter_welcome"]

    def test_an_action_that_failed_keeps_the_form(self):
        chat = claim_until("claim_confirm", Chat({"action_submit_claim": {}}, verified=True))
        done = chat(pressed("affirm"))
        assert done == ["action_submit_claim", "utter_service_trouble", "action_ask_claim_confirm"]
        assert chat.slots["claim_place"] == "at home"

    def test_an_action_may_give_a_form_up(self):
        chat = Chat({"action_ask_claim_policy": {"signal": "abandon"}})
        chat(pressed("file_claim"))
        assert chat(pressed("deny")) == ["action_ask_claim_policy"]
        assert chat.form is None

    def test_a_call_that_is_booked_already_leaves_the_claim_alone(self):
        chat = claim_until("claim_place", Chat({"action_request_person": {"signal": "abandon"}}, verified=True))
        assert chat(said("a person please", "talk_to_human")) == ["action_request_person", "utter_ask_claim_place"]


class TestFiles:
    def test_they_are_kept_until_the_customer_is_done(self):
        chat = claim_until("claim_photos")
        assert chat(uploaded("f1")) == ["utter_files_received", "utter_ask_claim_photos"]
        chat(uploaded("f2"))
        assert chat(said("done", "affirm")) == ["action_ask_claim_confirm"]
        assert chat.slots["files"] == ["f1", "f2"]

    def test_saying_that_there_are_none_is_an_answer(self):
        chat = claim_until("claim_photos")
        assert chat(said("no pictures yet", "claim_documents", 0.97)) == ["action_ask_claim_confirm"]

    def test_they_are_kept_at_any_question(self):
        chat = claim_until("claim_place")
        assert chat(uploaded("f1")) == ["utter_files_received", "utter_ask_claim_place"]
        assert chat.slots["files"] == ["f1"]

    def test_they_are_forgotten_with_the_form(self):
        chat = claim_until("claim_place")
        chat(uploaded("f1"))
        chat(said("stop", "stop"))
        assert not chat.slots["files"]

    def test_outside_of_a_form_they_are_for_a_claim(self):
        chat = Chat()
        assert chat(uploaded("f1")) == ["action_attach_files"]
        assert chat.slots["files"] == ["f1"]

    def test_outside_of_a_form_the_next_message_may_say_what_they_are(self):
        chat = Chat()
        chat(uploaded("f1"))
        named = said("the repair estimate", "claim_status", document_type="repair estimate=repair_estimate")
        assert chat(named) == ["action_attach_files"]


class TestNotUnderstood:
    def test_outside_it_asks_what_was_meant_then_offers_a_person(self):
        chat = Chat()
        assert chat(said("hm", "nlu_fallback")) == ["action_ask_affirmation"]
        assert chat(said("hm", "nlu_fallback")) == ["utter_offer_person"]

    def test_in_a_form_it_hints_then_offers_a_person(self):
        chat = claim_until("claim_date")
        assert chat(said("hm", "nlu_fallback")) == ["utter_hint_claim_date", "utter_ask_claim_date"]
        assert chat(said("hm", "nlu_fallback")) == ["utter_offer_person", "utter_ask_claim_date"]

    def test_out_of_scope_twice_offers_a_person(self):
        chat = Chat()
        assert chat(said("tell me a joke", "out_of_scope")) == ["utter_out_of_scope"]
        assert chat(said("sing", "out_of_scope")) == ["utter_offer_person"]

    def test_a_choice_that_is_not_understood_twice_is_something_else(self):
        chat = claim_until("claim_auto_kind")
        chat(said("hm", "nlu_fallback"))
        assert chat(said("hm", "nlu_fallback")) == ["utter_ask_claim_other_party"]
        assert chat.slots["claim_auto_kind"] == "other"

    def test_a_day_alone_is_no_story(self):
        chat = claim_until("claim_what")
        assert chat(said("it was yesterday", date="yesterday=2026-11-19"))[-1] == "utter_ask_claim_what"
        assert chat.slots["claim_date"] == "2026-11-19"

    def test_a_story_told_too_early_is_kept(self):
        chat = claim_until("claim_policy")
        story = "we were hit by a truck that ran a red light at the crossing"
        chat(said(story))
        assert chat.slots["claim_what"] == story

    def test_an_answer_clears_the_count(self):
        chat = claim_until("claim_date")
        chat(said("hm", "nlu_fallback"))
        chat(said("the 12th", date="12th=12"))
        assert chat(said("hm", "affirm"))[0] == "utter_hint_claim_place"

    def test_a_bare_no_to_an_offer(self):
        from dataclasses import replace

        no = replace(said("no", "deny"), otherwise="utter_rephrase")
        assert Chat()(no) == ["utter_rephrase"]


@pytest.mark.parametrize(
    ("text", "intent", "value"),
    [
        ("yes", "affirm", True),
        ("nope, nobody", "out_of_scope", False),
        ("no one was hurt thank god", "thank", False),
        ("yes my wife's neck hurts", "nlu_fallback", True),
        ("everyone is fine", "greet", False),
        ("he broke his leg", "emergency", True),
        ("everybody is out and safe", "emergency", False),
    ],
)
def test_yes_or_no_in_many_words(text, intent, value):
    chat = Chat(verified=True)
    chat(pressed("file_claim"))
    chat(said(text, intent, 0.7))
    assert chat.slots["claim_injured"] is value
