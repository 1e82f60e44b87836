"""What a telephone system's dial plan asks: an id for the next call, and afterwards where the call goes on.

AudioSocket knows nothing but an id of 16 bytes, which therefore is the key to the call. There are two ways to get one:

- The dial plan asks `POST /voice/asterisk/call` (`secret`, and if it likes `caller`, `language`, `rate`), from an
  address that may. The answer is an id for one call, to be used within a minute, or
  503 when no call can be taken. After the call,
  `POST /voice/asterisk/next` (`secret`, `id`) answers with the queue in which a person waits for the caller, or
  with nothing.
- Where it cannot ask, it makes one: ten digits of the time, four that it chooses at random, and the first 18 of
  `SHA1(secret:those fourteen digits)`. Such a call has no number, and no queue.
"""

import hashlib
import hmac
import re
import secrets
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import PlainTextResponse, Response

from gateway.voice.settings import LineSettings
from vault import token_file
from voice.errors import VoiceError

_USED_WITHIN = 60.0  # seconds from an id to its call
_OFF_BY = 120.0  # seconds that the clock of a telephone system may be off
_GOES_ON_WITHIN = 600.0  # seconds for which it is known where a call goes on
_MOST = 10_000
_MADE = re.compile(r"(\d{10})(\d{4})([0-9a-f]{18})")
_CALLER = re.compile(r"[+0-9*#]{1,32}")
_RATES = {"8000": 8000, "16000": 16000}


@dataclass(frozen=True, slots=True)
class Expected:
    """A call that was announced; `rate` None: the first sound tells."""

    caller: str | None = None
    language: str | None = None
    rate: int | None = None


@dataclass(slots=True)
class _Passed:
    queue: str
    until: float


class TelephoneCalls:
    """Ids of calls that are expected, and where calls go on that were passed to a queue. `clock` is in epoch
    seconds."""

    def __init__(
        self,
        settings: LineSettings,
        languages: frozenset[str],
        check: Callable[[], None] = lambda: None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        """`check` raises a `VoiceError` when no call can be taken."""
        self._settings = settings
        self._check = check
        self._languages = languages
        self._clock = clock
        self._secret = settings.telephone_secret.get_secret_value()
        self._expected: dict[str, tuple[Expected, float]] = {}
        self._used: dict[str, float] = {}
        self._passed: dict[str, _Passed] = {}
        self.router = APIRouter()
        self.router.add_api_route("/voice/asterisk/call", self._call, methods=["POST"])
        self.router.add_api_route("/voice/asterisk/next", self._next, methods=["POST"])

    def expect(self, expected: Expected) -> str:
        """An id for one call."""
        now = self._clock()
        self._expected = {key: entry for key, entry in self._expected.items() if entry[1] > now}
        if len(self._expected) >= _MOST:
            raise OverflowError("Too many calls were announced and did not come.")
        call_id = str(uuid.UUID(bytes=secrets.token_bytes(16)))
        self._expected[call_id] = (expected, now + _USED_WITHIN)
        return call_id

    def redeem(self, call_id: uuid.UUID) -> Expected | None:
        """What was announced under an id, once; None when it is not one of ours, or was used."""
        now = self._clock()
        expected, until = self._expected.pop(str(call_id), (None, 0.0))
        if expected is not None and until > now:
            self._passed[str(call_id)] = _Passed("", now + _GOES_ON_WITHIN)
            return expected
        return Expected() if self._is_made(call_id.hex, now) else None

    def pass_on(self, call_id: uuid.UUID, queue: str) -> bool:
        """Let the dial plan find `queue` after the call; False when it has not asked for this call's id, and so will
        not ask for this either."""
        now = self._clock()
        self._passed = {key: passed for key, passed in self._passed.items() if passed.until > now or passed.queue == ""}
        passed = self._passed.get(str(call_id))
        if passed is None:
            return False
        passed.queue, passed.until = queue, now + _GOES_ON_WITHIN
        return True

    def forget(self, call_id: uuid.UUID) -> None:
        """The call is over; where it goes on is known for a while."""
        passed = self._passed.get(str(call_id))
        if passed is not None and not passed.queue:
            del self._passed[str(call_id)]

    def _is_made(self, digits: str, now: float) -> bool:
        found = _MADE.fullmatch(digits)
        if found is None or abs(now - int(found[1])) > _OFF_BY:
            return False
        # Not a secure use of SHA-1 in general, but a dial plan has no other; the message's length is fixed and most of
        # the sum is left out, so that it can neither be extended nor guessed within the two minutes it is good for.
        right = hashlib.sha1(f"{self._known()}:{found[1]}{found[2]}".encode()).hexdigest()[:18]  # noqa: S324
        if not hmac.compare_digest(right, found[3]):
            return False
        self._used = {key: until for key, until in self._used.items() if until > now}
        is_new = digits not in self._used
        self._used[digits] = now + 2 * _OFF_BY
        return is_new

    def _known(self) -> str:
        self._secret = self._secret or token_file(self._settings.secret_file)
        return self._secret

    # --- what the dial plan asks

    async def _call(self, request: Request) -> Response:
        form = await self._form(request)
        if form is None:
            return Response(status_code=403)
        caller, language = form.get("caller", ""), form.get("language", "")
        expected = Expected(
            caller if _CALLER.fullmatch(caller) else None,
            language if language in self._languages else None,
            _RATES.get(form.get("rate", "")),
        )
        try:
            self._check()
            return PlainTextResponse(self.expect(expected))
        except (VoiceError, OverflowError):
            return Response(status_code=503)

    async def _next(self, request: Request) -> Response:
        form = await self._form(request)
        if form is None:
            return Response(status_code=403)
        passed = self._passed.pop(form.get("id", ""), None)
        return PlainTextResponse(passed.queue if passed else "")

    async def _form(self, request: Request) -> dict[str, str] | None:
        """What was sent, if whoever sent it may and knows the secret."""
        if not self._settings.is_telephone(request.client.host if request.client else None):
            return None
        form = {key: value for key, value in (await request.form()).items() if isinstance(value, str)}
        given = form.pop("secret", "")
        return form if hmac.compare_digest(given.encode(), self._known().encode()) else None
