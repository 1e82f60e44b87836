"""The store from asynchronous code: the one way in for everything in this process."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from sqlalchemy.orm import Session

from crm.domain.audit import Actor
from crm.store import Store
from vault import Vault

T = TypeVar("T")

_READERS, _WRITERS = 4, 4  # more only make each other wait: what they do is mostly computing


class StoreAccess:
    """Runs each verb as one transaction in a thread.

    Who reads does not wait for those who write. On SQLite, which has one writer at a time, there is one thread for
    all that write: several would only poll for its lock and sleep.
    """

    def __init__(self, store: Store) -> None:
        self._store = store
        writers = 1 if store.engine.dialect.name == "sqlite" else _WRITERS
        self._writers = ThreadPoolExecutor(writers, thread_name_prefix="store-write")
        self._readers = ThreadPoolExecutor(_READERS, thread_name_prefix="store-read")

    @property
    def vault(self) -> Vault:
        """The store's vault."""
        return self._store.vault

    async def read(self, verb: Callable[[Session], T], actor: Actor | None = None) -> T:
        """What `verb` returns, which only reads; entered in the audit as the doing of `actor`."""

        def transaction() -> T:
            with self._store.reading(actor) as session:
                return verb(session)

        return await asyncio.get_running_loop().run_in_executor(self._readers, transaction)

    async def write(self, verb: Callable[[Session], T], actor: Actor | None = None) -> T:
        """What `verb` returns, committed when it does and undone when it raises, as the doing of `actor`."""

        def transaction() -> T:
            with self._store.session(actor) as session:
                return verb(session)

        return await asyncio.get_running_loop().run_in_executor(self._writers, transaction)

    def close(self) -> None:
        """Finish what is running and let the threads go."""
        self._writers.shutdown(wait=True)
        self._readers.shutdown(wait=True)
