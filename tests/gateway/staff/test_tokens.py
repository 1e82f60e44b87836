"""The page on which tokens of the API are made and revoked."""

import re

import pytest

from crm.services import api_tokens


@pytest.fixture
async def admin(browse):
    browser = browse()
    await browser.log_in("admin")
    await browser.get("/desk/tokens")
    return browser


async def make(admin, people, **fields):
    values = {"name": "Telephone", "account": str(people["agent"].id), "days": "30", "scope": ["take"]}
    return await admin.post("/desk/tokens", **(values | fields))


async def test_a_token_is_shown_once_and_works(admin, people, store, clock):
    shown = await make(admin, people)
    token = re.search(r"careline_[\w-]{43}", shown.text).group()
    assert token not in (await admin.get("/desk/tokens")).text
    assert f"…{token[-4:]}" in admin.page.text
    with store.session() as session:
        assert api_tokens.authenticate(session, token, clock.now).account_id == people["agent"].id


async def test_what_the_account_may_not_do_is_no_scope_of_it(admin, people):
    answer = await make(admin, people, scope=["staff_admin"])
    assert answer.status_code == 422
    assert "beyond your own role" in answer.text


async def test_a_token_is_revoked(admin, people, store):
    await make(admin, people)
    with store.session() as session:
        token_id = api_tokens.tokens(session)[0].id
    await admin.get("/desk/tokens")
    assert (await admin.post(f"/desk/tokens/{token_id}/revoke")).status_code == 303
    assert "revoked" in (await admin.get("/desk/tokens")).text
