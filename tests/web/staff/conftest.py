"""The desk's door in a real browser: a whole gateway, with one account for each role."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page

from crm.domain import Role
from tests.factories.staff import an_account
from tests.web.desk.stage import Stage

AXE = Path(__file__).resolve().parents[3] / "web" / "node_modules" / "axe-core" / "axe.min.js"


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[str]:
    """The address of a desk with one account for each role, named as the role."""
    stage = Stage(tmp_path)
    with stage.session() as session:
        for role in Role:
            an_account(session, role.value, role=role)
    stage.start()
    yield stage.url
    stage.stop()


@pytest.fixture
def open_desk(desk: str, open_context: Any) -> Iterator[Any]:
    """Opens a page of the desk in a new browser; the page may not have complained when the test ends."""
    complaints: list[str] = []

    def make(path: str = "/desk/login", **settings: Any) -> Page:
        page = open_context(**settings).new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda message: complaints.append(message.text) if message.type == "error" else None)
        page.goto(desk + path)
        return page

    yield make
    # Refusals that a test asks for, and the stream that somebody who has to change their password does not get.
    known = ("net::ERR_", "status of 401", "status of 403", "status of 422", "[object Event]")
    assert [text for text in complaints if not any(part in text for part in known)] == []


def findings(page: Page) -> list[str]:
    """What axe-core finds serious or worse, as lines."""
    if not AXE.exists():
        pytest.skip("axe-core is not installed: run `npm ci` in web/")
    page.evaluate(AXE.read_text(encoding="utf-8"))
    result = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    return [
        f"{finding['id']}: {node['target']} {node['failureSummary']}"
        for finding in result["violations"]
        if finding["impact"] in ("serious", "critical")
        for node in finding["nodes"]
    ]
