"""The API of a running gateway, and members of staff who call it."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import httpx
import pytest

from crm.domain import Role, StaffMember
from crm.services import api_tokens
from crm.services.staff_roles import permissions_of
from gateway.clock import utc_now
from tests.factories import handoffs as make_handoffs
from tests.factories.staff import an_account
from tests.gateway.harness import House, house


class Caller:
    """Another system, with a token for an account of its own."""

    def __init__(self, home: House, http: httpx.AsyncClient, name: str, role: Role, scopes: Any = None) -> None:
        now = utc_now()
        with home.store.session() as session:
            takes = role is not Role.ANALYST
            agent = make_handoffs.an_agent(session, now=now, name=name, capacity=9) if takes else None
            account = an_account(
                session, name.split()[0].lower(), name=name, role=role, employee_id=agent.id if agent else None
            )
            self.employee_id = account.employee_id
            self.account_id = account.id
            may = permissions_of(role)
            by = StaffMember(account.id, account.employee_id, name, role, may, "en", "auto", "", "")
            self.shown, self.token = api_tokens.make(
                session, by, name="Test", scopes=scopes or may - api_tokens.NEVER, lasts=timedelta(days=1), now=now
            )
        self.http = http

    async def __call__(self, method: str, path: str, **options: Any) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self.token}", **options.pop("headers", {})}
        return await self.http.request(method, f"/api/v1{path}", headers=headers, **options)


@pytest.fixture
async def home(tmp_path) -> AsyncIterator[House]:
    async with house(tmp_path) as built:
        yield built


@pytest.fixture
async def http(home) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=home.url, timeout=60) as client:
        yield client


@pytest.fixture
async def agent(home, http) -> Caller:
    return Caller(home, http, "Maria Keller", Role.AGENT)


@pytest.fixture
async def admin(home, http) -> Caller:
    return Caller(home, http, "Ada Osei", Role.ADMIN)
