"""Mapping files: which column is which field, and how the file writes what it holds."""

import re
import unicodedata
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal

import tomllib
import yaml
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from crm.errors import InvalidInput

AUTO = "auto"
_NOT_IN_NAMES = re.compile(r"[\W_]+")


class Fill(BaseModel):
    """A value for what is missing."""

    model_config = ConfigDict(extra="forbid")

    fill: str | int | float | bool


Missing = Literal["drop", "unknown"] | Fill


def _spelled(value: object) -> object:
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


class Mapping(BaseModel):
    """How to read a file. Every part has a default that suits a file with known headers."""

    model_config = ConfigDict(extra="forbid")

    entity: Literal["customer", "policy", "claim", "invoice"] = Field(
        default="customer", description="What a row of the file is."
    )
    source: str = Field(
        default="default", min_length=1, max_length=64, description="The system whose ids the file holds."
    )
    columns: dict[str, Annotated[str, BeforeValidator(_spelled)]] = Field(
        default_factory=dict,
        description="Field to header, or to a column's number counted from 1. Fields that are not named here are "
        "recognised by their usual English and Chinese headers.",
    )
    header: bool = Field(default=True, description="Whether the first row holds headers.")
    sheet: str | None = Field(default=None, description="The sheet of an Excel file; the first one if unset.")
    encoding: str = Field(default=AUTO, description="Such as utf-8, gb18030 or latin-1; detected if unset.")
    delimiter: str = Field(default=AUTO, description="Between the cells of a CSV file; detected if unset.")
    dates: Literal["strict", "day-first", "month-first"] = Field(
        default="strict",
        description="How 03/04/1984 is meant; `strict` refuses a date that can be meant in two ways.",
    )
    decimal: Literal["auto", ".", ","] = Field(default="auto", description="The decimal mark of amounts.")
    region: str = Field(default="US", description="The country of phone numbers without a country code.")
    missing_values: list[str] = Field(
        default=["", "null", "none", "nan", "n/a", "na", "-", "--", "?", "unknown", "无", "空", "未知", "不详"],
        description="What stands for nothing, in any case of letters.",
    )
    missing: dict[str, Missing] = Field(
        default_factory=dict,
        description="By field: `drop` the row, `{fill: VALUE}`, or keep it as `unknown` (the default).",
    )
    values: dict[str, dict[str, str]] = Field(
        default_factory=dict, description="By field: what the file says, and what it means."
    )

    def check_fields(self, known: frozenset[str]) -> None:
        """Refuse fields that the entity does not have."""
        for part in ("columns", "missing", "values"):
            strange = sorted(set(getattr(self, part)) - known)
            if strange:
                raise InvalidInput(
                    part, f"A {self.entity} has no field {strange[0]}; there are {', '.join(sorted(known))}."
                )


def load(path: Path | None) -> Mapping:
    """The mapping in a YAML file; the default one without a file.

    Raises:
        InvalidInput: it cannot be read, or names something unknown.
    """
    if path is None:
        return Mapping()
    try:
        return Mapping.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")) or {})
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        where = ".".join(str(part) for part in first["loc"])
        raise InvalidInput(where, f"The mapping's {where or 'content'} cannot be used: {first['msg']}.") from None
    except (yaml.YAMLError, UnicodeError, OSError):
        raise InvalidInput("mapping", "The mapping is not a YAML file that can be read.") from None


def places(mapping: Mapping, header: list[str], known: frozenset[str]) -> dict[str, int]:
    """Where each field stands in a row.

    Raises:
        InvalidInput: a named column is not there, or a field's header is there twice. Headers are never quoted:
            in a file without them they are somebody's data.
    """
    mapping.check_fields(known)
    found = {field: _named(field, column, header) for field, column in mapping.columns.items()}
    spelled = [_key(name) for name in header]
    for field in known - set(found):
        for name in _headers(mapping.entity, field):
            if name in spelled:
                if spelled.count(name) > 1:
                    raise _twice(field)
                found[field] = spelled.index(name)
                break
    if len(found) < 2:  # one may be chance: a word of somebody's data
        raise InvalidInput(
            "columns",
            "The columns were not recognised. Name them in a mapping file (`columns:`), and say `header: false` if the "
            "file has no headers.",
        )
    return found


def _named(field: str, column: str, header: list[str]) -> int:
    spelled = [_key(name) for name in header]
    if spelled.count(_key(column)) == 1:
        return spelled.index(_key(column))
    if spelled.count(_key(column)) > 1:
        raise _twice(field)
    if column.isascii() and column.isdigit() and 1 <= int(column) <= len(header):
        return int(column) - 1
    raise InvalidInput("columns", f"The column that the mapping names for {field} is not in the file.")


def _twice(field: str) -> InvalidInput:
    return InvalidInput(
        "columns", f"The header of {field} stands there twice; give the column's number in the mapping (`columns:`)."
    )


@cache
def synonyms() -> dict[str, Any]:
    """What files call fields and values, from `synonyms.toml`."""
    return tomllib.loads(Path(__file__).with_name("synonyms.toml").read_text(encoding="utf-8"))


@cache
def _headers(entity: str, field: str) -> tuple[str, ...]:
    names = synonyms()["headers"]
    return tuple(_key(name) for name in (field, *names.get(entity, {}).get(field, ())))


def _key(name: str) -> str:
    """A header in its one spelling: "E-Mail", "e_mail" and "email" are the same."""
    return _NOT_IN_NAMES.sub("", unicodedata.normalize("NFKC", name).casefold())
