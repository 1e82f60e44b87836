"""What a question that is asked in a call expects, for whoever listens: digits, a date, yes or no, a choice.

It stands as `voice` in an utterance's data, with the fields of `voice.ports.Expectation`. It follows from what the
dialogue knows anyway: how the slot that is asked for is read (`domain.yml`), what a "yes" would accept (`offers`) and
which answers are offered (`buttons`). A response may say it itself, in the `metadata` of its voice variation:

    metadata: {voice: {kind: digits, about: one_time_code, least: 6, most: 6}}
    metadata: {voice: {interruptible: false}}       # a legal text: to be heard out
"""

from collections.abc import Mapping, Sequence
from typing import Any

QUESTION = "utter_ask_"

_POLICY = {"kind": "digits", "about": "policy_number", "least": 7, "most": 7, "confirm": True}
_BY_READING: Mapping[str, Mapping[str, Any]] = {
    # Seven keys are a policy number; a phone number has more.
    "identifier": {**_POLICY, "most": 15},
    "policy": _POLICY,
    "claim": {**_POLICY, "about": "claim_number"},
    "code": {"kind": "digits", "about": "one_time_code", "least": 6, "most": 6},
    "phone": {"kind": "digits", "about": "phone_number", "least": 7, "most": 15, "confirm": True},
    "yes_no": {"kind": "yes_no"},
    # People say these in many ways, and may key them in as well.
    "amount": {"kind": "free", "about": "amount", "least": 1, "most": 9},
    "number": {"kind": "free", "about": "number", "least": 1, "most": 6},
    "postcode": {"kind": "free", "about": "postcode", "least": 5, "most": 6},
}
_BIRTH = {"kind": "date", "about": "birth_date", "least": 8, "most": 8, "confirm": True}
_YES, _NO = "/affirm", "/deny"


def expectation(
    name: str,
    marked: Mapping[str, Any],
    buttons: Sequence[Mapping[str, Any]],
    asked: Mapping[str, Any] | None,
) -> dict[str, Any] | None:
    """What is expected after a response; None when it asks nothing in particular.

    Args:
        name: of the response.
        marked: the metadata of the response.
        buttons: the answers offered.
        asked: how the slot is read that the dialogue waits for (its mapping in `domain.yml`), None outside of forms.
    """
    found = _of_question(name, buttons, asked) or _of_offer(marked, buttons)
    own = marked.get("voice") or {}
    return {**(found or {"kind": "free"}), **own} if found or own else None


def _of_question(
    name: str, buttons: Sequence[Mapping[str, Any]], asked: Mapping[str, Any] | None
) -> Mapping[str, Any] | None:
    if asked is None or not name.startswith(QUESTION):
        return None
    reads = str(asked.get("reads"))
    if reads == "date" and asked.get("expects") == "birth":
        return _BIRTH
    if buttons and reads in ("policy", "choice", "field", "number"):
        return {"kind": "choice"}
    return _BY_READING.get(reads, {"kind": "free"})


def _of_offer(marked: Mapping[str, Any], buttons: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    payloads = {button.get("payload") for button in buttons}
    if marked.get("offers") or {_YES, _NO} <= payloads:
        return {"kind": "yes_no"}
    return {"kind": "choice"} if buttons else None
