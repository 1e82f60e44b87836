"""Choosing and writing responses."""

import asyncio

import pytest
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import BotUttered, SlotSet
from rasa.shared.core.trackers import DialogueStateTracker

from bot.nlg import LocalisedResponses
from bot.nlg.errors import MissingVariable, UnknownResponse

SLOTS = {
    "language": {"type": "text", "initial_value": "en", "mappings": [{"type": "custom"}]},
    "claim_date": {"type": "any", "mappings": [{"type": "custom", "reads": "date", "expects": "past"}]},
    "verify_identifier": {"type": "any", "mappings": [{"type": "custom", "reads": "identifier"}]},
    "verify_birth_date": {"type": "any", "mappings": [{"type": "custom", "reads": "date", "expects": "birth"}]},
    "code": {"type": "any", "mappings": [{"type": "custom", "reads": "code"}]},
    "hurt": {"type": "any", "mappings": [{"type": "custom", "reads": "yes_no"}]},
    "requested_slot": {"type": "any", "mappings": [{"type": "custom"}]},
}
LABELS = {
    "utter_label_locale": [{"text": "en_US"}, {"text": "zh_CN", "metadata": {"language": "zh"}}],
    "utter_label_date_pattern": [{"text": "full"}, {"text": "y年M月d日 EEEE", "metadata": {"language": "zh"}}],
    "utter_label_row": [{"text": "{label}: {value}"}],
    "utter_label_comma": [{"text": ", "}],
    "utter_label_and": [{"text": "{before} and {last}"}],
    "utter_label_datetime": [{"text": "{date} at {time}"}],
}


def zh(text, **more):
    return {"text": text, "metadata": {"language": "zh"}, **more}


def say(responses, name="utter_x", channel="careline", events=(), **values):
    domain = Domain.from_dict({"slots": SLOTS, "responses": {**LABELS, **responses}})
    tracker = DialogueStateTracker.from_events("c", list(events), slots=domain.slots)
    return asyncio.run(LocalisedResponses(domain=domain).generate(name, tracker, channel, **values))


def text(variations, **more):
    return say({"utter_x": variations}, **more)["text"]


def uttered(index):
    return BotUttered("x", metadata={"utter_action": "utter_x", "variation": index})


def test_the_customer_s_language_wins():
    assert text([{"text": "hello"}, zh("你好")], events=[SlotSet("language", "zh")]) == "你好"


def test_an_unset_language_is_the_default_one():
    assert text([zh("你好"), {"text": "hello"}], events=[SlotSet("language", None)]) == "hello"


def test_a_missing_language_falls_back_to_the_default_one():
    assert text([{"text": "hello"}], events=[SlotSet("language", "zh")]) == "hello"


def test_language_comes_before_channel():
    variations = [{"text": "hello", "channel": "voice"}, {"text": "hi"}, zh("你好")]
    assert text(variations, channel="voice", events=[SlotSet("language", "zh")]) == "你好"


def test_a_channel_s_own_variation_replaces_the_general_one():
    assert text([{"text": "hi"}, {"text": "hello", "channel": "voice"}], channel="voice") == "hello"


def test_other_channels_do_not_hear_it():
    assert text([{"text": "hello", "channel": "voice"}, {"text": "hi"}]) == "hi"


@pytest.mark.parametrize(("previous", "expected"), [(0, "b"), (1, "c"), (2, "a")])
def test_never_the_same_variation_twice_running(previous, expected):
    variations = [{"text": "a"}, {"text": "b"}, {"text": "c"}]
    assert text(variations, events=[uttered(previous)]) == expected


def test_a_first_variation_is_said_once():
    variations = [{"text": "welcome", "metadata": {"first": True}}, {"text": "again"}]
    assert text(variations, events=[uttered(1)]) == "again"


@pytest.mark.parametrize(
    ("template", "value", "written"),
    [
        ("{v:date}", "2026-11-12", "2026年11月12日 星期四"),
        ("{v:day}", "2026-11-12", "2026年11月12日"),
        ("{v:time}", "17:00", "17:00"),
        ("{v:money}", {"minor": 350000, "currency": "CNY"}, "¥3,500"),
    ],
)
def test_chinese_dates_and_amounts(template, value, written):
    assert text([zh(template)], events=[SlotSet("language", "zh")], v=value) == written


def test_a_known_name_has_its_label():
    named = {"utter_label_product_auto_plus": [{"text": "Car Plus"}]}
    assert say({"utter_x": [{"text": "{v:known.product}"}], **named}, v="Auto Plus")["text"] == "Car Plus"


def test_an_unknown_name_is_said_as_it_stands():
    assert text([{"text": "{v:known.product}"}], v="Boat Gold") == "Boat Gold"


def test_an_unknown_code_is_said_by_the_name_beside_it():
    row = {"utter_row": [{"text": "{code:known.cover}"}]}
    said = say({"utter_x": [{"text": "{v:each.utter_row}"}], **row}, v=[{"code": "hull", "name": "Hull"}])
    assert said["text"] == "Hull"


def test_an_unknown_response_fails_loud():
    with pytest.raises(UnknownResponse, match="utter_missing"):
        say({}, name="utter_missing")


def test_a_missing_value_fails_loud():
    with pytest.raises(MissingVariable, match="name"):
        text([{"text": "Hello {name}"}])


@pytest.mark.parametrize(
    ("template", "value", "written"),
    [
        ("{v}", "plain", "plain"),
        ("{v:date}", "2026-11-12", "Thursday, November 12, 2026"),
        ("{v:day}", "2026-11-12", "Nov 12, 2026"),
        ("{v:time}", "17:00", "5:00\u202fPM"),
        ("{v:datetime}", "2026-11-12T17:00-05:00", "Thursday, November 12, 2026 at 5:00\u202fPM"),
        ("{v:money}", {"minor": 54000, "currency": "USD"}, "$540"),
        ("{v:money}", {"minor": 123456, "currency": "USD"}, "$1,234.56"),
    ],
)
def test_formats(template, value, written):
    assert text([{"text": template}], v=value).replace("\u202f", " ") == written.replace("\u202f", " ")


def test_slots_stand_in_for_values():
    assert text([{"text": "{claim_date:day}"}], events=[SlotSet("claim_date", "2026-11-12")]) == "Nov 12, 2026"


def test_items_are_written_by_a_response_of_their_own():
    responses = {"utter_x": [{"text": "{all:each.utter_row}"}], "utter_row": [{"text": "* {n}"}]}
    assert say(responses, all=[{"n": "a"}, {"n": "b"}])["text"] == "* a\n* b"


def test_codes_are_joined_in_words():
    responses = {
        "utter_x": [{"text": "{docs:list.document}"}],
        **{f"utter_label_document_{code}": [{"text": code.upper()}] for code in "abc"},
    }
    assert say(responses, docs=["a", "b", "c"])["text"] == "A, B and C"


def test_rows_are_lines_in_the_text_and_pairs_in_the_data():
    responses = {
        "utter_x": [{"text": "{rows:rows}", "custom": {"kind": "summary", "rows": "{rows:rows}"}}],
        "utter_label_row_day": [{"text": "Day"}],
    }
    message = say(responses, rows=[{"label": "day", "value": "2026-11-12", "format": "day"}])
    assert message["text"] == "Day: Nov 12, 2026"
    assert message["custom"] == {"kind": "summary", "rows": [["Day", "Nov 12, 2026"]]}


def test_a_button_is_repeated_for_every_item():
    button = {"each": "things", "title": "{number}", "payload": '/inform{"n": "{number}"}'}
    message = say({"utter_x": [{"text": "?", "buttons": [button]}]}, things=[{"number": "1"}, {"number": "2"}])
    assert message["buttons"][1] == {"title": "2", "payload": '/inform{"n": "2"}'}


def test_what_a_customer_wrote_is_not_a_template():
    assert text([{"text": "You said {words}"}], words="{claim_date}") == "You said {claim_date}"


class TestByEar:
    def test_a_voice_variation_offers_the_answers_of_the_chat(self):
        variations = [
            {"text": "Which?", "buttons": [button("One", "/one")]},
            {"text": "Which one?", "channel": "voice"},
        ]
        said = say({"utter_x": variations}, channel="voice")
        assert (said["text"], said["buttons"]) == ("Which one?", [{"title": "One", "payload": "/one"}])
        assert said["custom"]["voice"] == {"kind": "choice"}

    def test_a_voice_variation_may_offer_none(self):
        variations = [
            {"text": "So.", "buttons": [button("One", "/one")]},
            {"text": "So.", "channel": "voice", "buttons": []},
        ]
        said = say({"utter_x": variations}, channel="voice")
        assert "custom" not in said or "voice" not in said["custom"]
        assert not said.get("buttons")

    def test_yes_or_no_is_no_choice(self):
        variations = [{"text": "Right?", "buttons": [button("Yes", "/affirm"), button("No", "/deny")]}]
        said = say({"utter_x": variations}, channel="voice")
        assert (said["custom"]["voice"], "buttons" in said) == ({"kind": "yes_no"}, False)

    def test_an_offer_is_yes_or_no(self):
        variations = [{"text": "Shall I?", "metadata": {"offers": "help"}}, {"text": "Shall I?", "channel": "voice"}]
        assert say({"utter_x": variations}, channel="voice")["custom"]["voice"] == {"kind": "yes_no"}

    @pytest.mark.parametrize(
        ("slot", "expected"),
        [
            (
                "verify_identifier",
                {"kind": "digits", "about": "policy_number", "least": 7, "most": 15, "confirm": True},
            ),
            ("verify_birth_date", {"kind": "date", "about": "birth_date", "least": 8, "most": 8, "confirm": True}),
            ("code", {"kind": "digits", "about": "one_time_code", "least": 6, "most": 6}),
            ("claim_date", {"kind": "free"}),
            ("hurt", {"kind": "yes_no"}),
        ],
    )
    def test_the_slot_that_is_asked_for_tells_what_is_expected(self, slot, expected):
        said = say(
            {f"utter_ask_{slot}": [{"text": "?"}]},
            f"utter_ask_{slot}",
            channel="voice",
            events=[SlotSet("requested_slot", slot)],
        )
        assert said["custom"]["voice"] == expected

    def test_what_is_said_beside_the_question_expects_nothing(self):
        said = say({"utter_x": [{"text": "Noted."}]}, channel="voice", events=[SlotSet("requested_slot", "hurt")])
        assert "voice" not in said.get("custom", {})

    def test_a_response_may_say_it_itself(self):
        marked = {"text": "Read this.", "channel": "voice", "metadata": {"voice": {"interruptible": False}}}
        said = say({"utter_x": [{"text": "This."}, marked]}, channel="voice")
        assert said["custom"]["voice"] == {"kind": "free", "interruptible": False}

    def test_a_chat_is_told_nothing_of_it(self):
        variations = [{"text": "Right?", "buttons": [button("Yes", "/affirm"), button("No", "/deny")]}]
        said = say({"utter_x": variations})
        assert ("custom" in said, len(said["buttons"])) == (False, 2)

    def test_of_a_long_list_three_rows_are_said_and_the_rest_is_kept(self):
        said = say({**ROWS, "utter_x": [{"text": "Here:\n{rows:each.utter_row}"}]}, channel="voice", rows=rows(5))
        assert said["text"] == "Here:\nrow 0\nrow 1\nrow 2\n2 more?"
        assert said["custom"] == {"more": ["row 3", "row 4"], "voice": {"kind": "yes_no"}}

    @pytest.mark.parametrize(
        ("channel", "form", "count"), [("careline", "each", 5), ("voice", "every", 5), ("voice", "each", 3)]
    )
    def test_a_list_that_is_said_whole(self, channel, form, count):
        text = f"{{rows:{form}.utter_row}}"
        said = say({**ROWS, "utter_x": [{"text": text}]}, channel=channel, rows=rows(count))
        assert said["text"].count("row") == count
        assert "custom" not in said


ROWS = {"utter_row": [{"text": "row {n}"}], "utter_label_more": [{"text": "{count} more?"}]}


def rows(count):
    return [{"n": n} for n in range(count)]


def button(title, payload):
    return {"title": title, "payload": payload}
