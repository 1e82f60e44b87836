"""What can be wrong with a response; each message says where to mend it."""


class ResponseError(Exception):
    """A response cannot be said as it is written."""


class UnknownResponse(ResponseError):
    """No file below data/responses has this key."""

    def __init__(self, name: str) -> None:
        super().__init__(f"No response {name}: add it to a file in data/responses.")


class MissingVariable(ResponseError):
    """A response names a value that nobody gave."""

    def __init__(self, response: str, variable: str) -> None:
        super().__init__(f"Response {response} needs a value for {{{variable}}}, and there is none.")
