"""What can go wrong in a call; every message says what to do."""


class VoiceError(Exception):
    """The base of all errors of the voice channel."""


class EngineUnavailable(VoiceError):
    """An engine cannot be used: its model, key or package is missing, or no worker is free."""


class EngineFailed(VoiceError):
    """An engine died, hung or made nothing of this piece of work; another try may go well."""


class AssistantUnavailable(VoiceError):
    """The conversation could not take what the caller said."""
