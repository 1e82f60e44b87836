"""A fresh store for tests that learn from one."""

from tests.crm.conftest import migrated_file, sqlite_store, vault

__all__ = ["migrated_file", "sqlite_store", "vault"]
