"""The rules of `crm/reference/privacy.yml`, checked."""

from functools import cache, cached_property
from pathlib import Path
from typing import Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, model_validator

FILE = Path(__file__).parents[1] / "reference" / "privacy.yml"


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Law(_Part):
    """A duty to keep records: for how many years after the day named by a table's `since`."""

    years: int
    because: str


class Period(_Part):
    """One reason for which rows of a table go by themselves."""

    after: str
    days: int = 0
    years: int = 0
    where: dict[str, list[Any]] = Field(default_factory=dict)
    unless_in: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _one_length(self) -> "Period":
        if bool(self.days) == bool(self.years):
            raise ValueError("a period has either days or years")
        return self


class TableRule(_Part):
    """What is done with one table; see the head of the file."""

    holds: str
    whose: Literal["customer", "insurer", "system"]
    export: bool = True
    audited: bool = True
    quiet: tuple[str, ...] = ()
    erasure: Literal["delete", "clear", ""] = ""
    blank: tuple[str, ...] = ()
    set: dict[str, Any] = Field(default_factory=dict)
    set_where: dict[str, Any] = Field(default_factory=dict)
    law: str = ""
    since: str = ""
    with_: str = Field(default="", alias="with")
    retention: tuple[Period, ...] = ()

    @model_validator(mode="after")
    def _complete(self) -> "TableRule":
        if (self.whose == "customer") != bool(self.erasure):
            raise ValueError("rows of customers, and no others, need a word about their erasure")
        if self.erasure == "clear" and not (self.with_ or (self.law and self.since)):
            raise ValueError("what an erasure keeps needs a law and the column it counts from, or `with` another table")
        return self


class ErasureRules(_Part):
    """How an erasure is carried out."""

    answer_within_days: int
    wait_for_conversation_minutes: int
    vacuum_at_once_megabytes: int


class Rules(_Part):
    """The whole file."""

    laws: dict[str, Law]
    erasure: ErasureRules
    retention_batch: int = Field(gt=0)
    tables: dict[str, TableRule]

    @cached_property
    def customers(self) -> frozenset[str]:
        """Tables whose rows belong to a customer."""
        return frozenset(name for name, rule in self.tables.items() if rule.whose == "customer")

    @cached_property
    def exported(self) -> frozenset[str]:
        """Tables that are in the copy a customer gets."""
        return frozenset(name for name in self.customers if self.tables[name].export)

    @cached_property
    def audited(self) -> frozenset[str]:
        """Tables whose changes are entered in the audit."""
        return frozenset(name for name in self.customers if self.tables[name].audited)

    @cached_property
    def insurers(self) -> frozenset[str]:
        """Tables of the insurer's own."""
        return frozenset(name for name, rule in self.tables.items() if rule.whose == "insurer")

    def law_of(self, table: str) -> tuple[str, Law] | None:
        """The law that keeps the rows of a table through an erasure, by name, if there is one of its own."""
        name = self.tables[table].law
        return (name, self.laws[name]) if name else None


@cache
def rules() -> Rules:
    """The rules.

    Raises:
        pydantic.ValidationError: the file says something that cannot be; the message says where.
    """
    return Rules.model_validate(yaml.safe_load(FILE.read_text(encoding="utf-8")))
