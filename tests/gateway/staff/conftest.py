"""The desk's door by itself: a store, a clock that is set by hand, and browsers without scripts."""

import re
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated, Any

import httpx
import pytest
from fastapi import Depends, FastAPI, Request
from sqlalchemy import select

from crm.domain import Role, StaffAccount
from crm.domain.staff import Permission, StaffMember
from crm.schema import AuditEntry
from crm.store import Store
from gateway.staff.entrance import let_in, make_entrance
from gateway.staff.guard import Guard
from gateway.staff.settings import StaffSettings
from gateway.store_access import StoreAccess
from tests.factories.crm import NOW
from tests.factories.staff import PASSWORD, an_account
from tests.factories.store import migrated_bytes
from vault import Vault

DESK = "http://desk.test"


class Clock:
    """The present moment, as the test has it."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now

    def go_on(self, **by: float) -> None:
        self.now += timedelta(**by)


class Browser:
    """Somebody at the desk, without scripts: links and forms."""

    def __init__(self, app: FastAPI, address: str = "192.0.2.1", base: str = DESK) -> None:
        transport = httpx.ASGITransport(app=app, client=(address, 40000))
        self.http = httpx.AsyncClient(transport=transport, base_url=base, headers={"user-agent": "Test browser"})
        self.page = httpx.Response(200, text="")

    async def get(self, path: str, **options: Any) -> httpx.Response:
        self.page = await self.http.get(path, **options)
        return self.page

    async def post(self, path: str, **fields: str) -> httpx.Response:
        """Send a form of the page that is open, with its hidden field."""
        self.page = await self.http.post(path, data={"csrf": self.csrf, **fields})
        return self.page

    async def log_in(self, username: str, password: str = PASSWORD, next_page: str = "/desk/account") -> httpx.Response:
        """Through the form; where it leads is not followed."""
        await self.get("/desk/login")
        return await self.post("/desk/login", username=username, password=password, next=next_page)

    @property
    def csrf(self) -> str:
        found = re.search(r'name="csrf" value="([^"]+)"', self.page.text)
        return found.group(1) if found else ""

    @property
    def is_in(self) -> bool:
        return "careline_staff" in self.http.cookies


@pytest.fixture(scope="session")
def vault(tmp_path_factory: pytest.TempPathFactory) -> Vault:
    return Vault.load(tmp_path_factory.mktemp("keys") / "master.key", environ={})


@pytest.fixture(scope="session")
def empty_store(tmp_path_factory: pytest.TempPathFactory, vault: Vault) -> bytes:
    return migrated_bytes(tmp_path_factory.mktemp("template"), vault)


@pytest.fixture
def store(tmp_path: Path, empty_store: bytes, vault: Vault) -> Iterator[Store]:
    (tmp_path / "careline.db").write_bytes(empty_store)
    store = Store.open(f"sqlite:///{tmp_path / 'careline.db'}", vault)
    yield store
    store.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def people(store: Store) -> dict[str, StaffAccount]:
    """One account of each role, named as the role."""
    with store.session() as session:
        return {role.value: an_account(session, role.value, role=role) for role in Role}


def door_app(store: Store, clock: Clock, *, secure: bool = False, **settings: Any) -> FastAPI:
    """The door's pages, and two routes that need a permission."""
    app = FastAPI()
    let_in(app, make_entrance(StoreAccess(store), clock, StaffSettings(**settings), secure=secure))

    @app.get("/desk/board")
    async def board(member: Annotated[StaffMember, Depends(Guard.page(Permission.BOARD))]) -> dict[str, str]:
        return {"name": member.name}

    @app.post("/desk/board")
    async def change(member: Annotated[StaffMember, Depends(Guard.page(Permission.BOARD))]) -> dict[str, str]:
        return {"name": member.name}

    @app.api_route("/api/board", methods=["GET", "POST"])
    async def api(
        request: Request, member: Annotated[StaffMember, Depends(Guard.api(Permission.BOARD))]
    ) -> dict[str, Any]:
        return {"name": member.name, "same": request.state.member == member}

    return app


@pytest.fixture
async def app(store: Store, clock: Clock, people: dict[str, StaffAccount]) -> AsyncIterator[FastAPI]:
    app = door_app(store, clock)
    yield app
    await app.state.entrance.close()


@pytest.fixture
def browse(app: FastAPI) -> Callable[..., Browser]:
    """Opens a browser; with `user`, somebody is logged in already."""

    def open_one(**options: Any) -> Browser:
        return Browser(app, **options)

    return open_one


@pytest.fixture
def entered(store: Store) -> Callable[[], list[tuple[str, str, str]]]:
    """What the audit holds: verb, area, fields."""

    def look() -> list[tuple[str, str, str]]:
        with store.reading() as session:
            rows = session.scalars(select(AuditEntry).order_by(AuditEntry.seq))
            return [(row.verb, row.area, row.fields) for row in rows]

    return look
