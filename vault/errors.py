"""What can go wrong with keys, sealed values and statements."""


class VaultError(Exception):
    """Base of the vault's errors. Messages never hold a key or a plain value."""


class MasterKeyError(VaultError):
    """The master key is missing, malformed or readable by others."""


class KeyRingError(VaultError):
    """The ring of data keys is missing, damaged, readable by others or made with another master key."""


class KeyWrapError(VaultError):
    """Whoever keeps the wrapping key does not answer, or does not unwrap this."""


class SealError(VaultError):
    """A sealed value was altered, belongs to another place, or was sealed with a key that is not here."""


class StatementError(VaultError):
    """A signed statement is malformed, altered, expired or made for another purpose."""
