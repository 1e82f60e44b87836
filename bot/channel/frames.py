"""Frames of the answer stream, one JSON object a line."""

import json
from typing import Any

Frame = dict[str, Any]

WORKING: Frame = {"type": "working"}


def utterance(message: dict[str, Any], ordinal: int) -> Frame | None:
    """The frame for one of Rasa's bot messages, or None when it says nothing.

    The same function serves the running turn and the answer from the store, so that ordinals agree.
    """
    buttons = message.get("quick_replies") or message.get("buttons") or []
    replies = [
        {"title": button["title"], "payload": button.get("payload") or button["title"]}
        for button in buttons
        if button.get("title")
    ]
    image = message.get("image")
    attachment = message.get("attachment") or ({"type": "image", "payload": {"src": image}} if image else None)
    text = (message.get("text") or "").strip()
    data = {name: value for name, value in (message.get("custom") or {}).items() if name != "more"}  # kept for later
    if not (text or replies or attachment or data):
        return None
    return {
        "type": "utterance",
        "ordinal": ordinal,
        "text": text,
        "quick_replies": replies,
        "attachment": attachment,
        "data": data,
    }


def end(utterances: int, language: str | None = None, reading: dict[str, Any] | None = None) -> Frame:
    """The last frame of a turn that went well; with the conversation's language and the reading, where known."""
    frame: Frame = {"type": "end", "utterances": utterances}
    known = {"language": language, "reading": reading}
    return {**frame, **{name: value for name, value in known.items() if value}}


def error(code: str, utterances: int) -> Frame:
    """The last frame of a turn that did not: `no_words`, `turn_failed` or `sealed`."""
    return {"type": "error", "code": code, "utterances": utterances}


def line(frame: Frame) -> bytes:
    """The frame as sent."""
    return json.dumps(frame, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"
