"""The bot's memory, reached through its private channel with the token that both sides read from a file."""

from collections.abc import Sequence
from pathlib import Path

import httpx

from crm.ports import BotUnreachable
from vault import VaultError, token_file

_FORGET = "/webhooks/careline/forget"
_SCRUB = "/webhooks/careline/scrub"
_TIMEOUT_S = 60.0  # a turn that is under way is waited for


class PrivateChannel:
    """One or several Rasa processes; a conversation is always held by the same one."""

    def __init__(self, urls: Sequence[str], token: Path, transport: httpx.BaseTransport | None = None) -> None:
        self._urls = tuple(urls)
        self._token = token
        self._http = httpx.Client(timeout=httpx.Timeout(_TIMEOUT_S, connect=2.0), trust_env=False, transport=transport)

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def forget(self, conversation_id: str) -> None:
        """See `crm.ports.BotMemory`. Every process is asked: any of them may have held it before there were others."""
        for url in self._urls:
            self._post(url + _FORGET, {"conversation_id": conversation_id, "for_good": True})

    def scrub(self) -> None:
        """See `crm.ports.BotMemory`."""
        for url in self._urls:
            self._post(url + _SCRUB, {})

    def _post(self, url: str, body: dict[str, object]) -> None:
        try:
            headers = {"Authorization": f"Bearer {token_file(self._token)}"}
            answer = self._http.post(url, json=body, headers=headers)
        except (httpx.HTTPError, VaultError) as error:
            raise BotUnreachable(type(error).__name__) from error
        if answer.status_code != httpx.codes.OK:
            raise BotUnreachable(f"HTTP {answer.status_code}")
