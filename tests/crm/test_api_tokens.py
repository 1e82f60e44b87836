"""Tokens of the API: made, used, revoked; what they may do at most; entered in the audit."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, text

from crm.domain import Permission as P
from crm.domain import Role, StaffMember
from crm.errors import InvalidInput, NotFound
from crm.schema import ApiToken as Token
from crm.schema import AuditEntry
from crm.services import api_tokens, staff
from crm.services.staff_roles import permissions_of
from tests.factories.crm import NOW
from tests.factories.staff import an_account

LASTS = timedelta(days=30)


def member_of(account, **values):
    fields = {
        "account_id": account.id,
        "employee_id": None,
        "name": account.name,
        "role": account.role,
        "permissions": permissions_of(account.role),
        "language": "en",
        "theme": "auto",
        "session_id": "0" * 32,
        "csrf": "x",
    }
    return StaffMember(**(fields | values))


@pytest.fixture
def admin(session):
    return member_of(an_account(session, "ada", role=Role.ADMIN))


def made(session, by, **values):
    defaults = {"name": "Telephone system", "scopes": {P.QUEUE_VIEW, P.TAKE}, "lasts": LASTS, "now": NOW}
    return api_tokens.make(session, by, **(defaults | values))


def test_a_token_stands_for_its_account(session, admin):
    _, token = made(session, admin)
    member = api_tokens.authenticate(session, token, NOW)
    assert (member.account_id, member.name, member.role) == (admin.account_id, "Ada", Role.ADMIN)
    assert member.actor.channel == "api"


def test_it_may_do_what_its_scopes_say_and_no_more(session, admin):
    _, token = made(session, admin, scopes={P.FIGURES})
    assert api_tokens.authenticate(session, token, NOW).permissions == {P.FIGURES}


def test_what_the_role_loses_the_token_loses(session, admin):
    lee = an_account(session, "lee", role=Role.SUPERVISOR)
    _, token = made(session, admin, scopes={P.BOARD, P.TAKE}, account_id=lee.id)
    staff.change(session, lee.id, role=Role.AGENT)
    assert api_tokens.authenticate(session, token, NOW).permissions == {P.TAKE}


def test_nobody_gives_more_than_they_may_do_themselves(session, admin):
    narrow = replace(admin, permissions=frozenset({P.TOKENS, P.FIGURES}))
    with pytest.raises(InvalidInput, match="beyond"):
        made(session, narrow, scopes={P.WEBHOOKS})


def test_no_token_administers_accounts(session, admin):
    with pytest.raises(InvalidInput, match="staff_admin"):
        made(session, admin, scopes={P.STAFF_ADMIN, P.QUEUE_VIEW})


def test_a_scope_that_tokens_no_longer_have_is_not_granted(session, admin):
    _, token = made(session, admin, scopes={P.QUEUE_VIEW})
    session.scalars(select(Token)).one().scopes = [P.QUEUE_VIEW, P.STAFF_ADMIN]
    assert api_tokens.authenticate(session, token, NOW).permissions == {P.QUEUE_VIEW}


def test_a_token_may_not_more_than_its_account(session, admin):
    analyst = an_account(session, "ana", role=Role.ANALYST)
    with pytest.raises(InvalidInput, match="beyond"):
        made(session, admin, scopes={P.TAKE}, account_id=analyst.id)


@pytest.mark.parametrize(
    "values",
    [
        {"name": "  "},
        {"name": "n" * 101},
        {"scopes": ()},
        {"lasts": timedelta()},
        {"lasts": timedelta(days=367)},
    ],
)
def test_a_token_without_name_scope_or_end_is_refused(session, admin, values):
    with pytest.raises(InvalidInput):
        made(session, admin, **values)


def test_it_ends(session, admin):
    _, token = made(session, admin)
    assert api_tokens.authenticate(session, token, NOW + LASTS - timedelta(seconds=1))
    assert api_tokens.authenticate(session, token, NOW + LASTS) is None


def test_a_revoked_token_opens_nothing(session, admin):
    view, token = made(session, admin)
    assert api_tokens.revoke(session, view.id, now=NOW).revoked_at == NOW
    assert api_tokens.authenticate(session, token, NOW) is None


def test_revoking_again_changes_nothing(session, admin):
    view, _ = made(session, admin)
    api_tokens.revoke(session, view.id, now=NOW)
    assert api_tokens.revoke(session, view.id, now=NOW + LASTS).revoked_at == NOW


def test_a_token_that_is_not_there_cannot_be_revoked(session):
    with pytest.raises(NotFound):
        api_tokens.revoke(session, 404, now=NOW)


def test_a_disabled_account_has_no_tokens(session, admin):
    lee = an_account(session, "lee")
    _, token = made(session, admin, account_id=lee.id)
    staff.disable(session, lee.id, now=NOW)
    assert api_tokens.authenticate(session, token, NOW) is None
    with pytest.raises(InvalidInput):
        made(session, admin, account_id=lee.id)


@pytest.mark.parametrize("bearer", ["", "careline_", "careline_unknown", "x" * 5000, "careline_ÿ\x00"])
def test_what_is_no_token_is_nobody(session, bearer):
    assert api_tokens.authenticate(session, bearer, NOW) is None


def test_the_last_use_is_kept_to_the_minute(session, admin):
    _, token = made(session, admin)
    for seconds in (0, 30, 61):
        api_tokens.authenticate(session, token, NOW + timedelta(seconds=seconds))
        session.expire_all()
    (view,) = api_tokens.tokens(session, account_id=admin.account_id)
    assert view.last_used_at == NOW + timedelta(seconds=61)


def test_lists_show_the_newest_first_and_never_the_token(session, admin):
    made(session, admin, name="Old")
    _, new = made(session, admin, name="New")
    found = api_tokens.tokens(session)
    assert [each.name for each in found] == ["New", "Old"]
    assert found[0].hint == new[-4:]
    assert new not in repr(found)


def test_the_store_does_not_hold_the_token(store):
    with store.session() as session:
        _, token = made(session, member_of(an_account(session, "ada", role=Role.ADMIN)))
    with store.engine.connect() as connection:
        row = connection.execute(text("SELECT * FROM api_tokens")).one()
    assert token.encode() not in b"".join(bytes(value) if isinstance(value, bytes) else b"" for value in row)
    assert token not in repr(row)


def test_making_and_revoking_are_in_the_audit(store):
    with store.session() as session:
        view, _ = made(session, member_of(an_account(session, "ada", role=Role.ADMIN)), scopes={P.FIGURES})
    with store.session() as session:
        api_tokens.revoke(session, view.id, now=NOW)
    with store.reading() as session:
        rows = session.scalars(select(AuditEntry).where(AuditEntry.area == "api_tokens"))
        entered = {row.verb: row.fields for row in rows}
    assert entered.keys() == {"add", "change"}
    assert "figures" in entered["add"]
