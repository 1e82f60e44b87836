"""From the line that `make run` prints to the first closed conversation, with nothing but what that line says."""

import re
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, expect
from sqlalchemy import select

from crm.cli import main
from crm.domain.handoffs import HandoffState
from crm.schema import Handoff
from tests.browser import arriving
from tests.web.desk.stage import Stage


def test_the_printed_password_is_enough_to_close_a_first_conversation(
    browser: Browser, tmp_path: Path, monkeypatch: Any, capsys: Any
) -> None:
    stage = Stage(tmp_path)
    monkeypatch.setenv("CARELINE_VAR", str(tmp_path))
    for command in (["demo", "--customers", "2"], ["staff", "first"]):
        assert main(command) == 0
    username, password = re.search(r"^desk: user (\S+) password (\S+)$", capsys.readouterr().out, re.MULTILINE).groups()
    stage.start()
    visitor = stage.visitor()
    stage.say(visitor, "hello")
    wish = stage.wish("hello", conversation_id=visitor.session)
    page = browser.new_page()
    page.set_default_timeout(60_000)

    page.goto(f"{stage.url}/desk")
    page.get_by_label("User name").fill(username)
    page.get_by_label("Password").fill(password)
    with arriving(page):
        page.get_by_role("button", name="Log in", exact=True).click()
    with arriving(page):
        page.get_by_role("button", name="Take: Maria K.").click()
    expect(page.get_by_role("heading", name="Maria K.")).to_be_visible()
    page.get_by_placeholder("Write to the customer").fill("Good day, this is Robin. How can I help?")
    page.get_by_role("button", name="Send").click()
    stage.run(visitor.until(lambda: visitor.of("agent_uttered")))
    assert visitor.of("agent_uttered")[0]["agent"]["name"] == "Robin Marlow"
    page.get_by_role("button", name="Close", exact=True).click()
    page.get_by_label("Solved").check()
    page.get_by_role("dialog").get_by_role("button", name="Close", exact=True).click()
    expect(page).to_have_url(re.compile("/desk$"))

    with stage.session() as session:
        assert session.scalar(select(Handoff.state).where(Handoff.id == wish.id)) is HandoffState.CLOSED
    page.close()
    stage.stop()
