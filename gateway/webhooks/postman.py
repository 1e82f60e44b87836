"""Sends to other systems what is due; every gateway has a postman, and they share the work."""

import asyncio
import logging

import httpx

from crm.domain.audit import Actor
from crm.domain.webhooks import Parcel
from crm.services import webhooks
from gateway.clock import Clock
from gateway.live.bus import QUEUE, Bus
from gateway.metrics import Metrics
from gateway.news import news
from gateway.store_access import StoreAccess
from gateway.webhooks.addresses import Addresses, Forbidden
from gateway.webhooks.signing import body_of, signed

log = logging.getLogger("gateway.webhooks")

_EVERY = 1.0  # seconds; what the bot's actions change is not told on the bus


class Postman:
    """Claims deliveries that are due, sends them, and writes down how it went.

    Args:
        timeout: seconds in which one has to arrive and be answered.
    """

    def __init__(
        self, store: StoreAccess, bus: Bus, addresses: Addresses, clock: Clock, metrics: Metrics, timeout: float
    ) -> None:
        self._store = store
        self._bus = bus
        self._addresses = addresses
        self._clock = clock
        self._metrics = metrics
        self._timeout = timeout
        self._news = asyncio.Event()
        # No proxy of the environment: it would look names up itself, past the check of addresses.
        # No connection is kept: the next host at the same number would get one whose certificate is another's.
        self._http = httpx.AsyncClient(
            timeout=timeout, follow_redirects=False, trust_env=False, limits=httpx.Limits(max_keepalive_connections=0)
        )

    async def run(self) -> None:
        """Work until cancelled."""
        listening = asyncio.create_task(self._listen())
        try:
            while True:
                try:
                    while await self.work():
                        pass
                except Exception:
                    self._metrics.errors.labels("webhooks").inc()
                    log.exception("a round of deliveries failed; it is tried again")
                await news(self._news, _EVERY)
        finally:
            listening.cancel()
            await self._http.aclose()

    async def work(self) -> int:
        """Send what is due now, some of it; returns how many were sent."""
        now = self._clock()
        if not await self._store.read(lambda session: webhooks.is_due(session, now), Actor.system()):
            return 0
        parcels = await self._store.write(lambda session: webhooks.claim(session, now), Actor.system())
        await asyncio.gather(*map(self._deliver, parcels))
        return len(parcels)

    async def _listen(self) -> None:
        async with self._bus.subscribe(QUEUE) as events:
            async for _ in events:
                self._news.set()

    async def _deliver(self, parcel: Parcel) -> None:
        status, error = await self._send(parcel)
        now = self._clock()
        if error:
            # Neither address nor answer: both may hold what only the two of us should know.
            log.warning(
                "webhook %d: %s was not delivered (%s)", parcel.delivery.webhook_id, parcel.delivery.event, error
            )
        await self._store.write(
            lambda session: webhooks.settle(session, parcel, status=status, error=error, now=now), Actor.system()
        )

    async def _send(self, parcel: Parcel) -> tuple[int | None, str | None]:
        """The status of the answer, and why it failed if it did."""
        try:
            async with asyncio.timeout(self._timeout):  # for the whole of it, however slowly an answer drips
                status = await self._post(parcel)
        except Forbidden as error:
            return None, error.code
        except (TimeoutError, httpx.TimeoutException):
            return None, "timeout"
        except (httpx.HTTPError, httpx.InvalidURL, OSError):
            return None, "no_connection"
        return status, None if 200 <= status < 300 else "status"

    async def _post(self, parcel: Parcel) -> int:
        url, host = await self._addresses.checked(parcel.url)
        body = body_of(parcel.delivery.payload)
        original = httpx.URL(parcel.url)
        headers = {
            "host": original.netloc.decode(),
            "content-type": "application/json",
            "user-agent": "Careline-Webhooks",
            **signed(parcel.secret, parcel.delivery.message_id, self._clock(), body),
        }
        request = self._http.build_request(
            "POST", url, content=body, headers=headers, extensions={"sni_hostname": host}
        )
        answer = await self._http.send(request, stream=True)
        try:
            return answer.status_code
        finally:
            await answer.aclose()
