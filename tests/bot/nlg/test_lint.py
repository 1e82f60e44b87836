"""The lint of the responses, and the shipped responses under it."""

from pathlib import Path

import pytest
import yaml

from bot.lint_responses import problems

ROOT = Path(__file__).parents[3]


def write(folder: Path, language: str, **responses):
    (folder / language).mkdir(parents=True, exist_ok=True)
    (folder / language / "a.yml").write_text(yaml.safe_dump({"responses": responses}, allow_unicode=True), "utf-8")


def test_the_shipped_responses_are_complete():
    assert list(problems(ROOT / "data/responses")) == []


def test_a_key_that_a_language_lacks(tmp_path):
    write(tmp_path, "en", utter_a=[{"text": "a"}])
    write(tmp_path, "zh", utter_b=[{"text": "b"}])
    assert list(problems(tmp_path)) == ["utter_a: not in zh", "utter_b: not in en"]


def test_a_voice_variation_in_one_language_only(tmp_path):
    write(tmp_path, "en", utter_a=[{"text": "a"}, {"text": "aa", "channel": "voice"}])
    write(tmp_path, "zh", utter_a=[{"text": "a"}])
    assert list(problems(tmp_path)) == ["utter_a: no voice variation in zh, but in another language"]


def test_a_response_for_a_channel_only(tmp_path):
    write(tmp_path, "en", utter_a=[{"text": "a", "channel": "voice"}])
    assert len(list(problems(tmp_path))) == 1


def test_every_response_of_the_dialogue_exists():
    domain = yaml.safe_load((ROOT / "domain.yml").read_text("utf-8"))
    responses = {}
    for path in (ROOT / "data/responses/en").glob("*.yml"):
        responses |= yaml.safe_load(path.read_text("utf-8"))["responses"]
    needed = {"utter_corrected", "utter_not_an_answer", "utter_offer_person", "utter_files_received"}
    for form, content in domain["forms"].items():
        needed |= {f"utter_resume_{form}", f"utter_stopped_{form}"}
        for slot in content["required_slots"]:
            mapping = domain["slots"][slot]["mappings"][0]
            asked_by_action = f"action_ask_{slot}" in domain["actions"]
            if mapping.get("asked", True) and not asked_by_action:
                needed.add(f"utter_ask_{slot}")
            needed |= {a for actions in mapping.get("then", {}).values() for a in actions if a.startswith("utter")}
    assert needed <= responses.keys()


def test_every_offer_can_be_followed():
    domain = yaml.safe_load((ROOT / "domain.yml").read_text("utf-8"))
    for path in (ROOT / "data/responses/en").glob("*.yml"):
        responses = yaml.safe_load(path.read_text("utf-8"))["responses"]
        for variation in (v for variations in responses.values() for v in variations):
            assert variation.get("metadata", {}).get("offers", "help") in domain["intents"]
            for button in variation.get("buttons", []):
                intent = button["payload"].lstrip("/").split("{")[0]
                assert intent in (*domain["intents"], ""), button


def test_every_intent_has_words_for_what_was_meant():
    domain = yaml.safe_load((ROOT / "domain.yml").read_text("utf-8"))
    labels = yaml.safe_load((ROOT / "data/responses/en/labels.yml").read_text("utf-8"))["responses"]
    never_offered = {"affirm", "deny", "inform", "greet", "goodbye", "thank", "stop", "repeat", "out_of_scope"}
    of_buttons = {"hear_more", "attach_files", "ask_recommendation", "accept_offer", "decline_offer", "person_left"}
    for intent in set(domain["intents"]) - never_offered - of_buttons:
        assert f"utter_label_meaning_{intent}" in labels


def chat_only(tmp_path, **variation):
    for language in ("en", "zh"):
        write(tmp_path, language, utter_a=[{"text": "a", **variation}])
    return list(problems(tmp_path))


@pytest.mark.parametrize(
    ("variation", "reason"),
    [
        ({"buttons": [{"title": "b", "payload": "/b"}]}, "buttons"),
        ({"text": "See {url}"}, "links or data"),
        ({"custom": {"kind": "source"}}, "links or data"),
        ({"text": "These:\n• one"}, "a list"),
        ({"text": "{rows:each.utter_b}"}, "a list"),
        ({"text": "word " * 60}, "a long text"),
        ({"text": "字" * 130}, "a long text"),
    ],
)
def test_what_is_made_for_the_eye_needs_a_voice_variation(tmp_path, variation, reason):
    found = chat_only(tmp_path, **variation)
    assert [reason in problem for problem in found if "needs a voice variation" in problem] == [True, True]


@pytest.mark.parametrize("text", ["Press the button.", "It stands below.", "Please upload it.", "请点选一项。"])
def test_nothing_of_a_screen_is_said_in_a_call(tmp_path, text):
    assert len([problem for problem in chat_only(tmp_path, text=text) if "only a screen has" in problem]) == 2
