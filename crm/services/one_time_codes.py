"""One-time codes: asked for before anything that changes data or shows documents."""

import secrets
from datetime import datetime, timedelta

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from crm import normalise
from crm.domain import CodeMessage, CodeSent, CustomerView
from crm.errors import CodeExpired, CodeLocked, CodeWrong, InvalidInput, NotEligible, TooManyCodes
from crm.ports import CodeDelivery
from crm.schema import Customer, OneTimeCode
from crm.services._rows import conversation_row
from crm.services.verification import verified_customer

VALID = timedelta(minutes=10)
COUNTS_FOR = timedelta(minutes=15)  # how long a confirmation opens doors
TRIES = 5
DIGITS = 6
RESEND_AFTER = timedelta(seconds=30)
MOST_SENT = 5  # to one customer within `SENT_WITHIN`, from whatever conversation
SENT_WITHIN = timedelta(hours=1)


def request_code(
    session: Session, conversation_id: str, *, deliver: CodeDelivery, now: datetime, channel: str | None = None
) -> CodeSent:
    """Send a new code to the verified customer; codes sent before in this conversation are void.

    Args:
        channel: `sms` or `email`; by default the phone, if there is a number.

    Raises:
        NotEligible: nobody is verified here, or there is nowhere to send a code to.
        TooManyCodes: the newest is too young, or too many were sent.
    """
    conversation = conversation_row(session, conversation_id, lock=True)
    customer = _verified(session, conversation_id, now)
    session.scalar(select(Customer.id).where(Customer.id == customer.id).with_for_update())
    _check_pace(session, customer.id, now)
    channel, destination = _destination(customer, channel)
    code = f"{secrets.randbelow(10**DIGITS):0{DIGITS}d}"
    session.add(
        OneTimeCode(
            conversation_id=conversation_id,
            customer_id=customer.id,
            code_index=_hashed(conversation_id, code),
            sent_at=now,
            failures=0,
        )
    )
    session.flush()
    minutes = int(VALID.total_seconds() // 60)
    deliver.deliver(session, CodeMessage(customer.id, channel, destination, code, conversation.language, minutes, now))
    masked = normalise.mask_phone(destination) if channel == "sms" else normalise.mask_email(destination)
    return CodeSent(channel, masked, now + VALID)


def confirm_code(session: Session, conversation_id: str, code: str, now: datetime) -> None:
    """Take the code the customer typed; the right one again changes nothing.

    **A wrong code commits `session` before this raises**, so that the count survives the caller's rollback: call
    it at the start of a session of its own, and not within `once`.

    Raises:
        InvalidInput: these are not six digits; not counted as a try.
        CodeWrong: another code was sent.
        CodeExpired: none was sent, or it is too old.
        CodeLocked: too many wrong ones.
        NotEligible: nobody is verified here.
    """
    conversation_row(session, conversation_id, lock=True)
    customer = _verified(session, conversation_id, now)
    digits = _digits(code)
    row = session.scalars(_newest(conversation_id, customer.id)).first()
    if row is None or now >= row.sent_at + VALID:
        raise CodeExpired
    if row.failures >= TRIES:
        raise CodeLocked
    if not _is_right(session, row, digits):
        row.failures += 1
        left = TRIES - row.failures
        session.commit()
        raise CodeWrong(left) if left else CodeLocked
    row.confirmed_at = row.confirmed_at or now
    session.flush()


def confirmed(session: Session, conversation_id: str, now: datetime) -> bool:
    """Whether the customer who is verified here confirmed a code, since then and in the last 15 minutes."""
    customer = verified_customer(session, conversation_id, now)
    conversation = conversation_row(session, conversation_id)
    if customer is None or conversation.verified_at is None:
        return False
    found = session.scalar(
        select(OneTimeCode.id)
        .where(
            OneTimeCode.conversation_id == conversation_id,
            OneTimeCode.customer_id == customer.id,
            OneTimeCode.confirmed_at > now - COUNTS_FOR,
            OneTimeCode.confirmed_at >= conversation.verified_at,
        )
        .limit(1)
    )
    return found is not None


def awaited(session: Session, conversation_id: str, now: datetime) -> bool:
    """Whether a code was sent in this conversation that can still be typed."""
    customer = verified_customer(session, conversation_id, now)
    row = session.scalars(_newest(conversation_id, customer.id)).first() if customer else None
    return row is not None and now < row.sent_at + VALID and row.failures < TRIES


def _verified(session: Session, conversation_id: str, now: datetime) -> CustomerView:
    customer = verified_customer(session, conversation_id, now)
    if customer is None:
        raise NotEligible("Nobody is verified in this conversation; verify the customer first.")
    return customer


def _check_pace(session: Session, customer_id: int, now: datetime) -> None:
    query = (
        select(OneTimeCode.sent_at)
        .where(OneTimeCode.customer_id == customer_id, OneTimeCode.sent_at > now - SENT_WITHIN)
        .order_by(OneTimeCode.sent_at.desc())
    )
    sent = session.scalars(query).all()
    if len(sent) >= MOST_SENT:
        raise TooManyCodes(sent[MOST_SENT - 1] + SENT_WITHIN)
    if sent and now < sent[0] + RESEND_AFTER:
        raise TooManyCodes(sent[0] + RESEND_AFTER)


def _destination(customer: CustomerView, channel: str | None) -> tuple[str, str]:
    known = {"sms": customer.phone, "email": customer.email}
    if channel is not None and channel not in known:
        raise InvalidInput("channel", "A code is sent by sms or email.")
    wished = known if channel is None else {channel: known[channel]}
    for name, destination in wished.items():
        if destination:
            return name, destination
    raise NotEligible("There is no phone number or address to send a code to; offer a person.")


def _newest(conversation_id: str, customer_id: int) -> Select[OneTimeCode]:
    return (
        select(OneTimeCode)
        .where(OneTimeCode.conversation_id == conversation_id, OneTimeCode.customer_id == customer_id)
        .order_by(OneTimeCode.id.desc())
        .execution_options(populate_existing=True)
    )


def _is_right(session: Session, row: OneTimeCode, digits: str) -> bool:
    query = select(OneTimeCode.id).where(
        OneTimeCode.id == row.id, OneTimeCode.code_index == _hashed(row.conversation_id, digits)
    )
    return session.scalar(query) is not None


def _hashed(conversation_id: str, code: str) -> str:
    """What the blind index is made of: the same code has another hash in every conversation."""
    return f"{conversation_id} {code}"


def _digits(code: str) -> str:
    digits = "".join(str(int(character)) for character in normalise.plain(code) if character.isdecimal())
    if len(digits) != DIGITS:
        raise InvalidInput("code", f"A code has {DIGITS} digits; ask for it again.")
    return digits
