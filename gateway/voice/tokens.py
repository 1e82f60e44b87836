"""Tickets for one call each: signed, short-lived, good for one use."""

import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any

from gateway.clock import Clock
from vault import StatementError, Vault

_LIFETIME = timedelta(minutes=1)
_LONGEST = 1_000


class Tickets:
    """Issues and takes tickets of one `purpose`. Any gateway of the same key takes them; used ones are known to the
    gateway that took them."""

    def __init__(self, vault: Vault, purpose: str, clock: Clock) -> None:
        self._vault = vault
        self._purpose = purpose
        self._clock = clock
        self._used: dict[str, datetime] = {}

    def issue(self, **claims: str | None) -> str:
        """A ticket that carries `claims`, which anybody can read and nobody can change."""
        ticket = {**claims, "once": secrets.token_hex(8)}
        return self._vault.sign(ticket, self._purpose, _LIFETIME, self._clock())

    def take(self, ticket: object) -> Mapping[str, Any] | None:
        """The claims of a ticket, the first time it is shown; None for anything else."""
        if not isinstance(ticket, str) or not ticket.isascii() or not 0 < len(ticket) <= _LONGEST:
            return None
        now = self._clock()
        try:
            claims = self._vault.verify(ticket, self._purpose, now)
            once = str(claims["once"])
        except (StatementError, KeyError):
            return None
        self._used = {key: until for key, until in self._used.items() if until > now}
        if once in self._used:
            return None
        self._used[once] = now + 2 * _LIFETIME
        return claims
