"""The hash chains of the audit: entries are added at the end, and nothing else is ever done to them.

Every entry carries an HMAC over itself and the entry before it, and every chain a signed head. The key lies sealed
in the store, so that whoever can write to the database, but not open it, can forge neither. Entries hold only
pseudonyms: erasing a person leaves the chains as they are.

A transaction adds its entries last, under the lock of one head, and then commits. On PostgreSQL several chains stand
side by side, so that writers rarely meet; SQLite has one writer anyway, and one chain.
"""

import hmac
import json
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timezone
from hashlib import sha256
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Engine, func, insert, select, update
from sqlalchemy.dialects.postgresql import insert as insert_on_postgresql
from sqlalchemy.dialects.sqlite import insert as insert_on_sqlite

from crm.domain.audit import Actor, AuditFault, AuditReport
from crm.schema import Base

ENTRIES, HEADS, KEYS = (Base.metadata.tables[name] for name in ("audit_entries", "audit_heads", "audit_keys"))
CHAINS_ON_POSTGRESQL = 16
START = bytes(32)  # what the first entry of a chain follows
LONGEST_FIELDS = 1000
_PAGE = 5_000
_keys: "WeakKeyDictionary[Engine, bytes]" = WeakKeyDictionary()


@dataclass(frozen=True, slots=True)
class Line:
    """Something to be entered. `customer_id` is whom it is about, None for nobody in particular."""

    verb: str
    area: str
    fields: tuple[str, ...] = ()
    customer_id: int | None = None


def append(connection: Connection, actor: Actor, lines: Sequence[Line], at: datetime) -> None:
    """Enter `lines` at the end of a chain. Nothing may be written after it in this transaction."""
    if not lines:
        return
    key, head = _key_and_head(connection)
    rows, seq, last = [], head["last_seq"], head["last_hash"]
    actor_index = pseudonym(key, f"{actor.kind} {actor.name}") if actor.name else None
    for line in lines:
        seq += 1
        row = {
            "chain": head["chain"],
            "seq": seq,
            "at": at,
            "actor": actor.kind.value,
            "actor_index": actor_index,
            "channel": actor.channel,
            "verb": line.verb,
            "area": line.area,
            "fields": " ".join(line.fields)[:LONGEST_FIELDS],
            "subject": None if line.customer_id is None else subject(key, line.customer_id),
        }
        row["hash"] = last = link(key, row, last)
        row["note"] = {"who": actor.name, "at": [head["chain"], seq]} if actor.name else None
        rows.append(row)
    connection.execute(insert(ENTRIES), rows)
    _write_head(connection, key, head, last_seq=seq, last_hash=last)


def subject(key: bytes, customer_id: int) -> bytes:
    """The pseudonym of a customer."""
    return pseudonym(key, f"customer {customer_id}")


def pseudonym(key: bytes, name: str) -> bytes:
    """16 bytes that stand for a name; without the key nobody finds the one from the other."""
    return hmac.new(key, f"pseudonym {name}".encode(), sha256).digest()[:16]


def link(key: bytes, row: Any, before: bytes) -> bytes:
    """The hash of an entry that follows the entry with the hash `before`."""
    told = [
        row["chain"], row["seq"], row["at"].astimezone(timezone.utc).isoformat(timespec="microseconds"), row["actor"],
        _hex(row["actor_index"]), row["channel"], row["verb"], row["area"], row["fields"], _hex(row["subject"]),
        _hex(before),
    ]  # fmt: skip
    return hmac.new(key, json.dumps(told, ensure_ascii=False, separators=(",", ":")).encode(), sha256).digest()


def key_of(connection: Connection) -> bytes | None:
    """The key of the chains, None while nothing was ever entered."""
    return connection.scalar(select(KEYS.c.secret).where(KEYS.c.id == 1))


def verify(connection: Connection, anchors: Sequence[dict[str, Any]] = ()) -> AuditReport:
    """Every entry checked against its chain, its head, and the anchors taken before (see `crm.audit_anchors`)."""
    key = key_of(connection)
    heads = {row["chain"]: dict(row) for row in connection.execute(select(HEADS)).mappings()}
    present = set(connection.scalars(select(ENTRIES.c.chain).distinct()))
    faults: list[AuditFault] = []
    entries = 0
    for chain in sorted({*heads, *present, *(anchor["chain"] for anchor in anchors)}):
        taken = {anchor["seq"]: bytes.fromhex(anchor["hash"]) for anchor in anchors if anchor["chain"] == chain}
        walk = _Walk(key or b"", chain, heads.get(chain), taken)
        for row in _rows(connection, chain):
            walk.step(row)
        walk.finish()
        entries += walk.entries
        faults += walk.faults
    return AuditReport(entries, len(heads), tuple(faults))


def heads(connection: Connection) -> list[dict[str, Any]]:
    """Where each chain ends now, as an anchor keeps it."""
    return [
        {"chain": row["chain"], "seq": row["last_seq"], "hash": row["last_hash"].hex()}
        for row in connection.execute(select(HEADS).order_by(HEADS.c.chain)).mappings()
    ]


def drop_before(connection: Connection, moment: datetime, most: int) -> int:
    """Delete the oldest entries, at most `most` a chain, and let the chains begin after them."""
    key = _stored_key(connection)
    dropped = 0
    for chain in connection.scalars(select(HEADS.c.chain).order_by(HEADS.c.chain)).all():
        head = _head(connection, chain) or {}
        oldest = (
            select(ENTRIES.c.seq, ENTRIES.c.hash, ENTRIES.c.at)
            .where(ENTRIES.c.chain == chain)
            .order_by(ENTRIES.c.seq)
            .limit(most)
        )
        gone = []
        for row in connection.execute(oldest).mappings():
            if row["at"] >= moment:
                break
            gone.append(row)
        if not gone:
            continue
        newest = gone[-1]
        connection.execute(ENTRIES.delete().where(ENTRIES.c.chain == chain, ENTRIES.c.seq <= newest["seq"]))
        _write_head(connection, key, head, base_seq=newest["seq"], base_hash=newest["hash"])
        dropped += len(gone)
    return dropped


class _Walk:
    """One chain, entry by entry."""

    def __init__(self, key: bytes, chain: int, head: dict[str, Any] | None, anchors: dict[int, bytes]) -> None:
        self._key, self._chain, self._head, self._anchors = key, chain, head, anchors
        self.entries = 0
        self.faults: list[AuditFault] = []
        if head is None:
            self._fault(None, "the chain has no head")
        elif not hmac.compare_digest(head["mac"], _mac(key, head)):
            self._fault(None, "the head of the chain was altered")
        self._seq = head["base_seq"] if head else 0
        self._last = head["base_hash"] if head else START

    def step(self, row: Any) -> None:
        """The next entry by number."""
        self.entries += 1
        expected = self._seq + 1
        if row["seq"] > expected:
            last = row["seq"] - 1
            self._fault(expected, "removed" if last == expected else f"removed, with those up to {last}")
        elif row["seq"] < expected:
            self._fault(row["seq"], "inserted")
        intact = hmac.compare_digest(row["hash"], link(self._key, row, self._last))
        if not intact and row["seq"] == expected:
            self._fault(row["seq"], "altered, inserted or moved")
        note = row["note"]
        if note is not None and note.get("at") != [self._chain, row["seq"]]:
            self._fault(row["seq"], "its note belongs to another entry")
        if self._anchors.get(row["seq"], row["hash"]) != row["hash"]:
            self._fault(row["seq"], "differs from the anchor taken of it")
        self._seq, self._last = max(self._seq, row["seq"]), row["hash"]

    def finish(self) -> None:
        """The end of the chain."""
        if self._head is None:
            return
        if self._seq < self._head["last_seq"]:
            self._fault(self._seq + 1, f"removed, with all up to the end ({self._head['last_seq']})")
        elif self._seq > self._head["last_seq"]:
            self._fault(self._head["last_seq"] + 1, "added behind the head")
        elif self._last != self._head["last_hash"]:
            self._fault(self._seq, "is not the entry the head names")
        newest = max(self._anchors, default=0)
        if newest > self._head["last_seq"]:
            self._fault(
                self._head["last_seq"] + 1, f"removed, an anchor was taken at {newest}: an older state was put back"
            )

    def _fault(self, seq: int | None, what: str) -> None:
        self.faults.append(AuditFault(self._chain, seq, what))


def _rows(connection: Connection, chain: int) -> Iterator[Any]:
    """The entries of a chain in order, a page at a time."""
    after: int | None = None
    while True:
        query = select(ENTRIES).where(ENTRIES.c.chain == chain).order_by(ENTRIES.c.seq).limit(_PAGE)
        page = connection.execute(query if after is None else query.where(ENTRIES.c.seq > after)).mappings().all()
        yield from page
        if len(page) < _PAGE:
            return
        after = page[-1]["seq"]


def _key_and_head(connection: Connection) -> tuple[bytes, dict[str, Any]]:
    """The key, and the head of one chain: nobody else adds to that chain before this transaction ends."""
    chain = 0 if connection.dialect.name == "sqlite" else secrets.randbelow(CHAINS_ON_POSTGRESQL)
    key = _keys.get(connection.engine)
    head = _head(connection, chain)
    if key is None or head is None:  # a chain begins, maybe that of a new database: nothing remembered counts
        key = _stored_key(connection)
    if head is None:
        new = {"chain": chain, "base_seq": 0, "base_hash": START, "last_seq": 0, "last_hash": START}
        connection.execute(_insert_new(connection, HEADS, {**new, "mac": _mac(key, new)}))
        head = _head(connection, chain)
    return key, head or {}


def _stored_key(connection: Connection) -> bytes:
    """The key, made if there is none. It is remembered only once it is known to be committed."""
    key = connection.scalar(select(KEYS.c.secret).where(KEYS.c.id == 1))
    if key is not None:
        _keys[connection.engine] = key
        return bytes(key)
    _keys.pop(connection.engine, None)
    values = {"id": 1, "secret": secrets.token_bytes(32), "created_at": datetime.now(timezone.utc)}
    connection.execute(_insert_new(connection, KEYS, values))
    return bytes(connection.scalar(select(KEYS.c.secret).where(KEYS.c.id == 1)) or b"")


def _head(connection: Connection, chain: int) -> dict[str, Any] | None:
    row = connection.execute(select(HEADS).where(HEADS.c.chain == chain).with_for_update()).mappings().one_or_none()
    return dict(row) if row else None


def _write_head(connection: Connection, key: bytes, before: dict[str, Any], **moved: Any) -> None:
    """Move the head, signed; one that was altered is never signed again, so that `verify` goes on saying so."""
    intact = hmac.compare_digest(before["mac"], _mac(key, before))
    mac = _mac(key, {**before, **moved}) if intact else before["mac"]
    connection.execute(update(HEADS).where(HEADS.c.chain == before["chain"]).values(**moved, mac=mac))


def _mac(key: bytes, head: dict[str, Any]) -> bytes:
    told = [head["chain"], head["base_seq"], _hex(head["base_hash"]), head["last_seq"], _hex(head["last_hash"])]
    return hmac.new(key, b"head " + json.dumps(told).encode(), sha256).digest()


def _insert_new(connection: Connection, table: Any, values: dict[str, Any]) -> Any:
    make = insert_on_sqlite if connection.dialect.name == "sqlite" else insert_on_postgresql
    return make(table).values(**values).on_conflict_do_nothing()


def _hex(value: bytes | None) -> str | None:
    return None if value is None else bytes(value).hex()


def count(connection: Connection) -> int:
    """How many entries there are."""
    return connection.scalar(select(func.count()).select_from(ENTRIES)) or 0
