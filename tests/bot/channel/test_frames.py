"""Rasa's bot messages as frames."""

import json

from bot.channel import frames


def test_a_message_becomes_one_frame_with_everything_in_it():
    message = {
        "text": "Which one?",
        "buttons": [{"title": "Car", "payload": "/inform"}, {"title": "Home"}],
        "custom": {"kind": "list", "rows": []},
        "image": "http://x/y.png",
    }

    frame = frames.utterance(message, 3)

    assert frame == {
        "type": "utterance",
        "ordinal": 3,
        "text": "Which one?",
        "quick_replies": [{"title": "Car", "payload": "/inform"}, {"title": "Home", "payload": "Home"}],
        "attachment": {"type": "image", "payload": {"src": "http://x/y.png"}},
        "data": {"kind": "list", "rows": []},
    }


def test_an_empty_message_is_no_frame():
    assert frames.utterance({"text": " ", "buttons": [], "custom": None}, 0) is None


def test_a_line_is_one_line_whatever_is_said():
    line = frames.line({"type": "utterance", "text": "two\nlines 二 \u2028"})

    assert line.count(b"\n") == 1
    assert json.loads(line)["text"] == "two\nlines 二 \u2028"


def test_the_end_tells_the_language_where_it_is_known():
    assert frames.end(2, "zh") == {"type": "end", "utterances": 2, "language": "zh"}
    assert frames.end(2) == {"type": "end", "utterances": 2}


def test_the_end_tells_the_reading_where_there_is_one():
    assert frames.end(1, "en", {"intent": "greet"})["reading"] == {"intent": "greet"}
