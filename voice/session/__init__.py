"""One call from greeting to hang-up: a pure machine that decides, and a driver that does what it decides."""

from voice.session.session import CallSession

__all__ = ["CallSession"]
