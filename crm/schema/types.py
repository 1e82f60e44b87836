"""Column types that keep personal values sealed, and times aware.

The vault hangs on the engine's dialect (`bind_vault`), so that two stores with different keys can be open in one
process and a type needs no global state. The place of a sealed value, "table.column", is filled in by
`bind_places` when the schema is complete.
"""

import json
from collections.abc import Callable
from datetime import date, datetime, timezone
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, DateTime, Dialect, LargeBinary, MetaData, String, bindparam
from sqlalchemy.sql import operators
from sqlalchemy.types import TypeDecorator

from vault import Vault

_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))


def bind_vault(dialect: Dialect, vault: Vault) -> None:
    """Let the sealed columns of this dialect's engine use `vault`."""
    dialect.careline_vault = vault  # type: ignore[attr-defined]


def vault_of(dialect: Dialect) -> Vault:
    """The vault of this dialect's engine."""
    return dialect.careline_vault  # type: ignore[attr-defined,no-any-return]


class _Placed(TypeDecorator[Any]):
    """Bytes that know their column; the place takes part in the statement cache key."""

    impl = LargeBinary
    cache_ok = True

    def __init__(self, place: str = "") -> None:
        super().__init__()
        self.place = place


class Sealed(_Placed):
    """Bytes, sealed. Subclasses say how their values become bytes and back."""

    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> bytes | None:
        """Seal a value on its way in."""
        return None if value is None else vault_of(dialect).seal(self.to_bytes(value), self.place)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        """Open a value on its way out; raises `vault.SealError` when it was altered."""
        return None if value is None else self.from_bytes(vault_of(dialect).open(bytes(value), self.place))

    def to_bytes(self, value: Any) -> bytes:
        """The bytes that are sealed."""
        return bytes(value)

    def from_bytes(self, plain: bytes) -> Any:
        """The value again."""
        return plain


class SealedText(Sealed):
    """Text, sealed."""

    cache_ok = True

    def to_bytes(self, value: str) -> bytes:
        """UTF-8."""
        return value.encode()

    def from_bytes(self, plain: bytes) -> str:
        """From UTF-8."""
        return plain.decode()


class SealedDate(Sealed):
    """A date, sealed."""

    cache_ok = True

    def to_bytes(self, value: date) -> bytes:
        """ISO 8601."""
        return value.isoformat().encode()

    def from_bytes(self, plain: bytes) -> date:
        """From ISO 8601."""
        return date.fromisoformat(plain.decode())


class SealedJson(Sealed):
    """Anything JSON can hold, sealed."""

    cache_ok = True

    def to_bytes(self, value: Any) -> bytes:
        """Compact JSON in UTF-8."""
        return _JSON.encode(value).encode()

    def from_bytes(self, plain: bytes) -> Any:
        """From JSON."""
        return json.loads(plain)


class _Sought:
    """A value to be looked up, under the active key or under the other one that rows may have just now."""

    __slots__ = ("other", "value")

    def __init__(self, value: str, other: bool) -> None:
        self.value = value
        self.other = other


class _Found(TypeDecorator.Comparator[Any]):
    """`column == "value"` and `in_` find rows under either key of a rotation."""

    def operate(self, op: Any, *other: Any, **kwargs: Any) -> ColumnElement[Any]:
        if op is operators.eq and isinstance(other[0], str):
            op, other = operators.in_op, ([other[0]],)
        if op is operators.in_op and isinstance(other[0], list | tuple | set | frozenset):
            both = [
                bindparam(None, _Sought(value, key), type_=self.type, unique=True)
                for value in other[0]
                for key in (False, True)
                if isinstance(value, str)
            ]
            known = [value for value in other[0] if not isinstance(value, str)]
            other = ([*both, *known],)
        return super().operate(op, *other, **kwargs)


class Blind(_Placed):
    """A keyed index of a value: it can be compared with, and never read back.

    A comparison with a text finds rows under the active key and, while keys rotate, under the other one; bytes are
    taken as an index and compared as they are.

    Args:
        normalise: brings a value into its one spelling; what it cannot read is indexed in plain lower case,
            so that a look-up finds nothing instead of failing.
    """

    cache_ok = True
    comparator_factory = _Found

    def __init__(self, normalise: Callable[[str], str | None], place: str = "") -> None:
        super().__init__(place)
        self.normalise = normalise

    def process_bind_param(self, value: Any, dialect: Dialect) -> bytes | None:
        """Index a value on its way in; bytes are taken as already indexed."""
        if value is None or isinstance(value, bytes):
            return value
        vault = vault_of(dialect)
        if isinstance(value, _Sought):
            return vault.blind_index(self._spelled(value.value), self.place, other=value.other)
        return vault.blind_index(self._spelled(value), self.place)

    def _spelled(self, value: str) -> str:
        return self.normalise(value) or value.strip().lower()

    def process_result_value(self, value: Any, dialect: Dialect) -> bytes | None:
        """The index itself."""
        return None if value is None else bytes(value)


class UtcDateTime(TypeDecorator[datetime]):
    """A timezone-aware moment, in UTC; refuses naive ones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """To UTC; SQLite stores it without the zone."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A moment needs a time zone: pass datetime.now(timezone.utc), not datetime.now().")
        utc = value.astimezone(timezone.utc)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Aware, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=timezone.utc) if value.tzinfo is None else value.astimezone(timezone.utc)


class Code(TypeDecorator[StrEnum]):
    """A member of a StrEnum, stored as its value; new members need no migration."""

    impl = String(32)
    cache_ok = True

    def __init__(self, members: type[StrEnum]) -> None:
        super().__init__()
        self.members = members

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        """The member's value; an unknown one raises ValueError."""
        return None if value is None else self.members(value).value

    def process_result_value(self, value: Any, dialect: Dialect) -> StrEnum | None:
        """The member."""
        return None if value is None else self.members(value)


def bind_places(metadata: MetaData) -> None:
    """Tell every sealed and blind column its place."""
    for table in metadata.tables.values():
        for column in table.columns:
            if isinstance(column.type, _Placed):
                column.type.place = f"{table.name}.{column.name}"
