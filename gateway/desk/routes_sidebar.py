"""Beside a conversation: its summary, the customer, and what is done on the customer's behalf.

What an agent does here runs through the services the bot uses. Every form carries a token, so that one that is sent
twice is done once.
"""

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form, Request
from fastapi.responses import Response
from sqlalchemy.orm import Session

from crm.domain import Address
from crm.domain.staff import Permission, StaffMember
from crm.errors import NotFound
from crm.services import customer_fields, summaries, tags
from crm.services.recommendations import Answer
from gateway.desk import on_behalf
from gateway.desk.access import Number, may_act, may_watch
from gateway.desk.answers import EXPECTED, refused
from gateway.desk.rendering import render
from gateway.desk.sidebar import Side, side
from gateway.desk.work import desk_of
from gateway.staff.guard import Guard

router = APIRouter(prefix="/desk/conversations/{conversation_id}")

Viewer = Annotated[StaffMember, Depends(Guard.page(Permission.QUEUE_VIEW))]
CustomerViewer = Annotated[StaffMember, Depends(Guard.page(Permission.CUSTOMER_VIEW))]
Changer = Annotated[StaffMember, Depends(Guard.page(Permission.CUSTOMER_CHANGE))]
Talker = Annotated[StaffMember, Depends(Guard.page(Permission.CONVERSE))]
Unmasker = Annotated[StaffMember, Depends(Guard.page(Permission.UNMASK))]
Words = Annotated[str, Form()]
Token = Annotated[str, Form(pattern=r"desk-[0-9a-f]{24}")]


@router.get("/summary")
async def summary(request: Request, member: Viewer, conversation_id: str) -> Response:
    """The five lines for whoever takes over, as a fragment."""
    desk = desk_of(request)

    def verb(session: Session) -> Any:
        if not may_watch(session, member, conversation_id):
            return None
        return summaries.summary(session, conversation_id, language=member.language, now=desk.now())

    try:
        made = await desk.read(member, verb)
    except NotFound as error:
        return refused(member, error)
    return Response(status_code=403) if made is None else render(request, "_summary.html", member, summary=made)


@router.get("/sidebar")
async def sidebar(request: Request, member: CustomerViewer, conversation_id: str) -> Response:
    """The customer, as a fragment."""
    return await _shown(request, member, conversation_id)


@router.post("/customer/{field}/unmask")
async def unmask(request: Request, member: Unmasker, conversation_id: str, field: str) -> Response:
    """One field of the customer in full; entered in the audit."""

    def verb(session: Session) -> str:
        return customer_fields.unmask(session, on_behalf.customer_of(session, conversation_id), field)

    return await _answered(request, member, conversation_id, verb)


@router.post("/customer/callback")
async def book_callback(
    request: Request,
    member: Changer,
    conversation_id: str,
    token: Token,
    phone: Words = "",
    day: Words = "",
    at: Words = "",
) -> Response:
    """Book a call to the number given, else to the one on record; at the wished time, else as soon as possible."""
    now = desk_of(request).now()

    def verb(session: Session) -> object:
        wished = on_behalf.moment_of(session, day, at)
        return on_behalf.book_callback(session, conversation_id, token, phone=phone, wished=wished, now=now)

    return await _acted(request, member, conversation_id, verb, "side.call_booked")


@router.post("/customer/contact")
async def change_contact(
    request: Request,
    member: Changer,
    conversation_id: str,
    token: Token,
    phone: Words = "",
    email: Words = "",
    line: Words = "",
    city: Words = "",
    postcode: Words = "",
    country: Words = "",
) -> Response:
    """Change what is filled in. The customer gets the same notice as when they change it themselves."""
    now = desk_of(request).now()
    parts = Address(line.strip(), city.strip(), postcode.strip(), country.strip())
    moved = any((parts.line, parts.city, parts.postcode))

    def verb(session: Session) -> object:
        return on_behalf.change_contact(
            session, conversation_id, token, phone=phone, email=email, address=parts if moved else None, now=now
        )

    return await _acted(request, member, conversation_id, verb, "side.contact_changed")


@router.post("/customer/offer")
async def answer_offer(
    request: Request,
    member: Changer,
    conversation_id: str,
    token: Token,
    answer: Annotated[Answer, Form()],
    product_id: Annotated[Number, Form()],
) -> Response:
    """What the customer said to an offer; a yes is given to an adviser, as when the bot makes it."""
    now = desk_of(request).now()

    def verb(session: Session) -> object:
        return on_behalf.answer_offer(session, conversation_id, token, product_id=product_id, answer=answer, now=now)

    return await _acted(request, member, conversation_id, verb, f"side.offer_{answer}")


@router.post("/tags")
async def add_tag(request: Request, member: Talker, conversation_id: str, tag: Words) -> Response:
    """File the conversation under a word."""
    now = desk_of(request).now()

    def verb(session: Session) -> list[str]:
        return tags.add(session, conversation_id, tag, by=member.account_id, now=now)

    return await _tagged(request, member, conversation_id, verb)


@router.post("/tags/remove")
async def remove_tag(request: Request, member: Talker, conversation_id: str, tag: Words) -> Response:
    """Take a word away."""
    return await _tagged(request, member, conversation_id, lambda session: tags.remove(session, conversation_id, tag))


async def _tagged(
    request: Request, member: StaffMember, conversation_id: str, verb: Callable[[Session], list[str]]
) -> Response:
    def guarded(session: Session) -> tuple[list[str], list[str]] | None:
        if not may_watch(session, member, conversation_id):
            return None
        return verb(session), tags.known(session)

    try:
        found = await desk_of(request).write(member, guarded)
    except EXPECTED as error:
        return refused(member, error)
    if found is None:
        return Response(status_code=403)
    return render(request, "_tags.html", member, conversation_id=conversation_id, tags=found[0], known=found[1])


async def _shown(request: Request, member: StaffMember, conversation_id: str, said: str = "") -> Response:
    desk = desk_of(request)

    def verb(session: Session) -> Side | None:
        if not may_watch(session, member, conversation_id):
            return None
        return side(session, member, conversation_id, desk.now())

    try:
        found = await desk.read(member, verb)
    except NotFound as error:
        return refused(member, error)
    if found is None:
        return Response(status_code=403)
    return render(request, "_sidebar.html", member, side=found, said=said)


async def _answered(
    request: Request, member: StaffMember, conversation_id: str, verb: Callable[[Session], str]
) -> Response:
    def guarded(session: Session) -> str | None:
        return verb(session) if may_watch(session, member, conversation_id) else None

    try:
        text = await desk_of(request).write(member, guarded)
    except EXPECTED as error:
        return refused(member, error)
    return Response(status_code=403) if text is None else render(request, "_revealed.html", member, text=text)


async def _acted(
    request: Request, member: StaffMember, conversation_id: str, verb: Callable[[Session], object], said: str
) -> Response:
    """Do it, then show how things stand now."""

    def guarded(session: Session) -> bool:
        allowed = may_act(session, member, conversation_id)
        if allowed:
            verb(session)
        return allowed

    try:
        done = await desk_of(request).write(member, guarded)
    except EXPECTED as error:
        return refused(member, error)
    if not done:
        return Response(status_code=403)
    return await _shown(request, member, conversation_id, said)
