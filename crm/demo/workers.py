"""Chunks made side by side, handed over in order."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import Dialect, make_url

from crm.bulk import Packed, Rows, bulk_dialect
from crm.demo.chunk import make_chunk
from crm.demo.numbers import Numbers
from crm.demo.world import World
from crm.pool import in_order
from crm.store import Store
from vault import Vault

WORTH_WORKERS = 5  # with fewer chunks, starting processes costs more than it saves

Chunk = tuple[int, int]


def chunks_in_order(
    store: Store, world: World, numbers: Numbers, sizes: list[Chunk], key_file: Path | None
) -> Iterator[Packed]:
    """The rows of every (first, size) chunk, sealed and ready for the driver."""
    if key_file is None or len(sizes) < WORTH_WORKERS:
        maker = _Maker(world, numbers, bulk_dialect(store.engine.url, store.vault))
        for chunk in sizes:
            yield maker.make(chunk)
        return
    url = store.engine.url.render_as_string(hide_password=False)
    for _, packed in in_order(sizes, _make, _start, (url, key_file, world, numbers)):
        yield packed


@dataclass(frozen=True, slots=True)
class _Maker:
    """Makes chunks; in a worker there is one for the life of the process."""

    world: World
    numbers: Numbers
    dialect: Dialect

    def make(self, chunk: Chunk) -> Packed:
        """The rows of one chunk by table."""
        rows = Rows(self.dialect)
        make_chunk(self.world, self.numbers, rows, *chunk)
        return dict(rows.packed)


_makers: list[_Maker] = []  # a process pool hands its workers nothing but module state


def _start(url: str, key_file: Path, world: World, numbers: Numbers) -> None:
    _makers.append(_Maker(world, numbers, bulk_dialect(make_url(url), Vault.load(key_file))))


def _make(chunk: Chunk) -> Packed:
    return _makers[0].make(chunk)
