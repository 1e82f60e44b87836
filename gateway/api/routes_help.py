"""Help with answers: suggestions, replies kept ready; and the bot's mistakes."""

from typing import Annotated

from fastapi import APIRouter, Query
from sqlalchemy.orm import Session

from crm.domain import CannedReplyView, MarkState, MarkView, Sender
from crm.domain.staff import Permission as P
from crm.domain.staff import StaffMember
from crm.errors import InvalidInput, NotFound
from crm.services import canned_replies, conversations, review, tags
from gateway.api.callers import (
    ConversationId,
    Limit,
    Listed,
    MessageId,
    Number,
    Work,
    caller,
    changed,
    looked_at,
)
from gateway.api.models.conversations import Mark, MarkWish, Suggestion, Unmasked
from gateway.api.models.desk import Intent, Reply, ReplyWish, Verdict
from gateway.api.models.queue import Choices
from gateway.desk.intents import intents
from gateway.desk.suggestions import Suggestion as Section

router = APIRouter(prefix="/v1")

Talker = Annotated[StaffMember, caller(P.CONVERSE)]
Editor = Annotated[StaffMember, caller(P.CANNED_EDIT)]
Reviewer = Annotated[StaffMember, caller(P.REVIEW)]
_RECENT = 12  # messages in which the customer's last ones are looked for
_HELP, _REVIEW = "Help", "Review"


@router.get("/conversations/{conversation_id}/suggestions", tags=[_HELP])
async def suggestions(desk: Work, member: Talker, conversation_id: ConversationId) -> Listed[Suggestion]:
    """What the knowledge has for the customer's last message, the best first."""

    def verb(session: Session) -> list[Section]:
        talk = conversations.get_conversation(session, conversation_id)
        recent = conversations.history(session, conversation_id, limit=_RECENT)
        said = [each.text for each in recent if each.sender is Sender.CUSTOMER and each.text and not each.command]
        return desk.suggestions.for_messages(said, talk.language)

    return Listed[Suggestion].model_validate({"items": await looked_at(desk, member, conversation_id, verb)})


@router.get("/tags", tags=[_HELP])
async def known_tags(desk: Work, member: Talker) -> Choices:
    """Words to file conversations under, the most used first."""
    return Choices(items=await desk.read(member, tags.known))


@router.get("/canned-replies", tags=[_HELP])
async def replies(
    desk: Work,
    member: Talker,
    language: Annotated[str | None, Query(pattern="^[a-z]{2,3}$")] = None,
) -> Listed[Reply]:
    """The replies that are kept ready, by shortcut."""
    found = await desk.read(member, lambda session: canned_replies.list_replies(session, language))
    return Listed[Reply].model_validate({"items": found})


@router.post("/canned-replies", tags=[_HELP], status_code=201)
async def add_reply(desk: Work, member: Editor, wish: ReplyWish) -> Reply:
    """Keep a new one."""
    return await _saved(desk, member, wish, None)


@router.put("/canned-replies/{reply_id}", tags=[_HELP])
async def change_reply(desk: Work, member: Editor, reply_id: Number, wish: ReplyWish) -> Reply:
    """Change one."""
    return await _saved(desk, member, wish, reply_id)


@router.delete("/canned-replies/{reply_id}", tags=[_HELP], status_code=204)
async def delete_reply(desk: Work, member: Editor, reply_id: Number) -> None:
    """Keep one no longer."""
    await desk.write(member, lambda session: canned_replies.delete(session, reply_id))


@router.post("/conversations/{conversation_id}/canned-replies/{reply_id}", tags=[_HELP])
async def fill_reply(desk: Work, member: Talker, conversation_id: ConversationId, reply_id: Number) -> Unmasked:
    """A reply with its places filled in, to be looked at and said."""

    def verb(session: Session) -> str:
        canned_replies.used(session, reply_id)
        return canned_replies.filled(session, reply_id, conversation_id, agent_name=member.name)

    return Unmasked(text=await changed(desk, member, conversation_id, verb))


@router.get("/intents", tags=[_REVIEW])
async def list_intents(member: Annotated[StaffMember, caller()]) -> Listed[Intent]:
    """What a customer can mean."""
    return Listed[Intent](items=[Intent(name=name, title=title) for name, title in intents(member.language)])


@router.put("/conversations/{conversation_id}/messages/{message_id}/mark", tags=[_REVIEW])
async def mark(
    desk: Work, member: Talker, conversation_id: ConversationId, message_id: MessageId, wish: MarkWish
) -> Mark:
    """Say what a customer's message really was."""
    _check_intent(wish.right_intent)

    def verb(session: Session) -> MarkView:
        return review.mark(
            session, conversation_id, message_id, right_intent=wish.right_intent, by=member.account_id,
            now=desk.now(), comment=wish.comment,
        )  # fmt: skip

    return Mark.model_validate(await changed(desk, member, conversation_id, verb))


@router.delete("/conversations/{conversation_id}/messages/{message_id}/mark", tags=[_REVIEW], status_code=204)
async def unmark(desk: Work, member: Talker, conversation_id: ConversationId, message_id: MessageId) -> None:
    """Take a mark back."""

    def verb(session: Session) -> None:
        conversations.get_conversation(session, conversation_id)
        found = review.of(session, conversation_id).get(message_id)
        if found is None:
            raise NotFound("This message is not marked.")
        review.take_back(session, found.id)

    await changed(desk, member, conversation_id, verb)


@router.get("/review", tags=[_REVIEW])
async def marks(desk: Work, member: Reviewer, state: MarkState = MarkState.WAITING, limit: Limit = 50) -> Listed[Mark]:
    """Marks of a state, the oldest first."""
    found = await desk.read(member, lambda session: review.marks(session, state, limit=limit))
    return Listed[Mark].model_validate({"items": found})


@router.post("/review/{mark_id}", tags=[_REVIEW])
async def settle(desk: Work, member: Reviewer, mark_id: Number, decided: Verdict) -> Mark:
    """Accept a mark as an example to learn from, maybe with another intent, or reject it."""
    accepted = decided.verdict == MarkState.ACCEPTED
    if decided.right_intent:
        _check_intent(decided.right_intent)

    def verb(session: Session) -> MarkView:
        if accepted and decided.right_intent:
            review.change(session, mark_id, right_intent=decided.right_intent)
        return review.settle(session, mark_id, accepted=accepted, now=desk.now())

    return Mark.model_validate(await desk.write(member, verb))


async def _saved(desk: Work, member: StaffMember, wish: ReplyWish, reply_id: int | None) -> Reply:
    def verb(session: Session) -> CannedReplyView:
        return canned_replies.save(
            session, **wish.model_dump(), by=member.account_id, now=desk.now(), reply_id=reply_id
        )

    return Reply.model_validate(await desk.write(member, verb))


def _check_intent(name: str) -> None:
    if name not in {known for known, _ in intents("en")}:
        raise InvalidInput("right_intent", "There is no such intent; /v1/intents lists them.")
