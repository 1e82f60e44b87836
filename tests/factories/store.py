"""An empty store, migrated once and copied for every test."""

from pathlib import Path

from crm.store import Store
from vault import Vault


def migrated_bytes(folder: Path, vault: Vault) -> bytes:
    """The database file of an empty, migrated SQLite store."""
    path = folder / "template.db"
    store = Store.open(f"sqlite:///{path}", vault)
    store.migrate()
    with store.engine.connect() as connection:
        connection.connection.driver_connection.rollback()
        connection.connection.driver_connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    store.close()
    return path.read_bytes()
