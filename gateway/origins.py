"""Which web pages may use the gateway: its own, and those the insurer names."""

from collections.abc import Sequence
from typing import Any

from starlette.types import Scope


class Origins:
    """The Origin check. Requests without an Origin header do not come from a page's script and pass."""

    def __init__(self, allowed: Sequence[str]) -> None:
        self.allowed = frozenset(origin.lower() for origin in allowed)

    def allows(self, origin: str | None, host: str | None) -> bool:
        """Whether a page of `origin` may talk to us under the name `host` (with its port)."""
        if origin is None:
            return True
        origin = origin.lower()
        if origin in self.allowed or "*" in self.allowed:
            return True
        # The scheme is left aside: behind a proxy that ends TLS we see http where the browser sees https.
        return bool(host) and origin.partition("://")[2] == (host or "").lower()

    def allows_environ(self, origin: str, environ: dict[str, Any]) -> bool:
        """`allows`, in the form Engine.IO asks for."""
        return self.allows(origin, environ.get("HTTP_HOST"))

    def allows_scope(self, scope: Scope) -> bool:
        """`allows`, for an ASGI connection."""
        headers = {name: value.decode("latin-1") for name, value in scope["headers"]}
        return self.allows(headers.get(b"origin"), headers.get(b"host"))
