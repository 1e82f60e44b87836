"""Who calls the API, how fast they may, and what every operation shares."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Depends, Path, Query, Request
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from sqlalchemy.orm import Session

from crm.domain.staff import Permission, StaffMember
from gateway.api.problems import Denied
from gateway.cleaning import clean
from gateway.desk.access import may_act, may_watch
from gateway.desk.work import Desk, desk_of
from gateway.limits import Limiter, address_key
from gateway.settings import Settings
from gateway.staff.guard import guard_of

T = TypeVar("T")

_LARGEST = 2**53 - 1  # the largest whole number that every JSON reader has
Number = Annotated[int, Path(ge=1, le=_LARGEST)]
AnyNumber = Annotated[int, Field(ge=1, le=_LARGEST, strict=True)]
Flag = Annotated[bool, Field(strict=True)]
ConversationId = Annotated[str, Path(pattern="^[0-9a-f]{32}$", description="As `conversation_id` elsewhere.")]
MessageId = Annotated[str, Path(pattern="^[A-Za-z0-9_.:-]{1,64}$")]


def _written(value: object) -> object:
    """Only what ISO 8601 looks like: a bare number could mean seconds or milliseconds."""
    if not isinstance(value, str) or "-" not in value[1:]:
        raise ValueError("Give a time such as 2026-03-01T10:00:00+01:00.")
    return value


Moment = Annotated[datetime, BeforeValidator(_written)]
Key = Annotated[
    str,
    Field(
        pattern="^[A-Za-z0-9_-]{8,64}$",
        description="Made by the caller, such as a UUID: the same one again changes nothing and gets the same answer.",
    ),
]
Words = Annotated[str, StringConstraints(max_length=4_000), AfterValidator(clean)]
Word = Annotated[str, StringConstraints(max_length=200), AfterValidator(clean)]
Limit = Annotated[int, Query(ge=1, le=200, description="How many items at most.")]


class Shown(BaseModel):
    """What the API answers with: read from the services' own answers."""

    model_config = ConfigDict(from_attributes=True, use_attribute_docstrings=True)


class Sent(BaseModel):
    """What the API is sent; a name that it does not know is an error, not silently nothing."""

    model_config = ConfigDict(extra="forbid", use_attribute_docstrings=True)


class Listed(Shown, Generic[T]):
    """Part of a list. `next` is what to pass as `after` for the part that follows; null at the end."""

    model_config = ConfigDict(json_schema_extra={"description": "Part of a list; `next` is null at its end."})

    items: list[T]
    next: int | None = None


def part(items: Sequence[Any], after: int, limit: int) -> dict[str, Any]:
    """The part of a list after its first `after` items."""
    end = after + limit
    return {"items": items[after:end], "next": end if len(items) > end else None}


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast the API may be called: each address, whoever calls, and each account."""

    by_address: Limiter
    by_account: Limiter
    limiters: dict[str, Limiter] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "limiters", {"api address": self.by_address, "api account": self.by_account})

    @classmethod
    def of(cls, settings: Settings) -> "Pace":
        """As the settings have it."""
        return cls(
            Limiter(settings.address_rate, settings.address_burst),
            Limiter(settings.api_rate, settings.api_burst),
        )


def caller(permission: Permission | None = None) -> Any:
    """A parameter of an operation: the member of staff who calls, with this permission."""

    async def admit(request: Request) -> StaffMember:
        pace: Pace = request.app.state.pace
        pseudonym: Callable[[str], str] = request.app.state.pseudonym
        pace.by_address.check(pseudonym(address_key(request.client.host if request.client else None)))
        member = await guard_of(request).admit_to_api(request, permission)
        pace.by_account.check(str(member.account_id))
        return member

    admit.permission = permission  # type: ignore[attr-defined]  # the description names it
    return Depends(admit)


Work = Annotated[Desk, Depends(desk_of)]


async def looked_at(desk: Desk, member: StaffMember, conversation_id: str, verb: Callable[[Session], T]) -> T:
    """What `verb` reads of a conversation. Raises `Denied` when it is not for the member."""
    return await desk.read(member, _guarded(may_watch, member, conversation_id, verb))


async def changed(desk: Desk, member: StaffMember, conversation_id: str, verb: Callable[[Session], T]) -> T:
    """What `verb` changes in a conversation. Raises `Denied` when it is not for the member."""
    return await desk.write(member, _guarded(may_watch, member, conversation_id, verb))


async def acted(desk: Desk, member: StaffMember, conversation_id: str, verb: Callable[[Session], T]) -> T:
    """What `verb` does for the customer. Raises `Denied` when somebody else has the conversation, or nobody."""
    return await desk.write(member, _guarded(may_act, member, conversation_id, verb))


def _guarded(
    may: Callable[[Session, StaffMember, str], bool],
    member: StaffMember,
    conversation_id: str,
    verb: Callable[[Session], T],
) -> Callable[[Session], T]:
    def guarded(session: Session) -> T:
        if not may(session, member, conversation_id):
            raise Denied
        return verb(session)

    return guarded
