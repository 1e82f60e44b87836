"""Keys, sealed values, blind indexes and signed statements. Needs only `cryptography`; runs in both environments."""

from vault.errors import MasterKeyError, SealError, StatementError, VaultError
from vault.vault import Vault, token_file

__all__ = ["MasterKeyError", "SealError", "StatementError", "Vault", "VaultError", "token_file"]
