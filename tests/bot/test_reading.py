from bot.reading import reading

USER = {
    "event": "user",
    "text": "where is my claim",
    "parse_data": {
        "intent": {"name": "claim_status", "confidence": 0.91234},
        "intent_ranking": [
            {"name": name, "confidence": confidence}
            for name, confidence in (("claim_status", 0.91234), ("file_claim", 0.05), ("help", 0.02), ("greet", 0.01))
        ],
    },
}
ACTIONS = [{"event": "action", "name": name} for name in ("action_claim_status", "action_listen")]


def test_intent_best_intents_and_actions_are_told_without_a_word_of_the_message():
    told = reading([{"event": "action", "name": "action_listen"}, USER, *ACTIONS])

    assert told == {
        "intent": "claim_status",
        "confidence": 0.9123,
        "ranking": [["claim_status", 0.9123], ["file_claim", 0.05], ["help", 0.02]],
        "actions": ["action_claim_status"],
    }


def test_a_command_has_its_intent_alone():
    event = {"event": "user", "parse_data": {"intent": {"name": "affirm", "confidence": 1.0}}}

    assert reading([event]) == {"intent": "affirm", "confidence": 1.0, "ranking": [["affirm", 1.0]], "actions": []}


def test_events_without_a_customer_s_message_tell_nothing():
    assert reading(ACTIONS) is None
