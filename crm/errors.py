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


class OutOfRange(InvalidInput):
    """A value is understood, but lies outside of what is accepted.

    Attributes:
        minimum: the least that is accepted, if there is a least.
        maximum: the most that is accepted, if there is a most.
        choices: all that is accepted, when it is a list.
    """

    def __init__(
        self,
        field: str,
        *,
        minimum: object = None,
        maximum: object = None,
        choices: tuple[str, ...] = (),
    ) -> None:
        accepted = f"one of {', '.join(choices)}" if choices else f"from {minimum} to {maximum}"
        super().__init__(field, f"The value of {field} has to be {accepted}; ask for it again.")
        self.minimum, self.maximum, self.choices = minimum, maximum, choices


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


class CodeWrong(CrmError):
    """This is not the code that was sent; `tries_left` is at least 1."""

    def __init__(self, tries_left: int) -> None:
        super().__init__(f"The code is wrong; {tries_left} tries are left.")
        self.tries_left = tries_left


class CodeExpired(CrmError):
    """No code is waiting to be confirmed: none was sent, or it is too old. Request a new one."""

    def __init__(self) -> None:
        super().__init__("No code is waiting here; request a new one.")


class CodeLocked(CrmError):
    """Too many wrong codes: not even the right one is taken any more. Request a new one."""

    def __init__(self) -> None:
        super().__init__("Too many wrong codes; request a new one.")


class TooManyCodes(CrmError):
    """No further code is sent before `until` (timezone-aware)."""

    def __init__(self, until: datetime) -> None:
        super().__init__(f"No further code is sent before {until.isoformat()}; use the newest one.")
        self.until = until


class WeakPassword(InvalidInput):
    """A password that would be too easily found.

    Attributes:
        reason: `short`, `long`, `simple` or `name`; pages have words for each.
    """

    def __init__(self, reason: str, message: str) -> None:
        super().__init__("password", message)
        self.reason = reason
