"""Logging staff in and out, from asynchronous code.

Every call into the store is one short transaction; a password is compared between two of them, in threads of its
own, so that its 64 MiB and 50 ms hold nobody up.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TypeVar

from sqlalchemy.orm import Session

from crm.domain import Actor, StaffAccount
from crm.services import staff, staff_login, staff_passwords, staff_second_factor, staff_sessions, staff_single_sign_on
from crm.services.staff_sessions import Present
from crm.services.staff_single_sign_on import Identity
from gateway.clock import Clock
from gateway.staff.settings import StaffSettings
from gateway.store_access import StoreAccess
from vault import StatementError

T = TypeVar("T")

NOBODY = Actor.staff("")
STEP_LIFETIME = timedelta(minutes=5)
_STEP = "staff second step"
_COMPARED_AT_ONCE = 2


@dataclass(frozen=True, slots=True)
class Visitor:
    """Where a request comes from."""

    address: str
    browser: str


@dataclass(frozen=True, slots=True)
class LoggedIn:
    """It worked; `token` goes into the browser's cookie."""

    token: str


@dataclass(frozen=True, slots=True)
class SecondStep:
    """The password was right; `statement` proves it to `second_step`."""

    statement: str


class Door:
    """Every way in and out."""

    def __init__(self, store: StoreAccess, clock: Clock, settings: StaffSettings) -> None:
        self._store = store
        self._clock = clock
        self._lasts = timedelta(hours=settings.staff_session_hours)
        self._idle = timedelta(minutes=settings.staff_idle_minutes)
        self._hashers = ThreadPoolExecutor(_COMPARED_AT_ONCE, thread_name_prefix="staff-hash")

    def close(self) -> None:
        """Finish what is running and let the threads go."""
        self._hashers.shutdown(wait=True)

    def now(self) -> datetime:
        """The present moment, in UTC."""
        return self._clock()

    @property
    def idle(self) -> timedelta:
        """How long a session lives without being used."""
        return self._idle

    async def present(self, token: str, *, passive: bool = False) -> Present | None:
        """Who holds `token`; `passive` requests, which no person makes, keep nobody logged in."""
        now = self.now()
        found = await self.read(lambda session: self.find(session, token))
        if found is not None and found.unseen and not passive:
            session_id = found.member.session_id
            await self.write(lambda session: staff_sessions.touch(session, session_id, now=now), found.member.actor)
        return found

    def find(self, session: Session, token: str) -> Present | None:
        """The same within a session of the store."""
        return staff_sessions.find(session, token, now=self.now(), idle=self._idle)

    async def is_alive(self, session_id: str) -> bool:
        """Whether a session was not ended meanwhile."""
        now = self.now()
        return await self.read(lambda session: staff_sessions.is_alive(session, session_id, now=now))

    async def log_in(self, username: str, password: str, visitor: Visitor) -> LoggedIn | SecondStep | None:
        """Check a password. None whatever was wrong, after the same work."""
        now = self.now()
        attempt = await self.write(lambda session: staff_login.begin(session, username, visitor.address, now=now))
        fits, renewed = await self._compare(attempt.password_hash, password)

        def decide(session: Session) -> LoggedIn | SecondStep | None:
            account = staff_login.finish(session, attempt, fits=fits, renewed_hash=renewed, now=now)
            if account is None:
                return None
            if account.has_totp:
                claims = {"account": account.id}
                return SecondStep(self._store.vault.sign(claims, _STEP, STEP_LIFETIME, now))
            return self._start(session, account, "password", visitor)

        return await self.write(decide, _actor(attempt.account_id))

    async def second_step(self, statement: str, code: str, visitor: Visitor) -> LoggedIn | SecondStep | None:
        """Check a one-time password; the same step again when it was wrong, None when the first step is too old."""
        now = self.now()
        try:
            account_id = int(self._store.vault.verify(statement, _STEP, now)["account"])
        except (StatementError, KeyError, ValueError):
            return None

        def decide(session: Session) -> LoggedIn | SecondStep:
            if not staff_second_factor.check(session, account_id, code, now=now):
                return SecondStep(statement)
            return self._start(session, staff.account(session, account_id), "password", visitor)

        return await self.write(decide, _actor(account_id))

    async def sign_on(self, identity: Identity, visitor: Visitor) -> LoggedIn | None:
        """Log in whom the identity provider vouches for; None when their account is disabled."""
        now = self.now()

        def decide(session: Session) -> LoggedIn | None:
            account = staff_single_sign_on.sign_in(session, identity, now=now)
            return None if account is None else self._start(session, account, "oidc", visitor)

        return await self.write(decide)

    async def confirm(self, account: StaffAccount, password: str, address: str) -> bool:
        """Whether somebody who is logged in knows their password; counted as a log-in is."""
        now, actor = self.now(), _actor(account.id)
        attempt = await self.write(
            lambda session: staff_login.begin(session, account.username, address, now=now), actor
        )
        fits, renewed = await self._compare(attempt.password_hash, password)
        decided = await self.write(
            lambda session: staff_login.finish(session, attempt, fits=fits, renewed_hash=renewed, now=now), actor
        )
        return decided is not None

    async def set_password(self, account_id: int, password: str, *, must_change: bool, actor: Actor) -> None:
        """Another password; the account is logged out everywhere."""
        password_hash = await self.hashed(password)
        now = self.now()
        await self.write(
            lambda session: staff.set_password(session, account_id, password_hash, must_change=must_change, now=now),
            actor,
        )

    async def renew(self, account_id: int, visitor: Visitor) -> LoggedIn:
        """Log somebody in again whose sessions ended because they changed their password."""
        return await self.write(
            lambda session: self._start(session, staff.account(session, account_id), "password", visitor),
            _actor(account_id),
        )

    async def log_out(self, account_id: int, session_id: str) -> None:
        """End one session."""
        await self.write(lambda session: staff_sessions.end(session, account_id, session_id), _actor(account_id))

    async def hashed(self, password: str) -> str:
        """A password's hash."""
        return await self._hash(lambda: staff_passwords.hashed(password))

    async def read(self, verb: Callable[[Session], T], actor: Actor = NOBODY) -> T:
        """The result of `verb`, which only reads."""
        return await self._store.read(verb, actor)

    async def write(self, verb: Callable[[Session], T], actor: Actor = NOBODY) -> T:
        """The result of `verb`, committed when it returns and undone when it raises."""
        return await self._store.write(verb, actor)

    async def _compare(self, password_hash: str | None, password: str) -> tuple[bool, str | None]:
        """Whether the password fits, and its hash with today's parameters where the stored one is outdated."""

        def compare() -> tuple[bool, str | None]:
            fits = staff_passwords.matches(password_hash, password)
            outdated = fits and password_hash is not None and staff_passwords.is_outdated(password_hash)
            return fits, staff_passwords.hashed(password) if outdated else None

        return await self._hash(compare)

    def _start(self, session: Session, account: StaffAccount, method: str, visitor: Visitor) -> LoggedIn:
        now = self.now()
        token = staff_sessions.start(
            session, account.id, method=method, address=visitor.address, browser=visitor.browser, now=now,
            lasts=self._lasts,
        )  # fmt: skip
        return LoggedIn(token)

    async def _hash(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self._hashers, work)


def _actor(account_id: int | None) -> Actor:
    return NOBODY if account_id is None else Actor.staff(str(account_id))
