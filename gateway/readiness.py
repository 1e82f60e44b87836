"""Whether everything the gateway needs answers, asked briefly and not too often."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import httpx

from gateway.archive import Archive
from gateway.bot_client import BotClient
from gateway.metrics import Metrics

_TIMEOUT = 1.5
_FRESH_FOR = 1.0

Check = Callable[[], Awaitable[str | None]]


class Readiness:
    """Asks Rasa, the action server and the store; many who ask at once share one answer."""

    def __init__(self, bot: BotClient, archive: Archive, actions_url: str, metrics: Metrics) -> None:
        self._bot = bot
        self._archive = archive
        self._health = actions_url.rstrip("/") + "/health"
        self._metrics = metrics
        self._http = httpx.AsyncClient(timeout=_TIMEOUT, trust_env=False)
        self._asking = asyncio.Lock()
        self._reasons: dict[str, str] = {}
        self._asked_at = float("-inf")

    async def close(self) -> None:
        """Close the connections."""
        await self._http.aclose()

    async def reasons(self) -> dict[str, str]:
        """What does not answer, and why; empty when all is well. At most about a second old."""
        async with self._asking:
            if time.monotonic() - self._asked_at >= _FRESH_FOR:
                self._reasons = await self._ask()
                self._asked_at = time.monotonic()
                self._metrics.ready.set(not self._reasons)
            return self._reasons

    async def _ask(self) -> dict[str, str]:
        checks: dict[str, Check] = {"actions": self._actions, "store": self._store, "rasa": self._rasa}
        answers = await asyncio.gather(*(_within(check) for check in checks.values()))
        return {name: why for name, why in zip(checks, answers, strict=True) if why}

    async def _rasa(self) -> str | None:
        answers = await asyncio.gather(*(self._bot.why_not_ready(url, _TIMEOUT) for url in self._bot.urls))
        return "; ".join(why for why in answers if why) or None

    async def _actions(self) -> str | None:
        answer = await self._http.get(self._health)
        return None if answer.status_code == httpx.codes.OK else f"HTTP {answer.status_code}"

    async def _store(self) -> str | None:
        await self._archive.ping()
        return None


async def _within(check: Check) -> str | None:
    """A check's answer; the type of whatever goes wrong in it is an answer too (its text could name hosts)."""
    try:
        return await asyncio.wait_for(check(), _TIMEOUT + 0.5)
    except Exception as error:
        return type(error).__name__
