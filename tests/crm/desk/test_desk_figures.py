from datetime import date, timedelta

from crm.services import desk_figures, feedback
from crm.services.desk_figures import spread
from tests.factories import crm as make
from tests.factories import desk

DAY, MINUTE = timedelta(days=1), timedelta(minutes=1)
TODAY = make.NOW.date()


def whole(session, which=TODAY):
    return desk_figures.day(session, which).whole


def test_containment_counts_conversations_that_needed_no_person(session):
    for _ in range(3):
        desk.a_talk(session, "hello")
    desk.a_handoff(session, desk.a_talk(session, "a person please"))
    desk.a_talk(session)  # opened, and nothing said

    found = whole(session)

    assert (found.conversations, found.handed_over, found.containment) == (4, 1, 0.75)


def test_without_a_case_there_is_no_figure_rather_than_zero(session):
    found = whole(session)

    assert (found.containment, found.fallbacks, found.rating, found.waiting.median) == (None, None, None, None)


def test_reasons_are_counted(session):
    for reason in ("complaint", "asked_for", "complaint"):
        desk.a_handoff(session, desk.a_talk(session, "x"), reason=reason)

    assert whole(session).reasons == {"complaint": 2, "asked_for": 1}


def test_waiting_first_response_and_handling_are_durations_in_minutes(session):
    ada = desk.an_employee(session)
    talk = desk.a_talk(session, "a person please")
    desk.a_handoff(session, talk, employee=ada, waited=3 * MINUTE, lasted=20 * MINUTE)
    desk.agent_says(session, talk, "Hello", now=make.NOW + 5 * MINUTE)
    desk.agent_says(session, talk, "And?", now=make.NOW + 9 * MINUTE)

    found = whole(session)

    assert (found.waiting.median, found.first_response.median, found.handling.median) == (3, 5, 20)
    assert (found.waiting.n, found.first_response.n, found.handling.n) == (1, 1, 1)


def test_one_who_was_never_taken_does_not_count_as_waiting_no_time(session):
    desk.a_handoff(session, desk.a_talk(session, "x"))

    assert whole(session).waiting.n == 0


def test_ratings_are_told_by_how_often_each_was_given(session):
    for score in (5, 5, 2):
        feedback.give(session, desk.a_talk(session, "x"), score=score, now=make.NOW)

    found = whole(session)

    assert (found.ratings, found.rated, found.rating) == ((0, 1, 0, 0, 2), 3, 4.0)


def test_fallbacks_are_messages_the_bot_made_nothing_of(session):
    talk = desk.a_talk(session, ("hello", "greet"), ("what is the moon", "out_of_scope"))
    desk.says(session, talk, "hm", intent="inform", actions=("action_ask_affirmation",))
    desk.says(session, talk, "yes", intent="affirm", actions=("claim_form", "action_submit_claim"))

    found = whole(session)

    assert (found.messages, found.lost, found.fallbacks) == (4, 2, 0.5)


def test_a_day_has_an_hour_a_part_and_a_week_a_day(session):
    desk.a_talk(session, "hello")
    desk.a_talk(session, "hello", now=make.NOW + DAY)

    hours, days = desk_figures.day(session, TODAY), desk_figures.week(session, TODAY)

    assert [len(hours.parts), len(days.parts)] == [24, 7]
    assert [part.conversations for part in hours.parts].index(1) == make.NOW.hour
    assert [part.conversations for part in days.parts] == [0, 0, 0, 0, 1, 1, 0]
    assert (hours.whole.conversations, days.whole.conversations) == (1, 2)


def test_a_day_is_a_day_where_the_business_is(session):
    desk.a_fact(session, "time_zone", "Asia/Shanghai")
    desk.a_talk(session, "hello", now=make.NOW.replace(hour=17))

    assert whole(session, TODAY).conversations == 0
    assert whole(session, TODAY + DAY).conversations == 1


def test_a_day_on_which_clocks_change_has_its_own_number_of_hours(session):
    desk.a_fact(session, "time_zone", "Europe/London")

    assert len(desk_figures.day(session, date(2026, 10, 25)).parts) == 25


def test_a_mark_counts_for_whoever_had_the_conversation_last(session):
    ada, bea = desk.an_employee(session, "Ada"), desk.an_employee(session, "Bea")
    talk = desk.a_talk(session, "x")
    for employee in (ada, bea):
        desk.a_handoff(session, talk, employee=employee)
    feedback.give(session, talk, score=4, now=make.NOW + 30 * MINUTE)

    found = {
        agent.name: (agent.handling.n, agent.rating, agent.rated) for agent in desk_figures.day(session, TODAY).agents
    }

    assert found == {"Ada": (1, None, 0), "Bea": (1, 4.0, 1)}


def test_questions_without_an_answer_are_counted_together_and_masked(session):
    customer = make.a_customer(session, given_name="Imogen", family_name="Thackeray")
    for text in ("Do you insure drones for Imogen Thackeray", "do you insure drones", "Insure a drone, do you?"):
        desk.a_talk(session, (text, "out_of_scope"), customer=customer)
    desk.a_talk(session, ("你们有宠物保险吗", "out_of_scope"), language="zh")

    found = desk_figures.day(session, TODAY).unanswered

    assert [(each.count, each.language) for each in found] == [(3, "en"), (1, "zh")]
    assert "Thackeray" not in str(found)


def test_a_question_that_a_passage_answered_is_not_without_an_answer(session):
    talk = desk.a_talk(session)
    asked = {"intent": "ask_knowledge", "actions": ("action_answer_question",)}
    desk.says(session, talk, "is theft covered", **asked, answer="Yes.", data={"kind": "source", "title": "Theft"})
    desk.says(session, talk, "is alien abduction covered", **asked, answer="I do not know.")

    assert [each.text for each in desk_figures.day(session, TODAY).unanswered] == ["is alien abduction covered"]


def test_a_spread_of_one_is_itself():
    assert (spread([4.0]).median, spread([4.0]).p90) == (4.0, 4.0)
    assert spread(range(1, 101)).p90 == 90.1
