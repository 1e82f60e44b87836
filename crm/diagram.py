"""The entity-relationship diagram of the models, in Mermaid."""

from sqlalchemy import Column, Table

from crm.schema import Base
from crm.schema.types import Blind, Sealed


def mermaid() -> str:
    """All tables with their columns, and who refers to whom."""
    tables = sorted(Base.metadata.tables.values(), key=lambda table: table.name)
    lines = ["erDiagram"]
    for table in tables:
        lines += [f"    {table.name} {{", *(f"        {_column(column)}" for column in table.columns), "    }"]
    for table in tables:
        lines += _references(table)
    return "\n".join(lines)


def _column(column: Column) -> str:
    if isinstance(column.type, Sealed):
        kind = "sealed"
    elif isinstance(column.type, Blind):
        kind = "blind"
    else:
        kind = column.type.python_type.__name__
    key = " PK" if column.primary_key else " FK" if column.foreign_keys else ""
    return f"{kind} {column.name}{key}"


def _references(table: Table) -> list[str]:
    return [
        f"    {key.column.table.name} ||--o{{ {table.name} : {column.name}"
        for column in table.columns
        for key in sorted(column.foreign_keys, key=str)
    ]
