"""What the gateway refuses, as types. Codes are part of the contract with browsers; texts live in `locale/`."""


class Refusal(Exception):
    """A request that is not carried out.

    Attributes:
        code: one of too_long, too_fast, bad_message, no_session, bad_attachment, too_large, bad_type,
            unavailable, bad_origin. The text shown for it is `errors.<code>` in the locale files.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


class BotUnreachable(Exception):
    """The bot could not be reached, was cut off or fell silent: the turn may be tried again.

    Attributes:
        accepted: whether the bot had taken the turn before it was lost.
    """

    def __init__(self, why: str, *, accepted: bool = False) -> None:
        super().__init__(why)
        self.accepted = accepted


class BotRefused(Exception):
    """The bot will not answer this message however often it is asked.

    Attributes:
        code: the error frame's code, or `http_<status>`.
    """

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code
