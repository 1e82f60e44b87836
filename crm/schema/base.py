"""What all tables share."""

from datetime import datetime
from typing import Annotated, Any

from sqlalchemy import BigInteger, ForeignKey, Integer, MetaData, String
from sqlalchemy.orm import DeclarativeBase, mapped_column

from crm.schema.types import SealedText, UtcDateTime

BigId = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows only in an INTEGER primary key

Id = Annotated[int, mapped_column(BigId, primary_key=True)]
Text = Annotated[str, mapped_column(SealedText())]
Moment = Annotated[datetime, mapped_column(UtcDateTime())]
Label = Annotated[str, mapped_column(String(64))]
Name = Annotated[str, mapped_column(String(200))]
Minor = Annotated[int, mapped_column(BigInteger())]
HexId = Annotated[str, mapped_column(String(32), primary_key=True)]


class Base(DeclarativeBase):
    """Base of all rows. Constraint names are fixed so that migrations can name them on every database."""

    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


def reference(target: str, *, index: bool = False, **options: Any) -> Any:
    """A column that refers to `target`, such as `customers.id`."""
    return mapped_column(BigId, ForeignKey(target), index=index, **options)
