"""`python -m crm staff`: the first account, further ones, and a password nobody has to type where others see it."""

import io
import re
from datetime import timedelta

import pytest
from sqlalchemy import select

from crm.cli import main
from crm.domain import Role
from crm.schema import Employee
from crm.services import employees, staff, staff_passwords, staff_sessions
from crm.store import Store
from tests.factories import crm as make
from tests.factories.staff import PASSWORD

HOUR = timedelta(hours=1)
PRINTED = re.compile(r"^desk: user (\S+) password ([a-z0-9-]{23})", re.MULTILINE)


@pytest.fixture(autouse=True)
def _var(tmp_path, monkeypatch):
    monkeypatch.setenv("CARELINE_VAR", str(tmp_path))
    for name in ("CARELINE_DATABASE_URL", "CARELINE_MASTER_KEY", "CARELINE_MASTER_KEY_FILE"):
        monkeypatch.delenv(name, raising=False)
    assert main(["init"]) == 0


def password_of(username):
    with Store.from_settings().reading() as session:
        return staff.row_of(session, staff.named(session, username).id).password_hash


def test_the_first_account_is_an_administrator_whose_password_is_printed(capsys):
    assert main(["staff", "first"]) == 0
    username, password = PRINTED.search(capsys.readouterr().out).groups()
    assert staff_passwords.matches(password_of(username), password)
    with Store.from_settings().reading() as session:
        account = staff.named(session, username)
    assert (account.username, account.role, account.must_change_password) == ("admin", Role.ADMIN, False)


def test_it_is_printed_once_and_then_the_way_to_another(capsys):
    main(["staff", "first"])
    before = password_of("admin")
    capsys.readouterr()
    assert main(["staff", "first"]) == 0
    printed = capsys.readouterr().out
    assert not PRINTED.search(printed)
    assert "staff reset-password admin" in printed
    assert password_of("admin") == before


def test_in_a_demo_the_first_account_can_take_anybody_at_any_time(capsys):
    main(["demo", "--customers", "2"])
    main(["staff", "first"])
    with Store.from_settings().reading() as session:
        account = staff.named(session, "admin")
        profile = employees.profile(session, account.employee_id)
        others = session.scalars(select(Employee).where(Employee.id != account.employee_id)).all()
        skills = {skill.skill for other in others for skill in other.skills}
        assert skills <= set(profile.skills)
    assert profile.person.name == account.name
    assert profile.languages == ("en", "zh")
    assert all(
        profile.is_working(make.NOW.replace(day=day, hour=hour)) for day in range(16, 23) for hour in (0, 4, 13, 22)
    )


def test_a_further_account_changes_its_password_first(capsys):
    assert main(["staff", "add", "Mia.Chen", "--name", "Mia Chen", "--role", "supervisor", "--language", "zh"]) == 0
    username, password = PRINTED.search(capsys.readouterr().out).groups()
    with Store.from_settings().reading() as session:
        account = staff.named(session, username)
    assert (account.username, account.name, account.role) == ("mia.chen", "Mia Chen", Role.SUPERVISOR)
    assert account.must_change_password
    assert staff_passwords.matches(password_of("mia.chen"), password)


def test_an_account_of_an_employee_is_called_as_they_are(capsys):
    with Store.from_settings().session() as session:
        employee = make.an_employee(session, name="Rhona Castell")
    main(["staff", "add", "rhona", "--employee", str(employee.id)])
    with Store.from_settings().reading() as session:
        assert staff.named(session, "rhona").name == "Rhona Castell"


def test_a_password_may_be_typed_and_is_not_printed(capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO(f"{PASSWORD}\n"))
    assert main(["staff", "add", "mia", "--ask"]) == 0
    assert PASSWORD not in capsys.readouterr().out
    assert staff_passwords.matches(password_of("mia"), PASSWORD)


def test_a_weak_one_is_refused_in_one_line(capsys, monkeypatch):
    monkeypatch.setattr("sys.stdin", io.StringIO("short\n"))
    assert main(["staff", "add", "mia", "--ask"]) == 1
    assert capsys.readouterr().err.count("\n") == 1


@pytest.mark.parametrize("words", [["--password", "x"], ["x"]])
def test_no_command_takes_a_password(words):
    with pytest.raises(SystemExit):
        main(["staff", "add", "mia", *words])


def test_a_new_password_logs_out_and_may_take_the_second_factor_away(capsys):
    main(["staff", "add", "mia"])
    with Store.from_settings().session() as session:
        account = staff.named(session, "mia")
        staff.row_of(session, account.id).totp_secret = "A" * 32
        token = staff_sessions.start(
            session, account.id, method="password", address="", browser="", now=make.NOW, lasts=HOUR
        )
    capsys.readouterr()
    assert main(["staff", "reset-password", "mia", "--second-factor"]) == 0
    _, password = PRINTED.search(capsys.readouterr().out).groups()
    assert staff_passwords.matches(password_of("mia"), password)
    with Store.from_settings().reading() as session:
        account = staff.named(session, "mia")
        assert not account.has_totp
        assert staff_sessions.find(session, token, now=make.NOW, idle=HOUR) is None


def test_accounts_are_listed_disabled_and_enabled(capsys):
    main(["staff", "first"])
    main(["staff", "add", "mia"])
    assert main(["staff", "disable", "mia"]) == 0
    capsys.readouterr()
    main(["staff", "list"])
    assert re.search(r"^mia .*disabled", capsys.readouterr().out, re.MULTILINE)
    assert main(["staff", "enable", "mia"]) == 0
    assert main(["staff", "disable", "admin"]) == 1
    assert "last administrator" in capsys.readouterr().err


def test_somebody_who_is_not_there_is_one_line_and_status_1(capsys):
    assert main(["staff", "disable", "nobody"]) == 1
    assert capsys.readouterr().err.count("\n") == 1
