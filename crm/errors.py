"""What can go wrong in the customer store, as types; each message says what to do."""

from datetime import datetime


class CrmError(Exception):
    """Anything the customer store refuses."""


class NotFound(CrmError):
    """The thing does not exist, or not for the one who asks: the two are never told apart."""


class InvalidInput(CrmError):
    """A value cannot be accepted.

    Attributes:
        field: the name of the field that has to be corrected.
    """

    def __init__(self, field: str, message: str) -> None:
        super().__init__(message)
        self.field = field


class NotEligible(CrmError):
    """The request is well formed, but the state of the records does not allow it."""


class VerificationFailed(CrmError):
    """The identifier and the birth date do not belong together; which part is wrong stays unsaid."""

    def __init__(self) -> None:
        super().__init__("The details given do not match our records; ask for both again.")


class VerificationLocked(CrmError):
    """Too many failures: nothing is checked until `until` (timezone-aware)."""

    def __init__(self, until: datetime) -> None:
        super().__init__(f"Verification is locked until {until.isoformat()}; try again after that.")
        self.until = until
