"""Keys, sealed values, blind indexes and signed statements. Needs only `cryptography`; runs in both environments."""

from vault.errors import KeyRingError, KeyWrapError, MasterKeyError, SealError, StatementError, VaultError
from vault.vault import KeyInfo, Vault, token_file

__all__ = [
    "KeyInfo",
    "KeyRingError",
    "KeyWrapError",
    "MasterKeyError",
    "SealError",
    "StatementError",
    "Vault",
    "VaultError",
    "token_file",
]
