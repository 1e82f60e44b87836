from sqlalchemy import select

from actions.conversation import AskAffirmation, EmergencyNumbers, Repeat, StartOver
from actions.knowledge import AnswerQuestion
from actions.policies import ListPolicies
from crm.schema import Interaction

PASSAGE = {"title": "Auto", "heading": "Theft", "url": "/knowledge/en/auto#theft", "passage": "Theft is.", "score": 0.8}
PASSAGE |= {"id": "auto#theft", "certain": True}
UNSURE = [PASSAGE | {"certain": False}, PASSAGE | {"id": "auto#fire", "heading": "Fire", "certain": False}]


def ranking(*names):
    return [{"name": name, "confidence": 0.2} for name in names]


def test_emergency_numbers_come_from_the_store(desk):
    said = desk.run(EmergencyNumbers).said("utter_emergency_numbers")
    assert said["emergency_number"] == "911"
    assert said["emergency_phone"] == "+1 555-010-0911"


def test_an_emergency_of_a_verified_customer_is_put_on_record_once(verified, customer):
    for _ in range(2):
        assert verified.run(EmergencyNumbers).slots == {"danger": False}
    with verified.store.session() as session:
        topics = list(session.scalars(select(Interaction.topic).where(Interaction.customer_id == customer["id"])))
    assert topics == ["emergency"]


def test_an_emergency_of_a_stranger_is_kept_until_they_are_known(desk):
    assert desk.run(EmergencyNumbers).slots == {"danger": True}


def test_the_numbers_are_said_when_nothing_can_be_written(verified, monkeypatch):
    def refuse(*_):
        raise OSError("disk full")

    monkeypatch.setattr(verified.store, "session", refuse)
    answer = verified.run(EmergencyNumbers)
    assert (answer.responses, answer.slots) == (["utter_emergency_numbers"], {"danger": True})


def test_no_claim_is_offered_while_one_is_being_filed(desk):
    desk.slots = {"claim_injured": True}
    assert desk.run(EmergencyNumbers).responses == ["utter_emergency_numbers_in_claim"]


def test_starting_over_signs_out(verified):
    assert verified.run(StartOver).responses == ["utter_started_over"]
    assert verified.run(ListPolicies).slots == {"signal": "verify"}


def test_repeat_says_the_last_turn_again(desk):
    buttons = [{"title": "Yes", "payload": "/affirm"}]
    desk.events = [
        {"event": "bot", "text": "old", "data": {}},
        {"event": "user", "text": "hm"},
        {"event": "bot", "text": "one", "data": {}},
        {"event": "bot", "text": "two", "data": {"buttons": buttons, "custom": {"kind": "list"}}},
    ]
    said = desk.run(Repeat).messages
    assert [message["text"] for message in said] == ["one", "two"]
    assert said[1]["buttons"] == buttons
    assert said[1]["custom"] == {"kind": "list"}


def test_nothing_to_repeat(desk):
    assert desk.run(Repeat).responses == ["utter_nothing_to_repeat"]


def test_given_back_by_a_colleague_it_asks_what_else_there_is(desk):
    desk.events = [{"event": "bot", "text": "I have asked somebody.", "data": {}}, {"event": "user", "text": "hm"}]
    desk.message_id = "back-00000001"
    assert desk.run(Repeat).responses == ["utter_back_again"]


def test_the_two_likeliest_meanings(desk):
    names = ("nlu_fallback", "claim_status", "greet", "file_claim", "my_agent")
    answer = desk.run(AskAffirmation, intent_ranking=ranking(*names))
    assert answer.said("utter_ask_affirmation")["meanings"] == [{"meaning": "claim_status"}, {"meaning": "file_claim"}]


def test_no_meaning_is_likely(desk):
    assert desk.run(AskAffirmation, intent_ranking=ranking("out_of_scope")).responses == ["utter_rephrase"]


def test_what_was_not_understood_may_still_be_known(desk):
    answer = desk.run(AskAffirmation, intent_ranking=ranking("claim_status"), knowledge=[PASSAGE])
    assert answer.responses == ["utter_knowledge"]


def test_a_question_is_answered_with_its_passage(desk):
    said = desk.run(AnswerQuestion, knowledge=[PASSAGE]).said("utter_knowledge")
    assert (said["passage"], said["url"]) == ("Theft is.", "/knowledge/en/auto#theft")


def test_it_says_so_when_it_does_not_know(desk):
    assert desk.run(AnswerQuestion).responses == ["utter_knowledge_unknown"]


def test_an_uncertain_answer_is_offered_as_buttons(desk):
    offered = desk.run(AnswerQuestion, knowledge=UNSURE).said("utter_knowledge_choice")["passages"]
    assert offered == [{"id": "auto#theft", "heading": "Theft"}, {"id": "auto#fire", "heading": "Fire"}]


def test_the_button_brings_the_passage(desk):
    desk.events = [{"event": "user", "text": "?", "parse_data": {"knowledge": UNSURE}}]
    chosen = desk.run(AnswerQuestion, entities=[{"entity": "passage", "value": "auto#fire"}])
    assert chosen.said("utter_knowledge")["heading"] == "Fire"


def test_none_of_the_offered_passages_was_meant(desk):
    desk.events = [{"event": "user", "text": "?", "parse_data": {"knowledge": UNSURE}}]
    chosen = desk.run(AnswerQuestion, entities=[{"entity": "passage", "value": "none"}])
    assert chosen.responses == ["utter_knowledge_unknown"]


def test_uncertain_knowledge_does_not_answer_what_was_not_understood(desk):
    answer = desk.run(AskAffirmation, intent_ranking=ranking("claim_status"), knowledge=UNSURE)
    assert answer.responses == ["utter_ask_affirmation"]


def test_uncertain_knowledge_is_better_than_asking_for_other_words(desk):
    answer = desk.run(AskAffirmation, intent_ranking=ranking("out_of_scope"), knowledge=UNSURE)
    assert answer.responses == ["utter_knowledge_choice"]
