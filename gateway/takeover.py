"""A person in the conversation: what the desk's pages, its API and other products' adapters do in it.

Whether the member of staff may do it is the guard's question and answered before; that it is they who have the
conversation is checked here, in the transaction that changes it. Every method may be called again after a lost
connection: the same `message_id` says nothing twice, a hand-off that is theirs already is taken again.
"""

import asyncio
import logging
import re
import uuid
from collections.abc import Callable, Sequence
from datetime import datetime
from functools import partial

from sqlalchemy.orm import Session

from crm.domain import AttachmentView, HandoffView, MessageView
from crm.domain.staff import StaffMember
from crm.errors import InvalidInput, NotEligible
from crm.services import attachments as files
from crm.services import conversations, handoffs, takeovers
from crm.services import tags as filing
from gateway.announcer import Announcer
from gateway.archive import Archive
from gateway.attachments import check_file
from gateway.cleaning import storable
from gateway.clock import Clock
from gateway.errors import Refusal
from gateway.live.announcements import Announcements
from gateway.outlets import AGENT, Outlets
from gateway.settings import Settings
from gateway.targets.port import HandoffTarget
from gateway.texts import Texts
from gateway.work import Work

log = logging.getLogger("gateway.takeover")

# With this command the bot puts the question of the form that is open again; see `actions.conversation.Repeat`.
RESUME = "/repeat"
# Somebody came before the call was arranged that was to make up for nobody being there: what was open before goes on.
NO_CALL = "/stop"
_RESUME_ID = "back-"
_MESSAGE_ID = re.compile(r"[A-Za-z0-9_-]{8,64}")

Words = Callable[[Session, HandoffView, datetime], list[MessageView]]


class Takeover:
    """What staff do with a hand-off and say in a conversation; every change is told to whoever shows it.

    All methods raise crm.errors: `NotFound`, `NotEligible` (not theirs, or over), `handoffs.Taken` (a colleague has
    it, by name); `say`, `note` and `upload` also `gateway.errors.Refusal` (too_long, bad_message, bad_attachment,
    bad_type, too_large).
    """

    def __init__(
        self,
        archive: Archive,
        work: Work,
        outlets: Outlets,
        announcements: Announcements,
        target: HandoffTarget,
        texts: Texts,
        clock: Clock,
        settings: Settings,
    ) -> None:
        self._archive = archive
        self._work = work
        self._outlets = outlets
        self._announcements = announcements
        self._target = target
        self._announcer = Announcer(texts)
        self._texts = texts
        self._clock = clock
        self._settings = settings

    @property
    def largest_file(self) -> int:
        """How many bytes a file may have."""
        return self._settings.upload_bytes

    # --- who has it

    async def take(self, member: StaffMember, handoff_id: int, *, force: bool = False) -> HandoffView:
        """Take a conversation out of the queue; `force` (supervisors) also past an offer to a colleague."""
        employee, now = _employee(member), self._clock()
        return await self._change(
            member, lambda session: handoffs.take(session, handoff_id, employee, now=now, force=force)
        )

    async def decline(self, member: StaffMember, handoff_id: int) -> HandoffView:
        """Let an offer go by."""
        employee, now = _employee(member), self._clock()
        return await self._change(member, lambda session: handoffs.decline(session, handoff_id, employee, now=now))

    async def take_over(self, member: StaffMember, handoff_id: int) -> HandoffView:
        """Take a conversation from the colleague who has it, who is told."""
        employee, now = _employee(member), self._clock()
        had_it: list[int] = []

        def verb(session: Session) -> HandoffView:
            before = handoffs.get(session, handoff_id).employee_id
            if before is not None and before != employee:
                had_it.append(before)
            return handoffs.take_over(session, handoff_id, employee, now=now)

        view = await self._change(member, verb)
        for colleague in had_it[-1:]:
            await self._announcements.staff(colleague, "taken_over", view)
        return view

    async def transfer(
        self,
        member: StaffMember,
        handoff_id: int,
        *,
        to_employee: int | None = None,
        to_team: str | None = None,
        note: str,
    ) -> HandoffView:
        """Pass it on to a colleague or to a team (by code), with a note for them."""
        by, now, text = _employee(member), self._clock(), storable(note)

        def verb(session: Session) -> HandoffView:
            return handoffs.transfer(
                session, handoff_id, by=by, to_employee=to_employee, to_team=to_team, note=text, now=now
            )

        view = await self._change(member, verb, self._announcer.passed_on)
        if to_employee is not None:
            await self._announcements.staff(to_employee, "transferred", view)
        return view

    async def give_back(self, member: StaffMember, handoff_id: int) -> HandoffView:
        """Give the conversation back to the bot, which says where it was."""
        employee, now = _employee(member), self._clock()

        def errand(session: Session, view: HandoffView, now: datetime) -> list[MessageView]:
            no_call = takeovers.is_call_being_arranged(session, view.conversation_id)
            text = self._texts.words(view.language, "given_back", view.channel, agent=member.name)
            message, created = conversations.add_errand(
                session, view.conversation_id, message_id=f"{_RESUME_ID}{handoff_id:08}", text=text,
                command=NO_CALL if no_call else RESUME, now=now,
            )  # fmt: skip
            return [message] if created else []

        view = await self._change(
            member, lambda session: handoffs.give_back(session, handoff_id, employee, now=now), errand
        )
        await self._work.look_after(view.conversation_id)
        return view

    async def close(
        self, member: StaffMember, handoff_id: int, *, disposition: str, tags: Sequence[str] = ()
    ) -> HandoffView:
        """End it, filed under `tags`; what the customer says next is for the bot."""
        employee, now = _employee(member), self._clock()

        def verb(session: Session) -> HandoffView:
            view = handoffs.close(session, handoff_id, employee, disposition=disposition, now=now)
            for tag in tags:
                filing.add(session, view.conversation_id, tag, by=member.account_id, now=now)
            return view

        view = await self._change(member, verb)
        await self._work.look_after(view.conversation_id)
        return view

    # --- what is said

    async def say(
        self,
        member: StaffMember,
        conversation_id: str,
        text: str,
        *,
        attachments: Sequence[str] = (),
        message_id: str | None = None,
    ) -> MessageView:
        """Say something to the customer; `attachments` are ids from `upload`."""
        employee, now = _employee(member), self._clock()
        said, message_id = self._words(text, attachments), _id(message_id)
        agent = {"id": employee, "name": member.name}
        begun: list[HandoffView] = []

        def verb(session: Session) -> tuple[MessageView, bool]:
            view = takeovers.in_hand(session, conversation_id, employee)
            if not view.active_at:
                begun.append(handoffs.begin(session, view.id, employee, now=now))
            try:
                return conversations.add_agent_message(
                    session, conversation_id, message_id=message_id, text=said, attachments=attachments,
                    agent=agent, now=now,
                )  # fmt: skip
            except InvalidInput as error:
                raise Refusal("bad_attachment") from error

        message, created = await self._archive.write(verb, member.actor)
        for view in begun[-1:]:
            await self._announcements.changed(view)
        if created:
            await self._outlets.said(message)
        return message

    async def typing(self, member: StaffMember, conversation_id: str, on: bool) -> None:
        """Show the customer that an answer is being written; stored nowhere. Raises `NotEligible`: not theirs."""
        employee = _employee(member)
        if not await self._archive.read(lambda session: handoffs.has(session, conversation_id, employee), member.actor):
            raise NotEligible("Only who has the conversation writes to the customer.")
        await self._outlets.typing(conversation_id, on, AGENT)

    async def upload(self, member: StaffMember, conversation_id: str, name: str, content: bytes) -> AttachmentView:
        """Store a file that the next words can bring along; checked like a customer's."""
        employee, now = _employee(member), self._clock()
        if len(content) > self._settings.upload_bytes:
            raise Refusal("too_large")
        check = partial(check_file, name, content, most_pixels=self._settings.upload_pixels)
        checked = await asyncio.to_thread(check)

        def verb(session: Session) -> AttachmentView:
            takeovers.in_hand(session, conversation_id, employee)
            return files.add(
                session, conversation_id, name=checked.name, media_type=checked.media_type, content=checked.content,
                now=now,
            )  # fmt: skip

        return await self._archive.write(verb, member.actor)

    # ---

    async def _change(
        self, member: StaffMember, verb: Callable[[Session], HandoffView], words: Words | None = None
    ) -> HandoffView:
        """Change a hand-off and say to the customer what there is to say, in one transaction; then tell everybody."""
        now = self._clock()

        def transaction(session: Session) -> tuple[HandoffView, list[MessageView]]:
            view = verb(session)
            return view, (words or self._announcer.changed)(session, view, now)

        view, said = await self._archive.write(transaction, member.actor)
        for message in said:
            await self._outlets.said(message)
        await self._announcements.changed(view)
        await self._target.changed(view)
        return view

    def _words(self, text: str, attachments: Sequence[str]) -> str:
        said = storable(text)
        if len(said) > self._settings.message_characters:
            raise Refusal("too_long")
        if not said and not attachments:
            raise Refusal("bad_message")
        if len(attachments) > self._settings.attachments_per_message:
            raise Refusal("bad_attachment")
        return said


def _employee(member: StaffMember) -> int:
    if member.employee_id is None:
        raise NotEligible("This account belongs to no employee; an administrator can say whose it is.")
    return member.employee_id


def _id(message_id: str | None) -> str:
    if message_id is None:
        return str(uuid.uuid4())
    if not _MESSAGE_ID.fullmatch(message_id):
        raise Refusal("bad_message")
    return message_id
