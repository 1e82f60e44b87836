"""Rows of a file checked and sealed, ready for the driver; the part of an import that worker processes do."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import ValidationError
from sqlalchemy import Dialect, make_url

from crm.bulk import Rows, bulk_dialect
from crm.importing.entities import Entity, Plans, Refused, entity
from crm.importing.files import Row
from crm.importing.mapping import Fill, Mapping
from crm.importing.records import Record
from crm.importing.values import Conventions
from vault import Vault

INDEX = "imported_rows.external_index"
POLICY_INDEX = "policies.number_index"
_DIGEST = "imported_rows.digest"
_EXTERNAL = "imported_rows.external_id"


Forms = tuple[bytes, ...]  # a blind index under the active key and, while keys rotate, under the other one too


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows that are checked, and then written, together."""

    rows: list[Row]


@dataclass(frozen=True, slots=True)
class Plan:
    """All that a worker needs to know of an import.

    Attributes:
        places: where each field stands in a row.
        width: cells of a row.
    """

    mapping: Mapping
    places: dict[str, int]
    width: int
    plans: Plans
    now: datetime


class Ready(NamedTuple):
    """A row that may be written; a plain tuple, because thousands of them travel between processes.

    Attributes:
        at: its place in the batch.
        owner: of the customer's external id or of the policy's number it belongs to; empty for customers.
        unique: of what no two rows may share; empty when there is no such thing.
        values: of the table's columns, in their order; ids of this and other rows are still to be filled in.
    """

    at: int
    external: Forms
    external_id: bytes
    digest: bytes
    sealed_digest: bytes
    owner: Forms
    unique: Forms
    values: tuple[Any, ...]


@dataclass(frozen=True, slots=True)
class Prepared:
    """What became of a batch: rows to write, and reasons by place for those that cannot be."""

    ready: list[Ready]
    refused: dict[int, str]


class Preparer:
    """Checks and seals rows of one import."""

    def __init__(self, plan: Plan, dialect: Dialect, vault: Vault) -> None:
        mapping = plan.mapping
        self._plan = plan
        self._vault = vault
        self._dialect = dialect
        self._entity: Entity = entity(mapping.entity)
        self._missing_values = frozenset(value.casefold() for value in mapping.missing_values)
        self._filled = {name: rule.fill for name, rule in mapping.missing.items() if isinstance(rule, Fill)}
        self._dropped = frozenset(name for name, rule in mapping.missing.items() if rule == "drop")
        self._places = dict(plan.places)
        if "external_id" not in self._places:
            alias = next((name for name in self._entity.record.aliases_of_id if name in self._places), None)
            if alias:
                self._places["external_id"] = self._places[alias]
        self._absent = tuple(name for name in {*self._filled, *self._dropped} if name not in self._places)
        values = {
            name: {spelled.casefold(): meant.casefold() for spelled, meant in known.items()}
            for name, known in mapping.values.items()
        }
        self._conventions = Conventions(plan.now.date(), mapping.dates, mapping.decimal, mapping.region, values)
        self._kept = {*self._places, *self._filled}
        self._rotating = False

    def prepare(self, batch: Batch) -> Prepared:
        """Check and seal a batch."""
        rows = Rows(self._dialect)
        index = self._vault.blind_index
        self._rotating = index("", INDEX) != index("", INDEX, other=True)
        made: list[tuple[int, Record]] = []
        refused: dict[int, str] = {}
        for at, row in enumerate(batch.rows):
            try:
                record = self._record(row)
                columns = self._entity.columns(record, self._plan.now, self._plan.plans)
                rows.add(self._entity.table, **self._indexed(columns))
            except ValidationError as error:
                refused[at] = _reason(error)
            except Refused as error:
                refused[at] = str(error)
            else:
                made.append((at, record))
        packed = rows.packed[self._entity.table]
        ready = [self._ready(at, record, values) for (at, record), values in zip(made, packed, strict=True)]
        return Prepared(ready, refused)

    def _record(self, row: Row) -> Record:
        if row.problem:
            raise Refused(f"the row {row.problem}")
        if len(row.cells) > self._plan.width:
            raise Refused("the row has more cells than there are headers")
        given: dict[str, Any] = {}
        for name, place in self._places.items():
            cell = row.cells[place] if place < len(row.cells) else None
            if self._is_missing(cell):
                self._replace(name, given)
            else:
                given[name] = cell
        for name in self._absent:
            self._replace(name, given)
        return self._entity.record.model_validate(given, context=self._conventions)

    def _is_missing(self, cell: Any) -> bool:
        if isinstance(cell, str):
            return cell.strip().casefold() in self._missing_values
        return cell is None or cell != cell  # not a number

    def _replace(self, name: str, given: dict[str, Any]) -> None:
        """What the mapping says of a missing value; without a word it stays unknown."""
        if name in self._dropped:
            raise Refused(f"{name}: is missing, and the mapping drops such rows")
        if name in self._filled:
            given[name] = self._filled[name]

    def _indexed(self, columns: dict[str, Any]) -> dict[str, Any]:
        """Contact data is in its one spelling already: index it as it is, instead of reading it once more."""
        for name in ("email_index", "phone_index"):
            if columns.get(name):
                columns[name] = self._vault.blind_index(columns[name], f"{self._entity.table}.{name}")
        return columns

    def _ready(self, at: int, record: Record, values: tuple[Any, ...]) -> Ready:
        seal, index = self._vault.seal, self._forms
        digest = hashlib.sha256(record.model_dump_json(include=self._kept).encode()).digest()
        owner: Forms = ()
        unique: Forms = ()
        if self._entity.owner == "customer":
            owner = index(getattr(record, "customer"), INDEX)  # noqa: B009 (only some records have one)
        elif self._entity.owner == "policy":
            owner = index(getattr(record, "policy_number"), POLICY_INDEX)  # noqa: B009
        if self._entity.unique:
            unique = index(getattr(record, "number"), f"{self._entity.table}.{self._entity.unique}")  # noqa: B009
        return Ready(
            at=at,
            external=index(record.external_id, INDEX),
            external_id=seal(record.external_id.encode(), _EXTERNAL),
            digest=digest,
            sealed_digest=seal(digest, _DIGEST),
            owner=owner,
            unique=unique,
            values=values,
        )

    def _forms(self, value: str, place: str) -> Forms:
        active = self._vault.blind_index(value, place)
        return (active, self._vault.blind_index(value, place, other=True)) if self._rotating else (active,)


def _reason(error: ValidationError) -> str:
    """Fields and what is wrong with them; never what stands in them."""
    problems = []
    for found in error.errors(include_url=False, include_context=False, include_input=False):
        where = ".".join(str(part) for part in found["loc"])
        what = "is missing" if found["type"] == "missing" else found["msg"]
        problems.append(f"{where}: {what}" if where else what)
    return "; ".join(problems)


_preparers: list[Preparer] = []  # a process pool hands its workers nothing but module state


def start_worker(url: str, key_file: Path, plan: Plan) -> None:
    """Make this process ready for `prepare_in_worker`."""
    vault = Vault.load(key_file)
    _preparers.append(Preparer(plan, bulk_dialect(make_url(url), vault), vault))


def prepare_in_worker(batch: Batch) -> Prepared:
    """Check and seal a batch in this worker."""
    return _preparers[0].prepare(batch)
