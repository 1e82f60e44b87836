"""Accounts of staff: made, changed, disabled; what roles may do; sessions; everything entered in the audit."""

from datetime import timedelta
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from sqlalchemy import select, text

from crm import audit_chain
from crm.domain import Actor, Permission, Role, Theme
from crm.errors import InvalidInput, NotEligible, NotFound, WeakPassword
from crm.schema import AuditEntry
from crm.services import staff, staff_passwords, staff_sessions
from crm.services.staff_roles import permissions_of
from tests.factories import crm as make
from tests.factories.staff import HASH, PASSWORD, an_account

NOW = make.NOW
HOUR = timedelta(hours=1)
LASTS = timedelta(hours=12)


def start(session, account_id, **values):
    defaults = {"method": "password", "address": "192.0.2.1", "browser": "Firefox", "now": NOW, "lasts": LASTS}
    return staff_sessions.start(session, account_id, **(defaults | values))


def find(session, token, now=NOW):
    return staff_sessions.find(session, token, now=now, idle=HOUR)


def entered(store):
    with store.reading() as session:
        rows = session.scalars(select(AuditEntry).order_by(AuditEntry.chain, AuditEntry.seq))
        return [(row.verb, row.area, row.fields) for row in rows]


@pytest.mark.parametrize("role", list(Role))
def test_every_role_has_permissions(role):
    assert permissions_of(role)


def test_a_role_that_includes_another_may_all_that_it_may():
    assert permissions_of(Role.AGENT) < permissions_of(Role.SUPERVISOR) < permissions_of(Role.ADMIN)


def test_an_administrator_may_everything():
    assert permissions_of(Role.ADMIN) == frozenset(Permission)


def test_an_analyst_sees_no_customer():
    personal = {Permission.CUSTOMER_VIEW, Permission.UNMASK, Permission.CONVERSE, Permission.SEARCH, Permission.EXPORT}
    assert not permissions_of(Role.ANALYST) & personal


def test_a_user_name_is_one_whatever_its_case(session):
    an_account(session, "Mia.Chen")
    assert staff.named(session, "mia.chen").username == "mia.chen"
    with pytest.raises(InvalidInput, match="already"):
        an_account(session, "MIA.CHEN")


@pytest.mark.parametrize("username", ["", "a", "-mia", "mia chen", "m" * 65, "mia\nchen", "米亚"])
def test_what_cannot_be_a_user_name_is_refused(session, username):
    with pytest.raises(InvalidInput):
        an_account(session, username)


def test_an_employee_has_one_account(session):
    employee = make.an_employee(session)
    an_account(session, "mia", employee_id=employee.id)
    with pytest.raises(InvalidInput):
        an_account(session, "leo", employee_id=employee.id)


def test_somebody_who_left_gets_no_account(session):
    gone = make.an_employee(session, active=False)
    with pytest.raises(InvalidInput):
        an_account(session, "mia", employee_id=gone.id)


def test_the_last_administrator_stays(session):
    admin = an_account(session, "admin", role=Role.ADMIN)
    with pytest.raises(NotEligible):
        staff.disable(session, admin.id, now=NOW)
    with pytest.raises(NotEligible):
        staff.change(session, admin.id, role=Role.AGENT)


def test_with_two_administrators_one_may_go(session):
    first, second = (an_account(session, name, role=Role.ADMIN) for name in ("one", "two"))
    staff.disable(session, first.id, now=NOW)
    with pytest.raises(NotEligible):
        staff.disable(session, second.id, now=NOW)


def test_only_what_is_given_changes(session):
    account = an_account(session, "mia", name="Mia", language="zh")
    changed = staff.change(session, account.id, theme=Theme.DARK)
    assert (changed.name, changed.language, changed.theme) == ("Mia", "zh", Theme.DARK)


def test_an_account_that_there_is_not_is_not_found(session):
    with pytest.raises(NotFound):
        staff.account(session, 99)


@pytest.mark.parametrize(
    ("password", "reason"),
    [("short pass", "short"), ("x" * 257, "long"), ("aaaabbbbcccc", "simple"), ("my name is Mia.Chen!", "name")],
)
def test_a_weak_password_is_refused_with_its_reason(password, reason):
    with pytest.raises(WeakPassword) as refused:
        staff_passwords.check(password, "mia.chen")
    assert refused.value.reason == reason


def test_a_generated_password_is_good_enough():
    for _ in range(20):
        staff_passwords.check(staff_passwords.generated(), "admin")


def test_a_hash_is_argon2id_and_fits_its_password_only():
    assert HASH.startswith("$argon2id$")
    assert staff_passwords.matches(HASH, PASSWORD)
    assert not staff_passwords.matches(HASH, PASSWORD + "!")


def test_without_an_account_no_password_fits():
    assert not staff_passwords.matches(None, PASSWORD)


def test_a_password_of_other_parameters_is_outdated():
    assert staff_passwords.is_outdated(PasswordHasher(time_cost=1, memory_cost=8192).hash(PASSWORD))
    assert not staff_passwords.is_outdated(HASH)


def test_a_session_is_found_by_its_token(session):
    account = an_account(session, "mia", role=Role.SUPERVISOR)
    present = find(session, start(session, account.id))
    assert present.member.account_id == account.id
    assert present.member.permissions == permissions_of(Role.SUPERVISOR)
    assert present.member.actor == Actor.staff(str(account.id))


def test_the_token_is_nowhere_in_the_store(store):
    with store.session() as session:
        token = start(session, an_account(session, "mia").id)
    with store.engine.connect() as connection:
        row = connection.execute(text("SELECT * FROM staff_sessions")).one()
    assert not any(token.encode() in bytes(str(value), "utf-8") for value in row if not isinstance(value, bytes))
    assert not any(token.encode() in bytes(value) for value in row if isinstance(value, bytes | memoryview))


def test_another_token_finds_nobody(session):
    start(session, an_account(session, "mia").id)
    assert find(session, "x" * 43) is None
    assert find(session, "x" * 10_000) is None


def test_a_session_ends_when_it_is_not_used(session):
    token = start(session, an_account(session, "mia").id)
    assert find(session, token, NOW + HOUR - timedelta(seconds=1))
    assert find(session, token, NOW + HOUR) is None


def test_a_session_that_is_used_goes_on(session):
    token = start(session, an_account(session, "mia").id)
    for half_hours in range(1, 6):
        now = NOW + half_hours * HOUR / 2
        staff_sessions.touch(session, find(session, token, now).member.session_id, now=now)
    assert find(session, token, NOW + 3 * HOUR)


def test_no_session_outlives_its_end(session):
    token = start(session, an_account(session, "mia").id)
    staff_sessions.touch(session, find(session, token).member.session_id, now=NOW + LASTS)
    assert find(session, token, NOW + LASTS) is None


def test_a_sign_of_life_never_goes_back(session):
    token = start(session, an_account(session, "mia").id)
    session_id = find(session, token).member.session_id
    staff_sessions.touch(session, session_id, now=NOW + HOUR / 2)
    staff_sessions.touch(session, session_id, now=NOW)
    assert find(session, token, NOW + HOUR)


def test_a_change_of_role_holds_at_once(session):
    account = an_account(session, "mia", role=Role.SUPERVISOR)
    token = start(session, account.id)
    staff.change(session, account.id, role=Role.ANALYST)
    assert find(session, token).member.role is Role.ANALYST


def test_a_disabled_account_is_out_at_once(session):
    account = an_account(session, "mia")
    token = start(session, account.id)
    staff.disable(session, account.id, now=NOW)
    assert find(session, token) is None
    staff.enable(session, account.id)
    assert find(session, token) is None


def test_another_password_logs_out_everywhere(session):
    account = an_account(session, "mia")
    tokens = [start(session, account.id) for _ in range(2)]
    staff.set_password(session, account.id, HASH, must_change=False, now=NOW)
    assert [find(session, token) for token in tokens] == [None, None]


def test_one_session_ends_and_the_others_stay(session):
    account = an_account(session, "mia")
    first, second = start(session, account.id), start(session, account.id)
    assert staff_sessions.end(session, account.id, find(session, first).member.session_id)
    assert find(session, first) is None
    assert find(session, second)


def test_nobody_ends_the_session_of_somebody_else(session):
    mia, leo = an_account(session, "mia"), an_account(session, "leo")
    token = start(session, mia.id)
    session_id = find(session, token).member.session_id
    assert not staff_sessions.end(session, leo.id, session_id)
    assert staff_sessions.is_alive(session, session_id, now=NOW)


def test_all_sessions_are_listed_without_those_that_ran_out(session):
    account = an_account(session, "mia")
    start(session, account.id, browser="Old", now=NOW - 2 * HOUR)
    start(session, account.id, browser="New")
    found = staff_sessions.of_account(session, account.id, now=NOW, idle=HOUR)
    assert [(one.browser, one.address) for one in found] == [("New", "192.0.2.1")]


def test_every_session_has_a_secret_of_its_own_for_its_forms(session):
    account = an_account(session, "mia")
    secrets = {find(session, start(session, account.id)).member.csrf for _ in range(3)}
    assert len(secrets) == 3


def test_accounts_and_their_changes_are_entered(store):
    with store.session(Actor.staff("1")) as session:
        account = an_account(session, "mia")
    with store.session(Actor.staff("1")) as session:
        staff.change(session, account.id, role=Role.SUPERVISOR)
        start(session, account.id)
    with store.session(Actor.staff("1")) as session:
        staff.disable(session, account.id, now=NOW)
    with store.reading(Actor.staff("1")) as session:
        staff.accounts(session)
    told = entered(store)
    who = f"account={account.id}"
    for line in (
        ("add", "staff_accounts", f"{who} role"),
        ("change", "staff_accounts", f"{who} role"),
        ("login", "staff_sessions", f"{who} password"),
        ("logout", "staff_sessions", f"{who} sessions=1"),
        ("change", "staff_accounts", f"{who} disabled"),
        ("read", "staff_accounts", ""),
    ):
        assert line in told
    with store.engine.connect() as connection:
        assert not audit_chain.verify(connection).faults


def test_nothing_of_an_account_is_readable_in_the_database(store):
    with store.session() as session:
        an_account(session, "mia.chen", name="Mia Chen")
    with store.engine.connect() as connection:
        row = str(
            [
                bytes(v) if isinstance(v, memoryview) else v
                for v in connection.execute(text("SELECT * FROM staff_accounts")).one()
            ]
        )
    assert "mia" not in row.lower()
    assert "argon2" not in row


def test_the_table_in_the_docs_is_current():
    page = (Path(__file__).parents[2] / "docs" / "desk.md").read_text(encoding="utf-8")
    for permission in Permission:
        row = next(line for line in page.splitlines() if line.startswith(f"| `{permission}` |"))
        told = [cell.strip() == "yes" for cell in row.strip("|").split("|")[2:]]
        assert told == [permission in permissions_of(role) for role in Role], permission
