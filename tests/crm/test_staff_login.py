"""Logging in: what counts, what pauses, what is told; the second factor and single sign-on."""

import threading
from datetime import timedelta

import pyotp
import pytest

from crm.domain import Role
from crm.errors import NotEligible
from crm.schema import StaffAccount
from crm.services import staff, staff_login, staff_passwords, staff_second_factor, staff_single_sign_on, staff_throttle
from crm.services.staff_single_sign_on import Identity
from tests.crm.test_staff import entered
from tests.factories import crm as make
from tests.factories.staff import HASH, PASSWORD, an_account

NOW = make.NOW
MINUTE = timedelta(minutes=1)


def attempt(store, password=PASSWORD, username="mia", address="192.0.2.1", now=NOW):
    """Log in as a gateway does; the account or None."""
    with store.session() as session:
        begun = staff_login.begin(session, username, address, now=now)
    fits = staff_passwords.matches(begun.password_hash, password)
    with store.session() as session:
        return staff_login.finish(session, begun, fits=fits, now=now)


def guess(store, times, **values):
    """Attempts with a wrong password, without the work of comparing it."""
    for _ in range(times):
        with store.session() as session:
            begun = staff_login.begin(
                session, values.get("username", "mia"), values.get("address", "192.0.2.1"), now=values.get("now", NOW)
            )
            assert staff_login.finish(session, begun, fits=False, now=NOW) is None


@pytest.fixture
def mia(store):
    with store.session() as session:
        return an_account(session, "mia")


def test_the_right_password_lets_in(store, mia):
    assert attempt(store).id == mia.id


def test_a_name_is_read_in_any_case(store, mia):
    assert attempt(store, username=" MIA ").id == mia.id


@pytest.mark.parametrize(("username", "password"), [("mia", "wrong password"), ("nobody", PASSWORD), ("", "")])
def test_a_wrong_word_does_not(store, mia, username, password):
    assert attempt(store, username=username, password=password) is None


def test_a_disabled_account_is_not_let_in(store, mia):
    with store.session() as session:
        staff.disable(session, mia.id, now=NOW)
    assert attempt(store) is None


def test_whoever_has_no_password_is_not_let_in_with_any(store):
    with store.session() as session:
        an_account(session, "mia", password_hash=None)
    assert attempt(store, password="") is None


def test_an_unknown_name_costs_the_same_work(store, mia):
    """There is a hash to compare with in either case, made with the same parameters."""
    with store.session() as session:
        known = staff_login.begin(session, "mia", "192.0.2.1", now=NOW)
        unknown = staff_login.begin(session, "nobody", "192.0.2.1", now=NOW)
    assert unknown.password_hash is None
    parameters = [hash_.split("$")[1:4] for hash_ in (known.password_hash, staff_passwords._nobodys())]
    assert parameters[0] == parameters[1]


def test_after_five_wrong_ones_the_right_one_is_refused_too(store, mia):
    guess(store, 5)
    assert attempt(store) is None
    assert attempt(store, now=NOW + MINUTE).id == mia.id


def test_names_that_there_are_not_pause_as_well(store):
    guess(store, 5, username="nobody")
    with store.session() as session:
        assert staff_login.begin(session, "nobody", "192.0.2.9", now=NOW).is_paused


def test_pauses_grow_to_a_quarter_of_an_hour(store, mia):
    guess(store, 5)
    pauses, now = [], NOW
    for _ in range(6):
        with store.session() as session:
            end = staff_throttle.count_attempt(session, staff_throttle.of_name("mia"), now=now)
        pauses.append((end - now) / MINUTE)
        now = end
        guess(store, 1, now=now)
    assert pauses == [1, 2, 4, 8, 15, 15]


def test_what_was_wrong_is_forgotten_after_the_right_password(store, mia):
    guess(store, 4)
    assert attempt(store)
    guess(store, 4)
    assert attempt(store)


def test_what_was_wrong_is_forgotten_after_an_hour(store, mia):
    guess(store, 4)
    guess(store, 4, now=NOW + 60 * MINUTE)
    assert attempt(store, now=NOW + 61 * MINUTE)


def test_one_address_may_not_try_many_names(store, mia):
    for number in range(30):
        guess(store, 1, username=f"nobody{number}")
    assert attempt(store) is None
    assert attempt(store, address="192.0.2.2").id == mia.id


def test_a_right_password_does_not_wash_an_address_clean(store, mia):
    for number in range(29):
        guess(store, 1, username=f"nobody{number}")
    assert attempt(store)
    guess(store, 1, username="nobody30")
    assert attempt(store) is None


def test_attempts_side_by_side_do_not_outrun_the_count(store, mia):
    paused = []

    def work():
        with store.session() as session:
            paused.append(staff_login.begin(session, "mia", "192.0.2.1", now=NOW).is_paused)

    threads = [threading.Thread(target=work) for _ in range(12)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(paused) == [False] * 5 + [True] * 7


def test_attempts_are_entered_until_they_are_paused(store, mia):
    guess(store, 9)
    told = [(verb, fields) for verb, _, fields in entered(store) if verb.startswith("login")]
    assert told.count(("login_failed", f"account={mia.id}")) == 5
    assert told.count(("login_paused", "")) == 1


def test_nothing_that_was_typed_is_entered(store):
    attempt(store, username="my secret password", password="x")
    assert not any("secret" in field for entry in entered(store) for field in entry)


def test_an_outdated_hash_is_renewed(store, mia):
    with store.session() as session:
        begun = staff_login.begin(session, "mia", "192.0.2.1", now=NOW)
        staff_login.finish(session, begun, fits=True, renewed_hash="renewed", now=NOW)
        assert session.get(StaffAccount, mia.id).password_hash == "renewed"


def test_a_password_that_changed_meanwhile_does_not_let_in(store, mia):
    with store.session() as session:
        begun = staff_login.begin(session, "mia", "192.0.2.1", now=NOW)
    with store.session() as session:
        staff.set_password(session, mia.id, HASH + " other", must_change=False, now=NOW)
    with store.session() as session:
        assert staff_login.finish(session, begun, fits=True, now=NOW) is None


# The second factor


def code_at(secret, now):
    return pyotp.TOTP(secret).at(now)


@pytest.fixture
def factor(session):
    """An account with a second factor: its id, secret and recovery codes."""
    account = an_account(session, "mia")
    secret = staff_second_factor.begin(session, account.id)
    codes = staff_second_factor.confirm(session, account.id, code_at(secret, NOW - 2 * MINUTE), now=NOW - 2 * MINUTE)
    return account.id, secret, codes


def check(session, factor, code, now=NOW):
    return staff_second_factor.check(session, factor[0], code, now=now)


def test_a_second_factor_counts_once_it_was_confirmed(session):
    account = an_account(session, "mia")
    secret = staff_second_factor.begin(session, account.id)
    assert not staff.account(session, account.id).has_totp
    assert staff_second_factor.confirm(session, account.id, "000000", now=NOW) is None
    assert len(staff_second_factor.confirm(session, account.id, code_at(secret, NOW), now=NOW)) == 10
    assert staff.account(session, account.id).has_totp


def test_nothing_is_confirmed_that_was_not_begun(session):
    with pytest.raises(NotEligible):
        staff_second_factor.confirm(session, an_account(session, "mia").id, "000000", now=NOW)


@pytest.mark.parametrize("seconds", [-30, 0, 30])
def test_a_code_of_a_clock_that_is_half_a_minute_off_is_taken(session, factor, seconds):
    assert check(session, factor, code_at(factor[1], NOW + timedelta(seconds=seconds)))


@pytest.mark.parametrize("seconds", [-90, 90])
def test_an_older_or_later_code_is_not(session, factor, seconds):
    assert not check(session, factor, code_at(factor[1], NOW + timedelta(seconds=seconds)))


def test_a_code_is_taken_once(session, factor):
    code = code_at(factor[1], NOW)
    assert check(session, factor, code)
    assert not check(session, factor, code)


def test_an_older_code_is_not_taken_after_a_newer_one(session, factor):
    assert check(session, factor, code_at(factor[1], NOW))
    assert not check(session, factor, code_at(factor[1], NOW - MINUTE / 2))


def test_a_code_may_be_typed_with_a_space(session, factor):
    code = code_at(factor[1], NOW)
    assert check(session, factor, f" {code[:3]} {code[3:]} ")


def test_a_recovery_code_is_taken_once_however_it_is_typed(session, factor):
    assert check(session, factor, factor[2][0].upper().replace("-", " "))
    assert not check(session, factor, factor[2][0])
    assert staff_second_factor.codes_left(session, factor[0]) == 9


def test_recovery_codes_are_of_their_account_only(session, factor):
    other = an_account(session, "leo")
    secret = staff_second_factor.begin(session, other.id)
    staff_second_factor.confirm(session, other.id, code_at(secret, NOW - 2 * MINUTE), now=NOW - 2 * MINUTE)
    assert not staff_second_factor.check(session, other.id, factor[2][0], now=NOW)


def test_new_recovery_codes_replace_the_old(session, factor):
    renewed = staff_second_factor.renew_codes(session, factor[0])
    assert not check(session, factor, factor[2][0])
    assert check(session, factor, renewed[0])


def test_codes_cannot_be_guessed_one_after_the_other(session, factor):
    for _ in range(5):
        assert not check(session, factor, "wrong")
    assert not check(session, factor, code_at(factor[1], NOW))
    assert check(session, factor, code_at(factor[1], NOW + MINUTE), now=NOW + MINUTE)


@pytest.mark.parametrize("code", ["", "12345", "1234567", "١٢٣٤٥٦", "abcdef", "x" * 300])
def test_what_is_no_code_is_refused(session, factor, code):
    assert not check(session, factor, code)


def test_without_a_second_factor_no_code_is_right(session, factor):
    staff_second_factor.remove(session, factor[0])
    assert not check(session, factor, code_at(factor[1], NOW))
    assert not check(session, factor, factor[2][0])


def test_the_authenticator_gets_an_address_it_can_read():
    address = staff_second_factor.address("JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", "mia", "Careline desk")
    assert (
        address == "otpauth://totp/Careline%20desk:mia?secret=JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP&issuer=Careline%20desk"
    )


# Single sign-on


def identity(**values):
    defaults = {
        "issuer": "https://id.example",
        "subject": "s-1",
        "username": "mia",
        "name": "Mia Chen",
        "email": "mia@example.com",
        "language": "zh-CN",
        "role": Role.AGENT,
    }
    return Identity(**(defaults | values))


def sign_in(session, **values):
    return staff_single_sign_on.sign_in(session, identity(**values), now=NOW)


def test_whom_the_provider_vouches_for_gets_an_account(session):
    account = sign_in(session)
    assert (account.username, account.name, account.role, account.language) == ("mia", "Mia Chen", Role.AGENT, "zh")
    assert account.single_sign_on
    assert not account.has_password


def test_the_same_person_has_the_same_account(session):
    first = sign_in(session)
    again = sign_in(session, username="mia.wu", name="Mia Wu", role=Role.SUPERVISOR)
    assert again.id == first.id
    assert (again.name, again.role) == ("Mia Wu", Role.SUPERVISOR)


def test_the_same_subject_of_another_issuer_is_somebody_else(session):
    assert sign_in(session).id != sign_in(session, issuer="https://other.example").id


def test_an_account_with_a_password_is_not_taken_over_by_its_name(session):
    own = an_account(session, "mia", role=Role.ADMIN)
    account = sign_in(session)
    assert account.id != own.id
    assert account.username == "mia-2"


def test_a_disabled_account_is_not_let_in_by_the_provider_either(session):
    staff.disable(session, sign_in(session).id, now=NOW)
    assert sign_in(session) is None


def test_an_employee_is_known_by_their_address(session):
    employee = make.an_employee(session, email="Mia@Example.com")
    assert sign_in(session).employee_id == employee.id


def test_an_address_that_was_not_verified_ties_to_nobody(session):
    make.an_employee(session, email="mia@example.com")
    assert sign_in(session, email=None).employee_id is None


def test_an_employee_who_has_an_account_is_not_tied_to_another(session):
    employee = make.an_employee(session, email="mia@example.com")
    an_account(session, "mia", employee_id=employee.id)
    assert sign_in(session).employee_id is None
