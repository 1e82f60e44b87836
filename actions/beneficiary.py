"""Naming who a life policy pays."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy.orm import Session

from actions.base import CareAction, CustomerAction
from actions.policy_choice import ChoosePolicy
from actions.reply import ABANDON, DONE, VERIFY, Reply
from actions.turn import Turn
from crm.domain import Beneficiary, CustomerView, Line
from crm.errors import InvalidInput, NotEligible, NotFound
from crm.services import policy_changes

_BETWEEN = re.compile(r"\s*(?:[,，、;；\n]|\band\b|&|和|以及)\s*")
_SHARE = re.compile(r"[(（]?\s*(\d{1,3})\s*(?:%|％|percent|per cent)\s*[)）]?", re.IGNORECASE)
_LEAD = re.compile(r"^(?:it (?:should|will) be|they are|i want|please|just|only|make it|to)\s+", re.IGNORECASE)
_RELATION = re.compile(
    r"^(?:my |our |我的|我)?(wife|husband|spouse|partner|daughter|son|child|mother|father|mum|mom|dad|sister|brother|"
    r"niece|nephew|friend|妻子|太太|丈夫|先生|配偶|女儿|儿子|母亲|妈妈|父亲|爸爸|姐姐|妹妹|哥哥|弟弟|朋友)[\s:：,，]*",
    re.IGNORECASE,
)
_NO = re.compile(
    r"^(?:(?:no|nope|sorry|wait|actually|that's wrong|wrong)\b|不对|不是|错了|不)[\s,.，。:：]*", re.IGNORECASE
)
_HALF = re.compile(
    r"\b(?:half each|in equal (?:shares|parts)|equally|each (?:get )?the same)\b|各一半|平均分配|均分|平分",
    re.IGNORECASE,
)


class ChooseBeneficiaryPolicy(ChoosePolicy):
    """Which life policy."""

    action = "action_ask_beneficiary_policy"
    slot = "beneficiary_policy"
    lines = (Line.LIFE,)

    def none_found(self, session: Session, turn: Turn, customer: CustomerView) -> Reply:
        """Only life policies name somebody."""
        return Reply().say("utter_no_life_policy").signal(ABANDON)


class AskBeneficiaryNames(CustomerAction):
    """Say who is named now and ask who is to be."""

    action = "action_ask_beneficiary_names"

    def serve(self, session: Session, turn: Turn, customer: CustomerView) -> Reply:
        """The names so far, if there are any."""
        try:
            named = policy_changes.beneficiaries(session, customer.id, str(turn.slots.get("beneficiary_policy")))
        except NotFound:
            return Reply().say("utter_change_not_possible").signal(ABANDON)
        if not named:
            return Reply().say("utter_ask_beneficiary_names")
        people = [{"name": person.name, "share": person.share} for person in named]
        return Reply().say("utter_ask_beneficiary_names_now", people=people)


class CheckBeneficiaryNames(CareAction):
    """Read names and shares from what was written."""

    action = "action_check_beneficiary_names"

    def perform(self, session: Session, turn: Turn) -> Reply:
        """The people, or the question again."""
        said = turn.slots.get("beneficiary_names")
        if isinstance(said, list):
            return Reply()
        people = read_people(str(said or ""))
        if not people:
            return Reply().say("utter_hint_beneficiary_names").set(beneficiary_names=None)
        if sum(person["share"] for person in people) != 100:
            return Reply().say("utter_beneficiary_shares").set(beneficiary_names=None)
        return Reply().set(beneficiary_names=people)


class AskBeneficiaryConfirm(CustomerAction):
    """Show who will be named."""

    action = "action_ask_beneficiary_confirm"

    def serve(self, session: Session, turn: Turn, customer: CustomerView) -> Reply:
        """Everybody with their share; the names so far go."""
        people = list(turn.slots.get("beneficiary_names") or ())
        policy = turn.slots.get("beneficiary_policy")
        return Reply().say("utter_ask_beneficiary_confirm", people=people, policy_number=policy)


class SubmitBeneficiary(CustomerAction):
    """Name them."""

    action = "action_submit_beneficiary"
    writes = True
    needs_code = True
    keeps = ("beneficiary_confirm",)

    def unverified(self) -> Reply:
        """Verification ran out meanwhile: verify again, then show the names again."""
        return Reply().set(beneficiary_confirm=None).signal(VERIFY)

    def perform(self, session: Session, turn: Turn) -> Reply:
        """A no asks for the names again, unless they stand beside it; "stop" leaves them as they are."""
        if not turn.slots.get("beneficiary_confirm"):
            people = corrected_people(str(turn.message.get("text") or ""), turn.slots.get("beneficiary_names") or ())
            if people:
                return Reply().say("utter_corrected").set(beneficiary_names=people, beneficiary_confirm=None)
            return Reply().say("utter_beneficiary_again").set(beneficiary_names=None, beneficiary_confirm=None)
        return super().perform(session, turn)

    def serve(self, session: Session, turn: Turn, customer: CustomerView) -> Reply:
        """Write them down, once."""
        people = [Beneficiary(**person) for person in turn.slots.get("beneficiary_names") or ()]

        def change() -> dict[str, Any]:
            view = policy_changes.change_beneficiary(
                session,
                customer.id,
                str(turn.slots.get("beneficiary_policy")),
                beneficiaries=people,
                conversation_id=turn.conversation_id,
                now=turn.now,
            )
            return {"number": view.request.number, "policy_number": view.policy.number}

        try:
            made = turn.once(session, self.action, change)
        except InvalidInput:
            retry = {"beneficiary_names": None, "beneficiary_confirm": None}
            return Reply().say("utter_hint_beneficiary_names").set(**retry)
        except (NotEligible, NotFound):
            return Reply().say("utter_change_not_possible").signal(ABANDON)
        return Reply().say("utter_beneficiary_changed", **made).signal(DONE)


def read_people(text: str) -> list[dict[str, Any]]:
    """Names with shares in percent, and how they are related; without shares, everybody gets the same.

    Shares that were given are kept as they are, whether or not they make 100.
    """
    people = [person for part in _BETWEEN.split(_HALF.sub(" ", text)) if (person := _person(part))]
    if any(person["share"] is None for person in people):
        each, left = divmod(100, len(people))
        for place, person in enumerate(people):
            person["share"] = each + (place < left)
    return people


def corrected_people(text: str, named: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The names and shares that a "no" brings with it, none unless every one has a share and they make 100.

    A first name stands for the one of `named` that begins with it.
    """
    people = read_people(_NO.sub("", text)) if _SHARE.search(text) else []
    if not people or sum(person["share"] for person in people) != 100:
        return []
    for person in people:
        meant = [one for one in named if f"{one['name']} ".casefold().startswith(f"{person['name']} ".casefold())]
        if len(meant) == 1:
            person |= {"name": meant[0]["name"], "relation": person["relation"] or meant[0].get("relation", "")}
    return people


def _person(part: str) -> dict[str, Any] | None:
    share = _SHARE.search(part)
    words = _LEAD.sub("", _SHARE.sub(" ", part).strip(" .。:："))
    related = _RELATION.match(words)
    name = words[related.end() :] if related else words
    name = " ".join(name.split())
    if not 2 <= len(name) <= 80 or any(character.isdigit() for character in name) or len(name.split()) > 6:
        return None
    relation = related.group(1).lower() if related else ""
    return {"name": name, "share": int(share.group(1)) if share else None, "relation": relation}
