"""The same tables without encryption: what is sealed becomes text, what is a blind index becomes the value itself.

Everything else stays, so that a comparison shows what encryption costs and nothing besides.
"""

from typing import Any

from sqlalchemy import Column, Dialect, LargeBinary, String, Text
from sqlalchemy.types import TypeDecorator

from crm.schema import Base
from crm.schema.types import Blind, Sealed


class PlainValue(TypeDecorator[Any]):
    """A value as text: dates in ISO 8601, objects as JSON."""

    impl = Text
    cache_ok = True

    def __init__(self, like: Sealed) -> None:
        super().__init__()
        self.like = type(like)()

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | bytes | None:
        return None if value is None else self.like.to_bytes(value).decode()

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return None if value is None else self.like.from_bytes(value.encode())


class PlainIndex(TypeDecorator[Any]):
    """A normalised value to look up by."""

    impl = String
    cache_ok = True

    def __init__(self, like: Blind) -> None:
        super().__init__()
        self.normalise = like.normalise

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else self.normalise(value) or value.strip().lower()


def unseal_schema() -> None:
    """Make the tables of this process plain ones, before anything has been asked of them. There is no way back."""
    for table in Base.metadata.tables.values():
        for column in table.columns:
            _unseal(column)


def _unseal(column: Column[Any]) -> None:
    if type(column.type) is Sealed:
        column.type = LargeBinary()
    elif isinstance(column.type, Sealed):
        column.type = PlainValue(column.type)
    elif isinstance(column.type, Blind):
        column.type = PlainIndex(column.type)
    column.__dict__.pop("comparator", None)  # remembers the type it was made for
