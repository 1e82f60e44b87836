"""Single sign-on against a provider that signs, checks PKCE, and sometimes does not do what it should."""

from typing import Any
from urllib.parse import parse_qsl, urlsplit

import httpx
import pytest
from joserfc.jwk import OctKey, RSAKey
from pydantic import ValidationError

from crm.domain import Role
from crm.services import staff
from gateway.clock import utc_now
from gateway.staff.settings import StaffSettings
from tests.gateway.harness import Served
from tests.gateway.staff.conftest import Browser, door_app
from tests.gateway.staff.provider import CLIENT, SECRET, Provider


@pytest.fixture
async def provider():
    provider = Provider()
    served = await Served(provider.app).start()
    provider.url = served.url
    yield provider
    await served.stop()


@pytest.fixture
async def desk(store, provider):
    """The door with the provider's settings; the provider's tokens are of the present."""
    app = door_app(
        store, utc_now, oidc_issuer=provider.url, oidc_client_id=CLIENT, oidc_client_secret=SECRET,
        oidc_roles="care=agent, leads = supervisor", oidc_name="Example ID",
    )  # fmt: skip
    yield app
    await app.state.entrance.close()


async def depart(browser: Browser, next_page: str = "/desk/account") -> str:
    """To the provider, which sends the browser back: the address of that."""
    away = await browser.get(f"/desk/login/oidc?next={next_page}")
    assert away.status_code == 303
    async with httpx.AsyncClient() as http:
        return str((await http.get(away.headers["location"])).headers["location"])


async def sign_on(browser: Browser, next_page: str = "/desk/account") -> httpx.Response:
    return await browser.get(await depart(browser, next_page))


async def test_the_log_in_offers_the_provider_by_name(desk):
    assert "Log in with Example ID" in (await Browser(desk).get("/desk/login")).text


async def test_whoever_the_provider_knows_is_let_in_to_the_page_they_wanted(desk):
    browser = Browser(desk)
    answer = await sign_on(browser)
    assert (answer.status_code, answer.headers["location"]) == (303, "/desk/account")
    page = (await browser.get("/desk/account")).text
    assert "Mia Chen" in page
    assert "Company log-in" in page


async def test_nothing_is_asked_for_without_proof_key_state_and_nonce(desk, provider):
    browser = Browser(desk)
    await sign_on(browser)
    await sign_on(browser)
    first, second = provider.asked
    for name in ("state", "nonce", "code_challenge"):
        assert len(first[name]) >= 43
        assert first[name] != second[name]
    assert first["redirect_uri"] == "http://desk.test/desk/login/oidc/callback"


async def test_the_secret_is_neither_in_an_address_nor_in_the_cookie(desk, provider):
    browser = Browser(desk)
    await sign_on(browser)
    assert SECRET not in str(provider.asked)
    verifier = provider.exchanged[0]["code_verifier"]
    away = await browser.get("/desk/login/oidc")
    assert verifier not in str(away.headers)
    assert "client_secret" not in provider.exchanged[0]


@pytest.mark.parametrize(
    ("groups", "role"),
    [
        (["care"], Role.AGENT),
        (["leads"], Role.SUPERVISOR),
        (["care", "leads"], Role.SUPERVISOR),
        ("leads", Role.SUPERVISOR),
    ],
)
async def test_groups_give_roles(desk, provider, store, groups, role):
    provider.person["groups"] = groups
    await sign_on(Browser(desk))
    with store.reading() as session:
        assert staff.named(session, "mia").role is role


async def test_another_group_is_another_role_from_the_next_log_in_on(desk, provider, store):
    await sign_on(Browser(desk))
    provider.person["groups"] = ["leads"]
    await sign_on(Browser(desk))
    with store.reading() as session:
        assert [(account.username, account.role) for account in staff.accounts(session)] == [("mia", Role.SUPERVISOR)]


@pytest.mark.parametrize("groups", [[], ["everybody"], None, "everybody"])
async def test_without_a_group_that_has_a_role_nobody_is_let_in(desk, provider, groups):
    provider.person["groups"] = groups
    browser = Browser(desk)
    answer = await sign_on(browser)
    assert (answer.status_code, browser.is_in) == (403, False)
    assert "have no role at this desk" in answer.text


async def test_groups_may_be_told_by_the_user_info(desk, provider):
    provider.groups_in_token = False
    browser = Browser(desk)
    await sign_on(browser)
    assert browser.is_in


async def test_a_provider_that_changed_its_keys_is_understood(desk, provider):
    await sign_on(Browser(desk))
    provider.change_keys()
    browser = Browser(desk)
    await sign_on(browser)
    assert browser.is_in


def claim(**values: Any):
    return lambda claims: {**claims, **values}


@pytest.mark.parametrize(
    "spoil",
    [
        claim(iss="https://evil.example"),
        claim(aud="another client"),
        claim(aud=[CLIENT, "another"], azp="another"),
        claim(exp=1),
        claim(nonce="of another log-in"),
        lambda claims: {name: value for name, value in claims.items() if name != "nonce"},
        lambda claims: {name: value for name, value in claims.items() if name != "sub"},
        claim(at_hash="AAAAAAAAAAAAAAAAAAAAAA"),
    ],
    ids=["issuer", "audience", "party", "too old", "nonce", "no nonce", "nobody", "access token"],
)
async def test_a_token_that_proves_something_else_lets_nobody_in(desk, provider, spoil):
    provider.spoil = spoil
    browser = Browser(desk)
    answer = await sign_on(browser)
    assert (answer.status_code, browser.is_in) == (403, False)


async def test_a_token_of_a_key_that_is_not_published_lets_nobody_in(desk, provider):
    provider.signing_key = RSAKey.generate_key(2048)
    browser = Browser(desk)
    assert (await sign_on(browser)).status_code == 403
    assert not browser.is_in


async def test_a_token_signed_with_the_shared_secret_lets_nobody_in(desk, provider):
    provider.signing_key = OctKey.import_key(SECRET + " made long enough for its algorithm")
    provider.header = {"alg": "HS256"}
    browser = Browser(desk)
    assert (await sign_on(browser)).status_code == 403
    assert not browser.is_in


async def test_user_info_about_somebody_else_lets_nobody_in(desk, provider):
    provider.groups_in_token = False
    provider.spoil = claim(sub="s-1")
    browser = Browser(desk)
    assert (await sign_on(browser)).status_code == 403
    assert not browser.is_in


async def test_a_provider_that_calls_itself_otherwise_is_not_used(desk, provider):
    provider.names_itself = "https://evil.example"
    answer = await Browser(desk).get("/desk/login/oidc")
    assert answer.status_code == 403
    assert "did not answer as it should" in answer.text


async def test_an_answer_without_a_departure_lets_nobody_in(desk):
    """Somebody is sent an address that would log them in as another."""
    back = await depart(Browser(desk))
    victim = Browser(desk)
    assert (await victim.get(back)).status_code == 403
    assert not victim.is_in


async def test_an_answer_to_another_departure_lets_nobody_in(desk):
    back = await depart(Browser(desk))
    victim = Browser(desk)
    await depart(victim)
    assert (await victim.get(back)).status_code == 403
    assert not victim.is_in


async def test_an_answer_counts_once(desk):
    browser = Browser(desk)
    back = await depart(browser)
    kept = dict(browser.http.cookies)
    await browser.get(back)
    thief = Browser(desk)
    thief.http.cookies.update(kept)
    assert (await thief.get(back)).status_code == 403


@pytest.mark.parametrize(
    "change", [{"iss": "https://evil.example"}, {"iss": None}, {"state": "guessed"}, {"code": None}]
)
async def test_an_answer_that_was_altered_lets_nobody_in(desk, change):
    browser = Browser(desk)
    parts = urlsplit(await depart(browser))
    query = {name: value for name, value in {**dict(parse_qsl(parts.query)), **change}.items() if value is not None}
    assert (await browser.get(parts.path, params=query)).status_code == 403
    assert not browser.is_in


async def test_whoever_gives_up_at_the_provider_is_told_so(desk, provider):
    provider.error = "access_denied"
    answer = await sign_on(Browser(desk))
    assert (answer.status_code, "did not let you in" in answer.text) == (403, True)


async def test_a_provider_that_is_away_leaves_the_password(store, people):
    app = door_app(
        store, utc_now, oidc_issuer="http://127.0.0.1:9", oidc_client_id=CLIENT, oidc_roles="care=agent"
    )  # fmt: skip
    browser = Browser(app)
    assert (await browser.get("/desk/login/oidc")).status_code == 403
    assert (await browser.log_in("agent")).status_code == 303
    await app.state.entrance.close()


async def test_a_disabled_account_stays_out(desk, store):
    await sign_on(Browser(desk))
    with store.session() as session:
        staff.disable(session, staff.named(session, "mia").id, now=utc_now())
    browser = Browser(desk)
    assert (await sign_on(browser)).status_code == 403
    assert not browser.is_in


async def test_without_a_provider_its_addresses_lead_to_the_log_in(app):
    browser = Browser(app)
    assert (await browser.get("/desk/login/oidc")).headers["location"] == "/desk/login"
    assert (await browser.get("/desk/login/oidc/callback?code=x&state=y")).headers["location"] == "/desk/login"


@pytest.mark.parametrize(
    "values", [{"oidc_issuer": "https://id.example"}, {"oidc_roles": "care=king"}, {"staff_idle_minutes": 0}]
)
def test_settings_that_cannot_work_are_refused(values):
    with pytest.raises(ValidationError):
        StaffSettings(**values)


def test_the_client_s_secret_may_be_in_a_file(tmp_path):
    (tmp_path / "secret").write_text("from a file\n")
    settings = StaffSettings(oidc_client_secret_file=tmp_path / "secret")
    assert settings.client_secret == "from a file"
    assert "from a file" not in repr(StaffSettings(oidc_client_secret="from a file"))
