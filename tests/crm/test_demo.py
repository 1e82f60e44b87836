import re
from collections import Counter, defaultdict
from dataclasses import replace
from datetime import date, timedelta
from itertools import pairwise
from statistics import mean

import pytest
from sqlalchemy import select

from crm.cli import main
from crm.demo import Job, demo_logins, fill, job_of
from crm.demo.histories import REASONS
from crm.demo.numbers import Numbers
from crm.domain import Line, PolicyStatus
from crm.errors import InvalidInput
from crm.schema import Base, Claim, Customer, Policy, PolicyHistory, Renewal
from crm.services import claims, conversations, organisation, policies, verification
from crm.store import Store
from tests.factories import crm as make
from vault import Vault

AS_OF = "2026-11-20"
BLIND_TO_KEYS = ("_index",)  # equal under one key, but not the point of a comparison of values


@pytest.fixture(scope="module")
def demo_file(tmp_path_factory, vault, migrated_file):
    """A demo of 1,500 customers, made once."""
    path = tmp_path_factory.mktemp("demo") / "careline.db"
    path.write_bytes(migrated_file)
    store = Store.open(f"sqlite:///{path}", vault)
    fill(store, Job(1_500, 7, AS_OF), key_file=None)
    yield store
    store.close()


@pytest.fixture
def demo(demo_file):
    with demo_file.reading() as session:
        yield session


@pytest.fixture
def store_with_key_file(tmp_path, migrated_file, monkeypatch):
    """A store of its own with its key file: worker processes load the key for themselves."""
    monkeypatch.delenv("CARELINE_MASTER_KEY", raising=False)
    (tmp_path / "other.db").write_bytes(migrated_file)
    key_file = tmp_path / "master.key"
    store = Store.open(f"sqlite:///{tmp_path / 'other.db'}", Vault.load(key_file, environ={}))
    yield store, key_file
    store.close()


def values_of(store) -> dict[str, list[tuple]]:
    """Every value of every table, opened."""
    with store.reading() as session:
        return {
            table.name: sorted((tuple(map(str, row)) for row in session.execute(select(*_plain(table)))), key=str)
            for table in Base.metadata.sorted_tables
            if not table.name.startswith("audit_")  # the moment differs from run to run
        }


def _plain(table):
    return [column for column in table.columns if not column.name.endswith(BLIND_TO_KEYS)]


def test_the_same_seed_gives_the_same_data_in_both_databases(sqlite_store, postgres_store):
    for store in (sqlite_store, postgres_store):
        fill(store, Job(120, 3, AS_OF), key_file=None)
    assert values_of(sqlite_store) == values_of(postgres_store)


def test_another_seed_gives_other_data(sqlite_store, demo):
    fill(sqlite_store, Job(50, 8, AS_OF), key_file=None)
    with sqlite_store.reading() as session:
        assert demo_logins(session)[0].policy_number != demo_logins(demo)[0].policy_number


def test_an_interrupted_demo_is_continued_to_the_same_data(sqlite_store, tmp_path, vault, migrated_file, monkeypatch):
    monkeypatch.setattr("crm.demo.load.CHUNK", 40)
    (tmp_path / "whole.db").write_bytes(migrated_file)
    whole = Store.open(f"sqlite:///{tmp_path / 'whole.db'}", vault)
    job = Job(150, 3, AS_OF)
    fill(whole, job, key_file=None)

    def stop(done: int) -> None:
        if done > 60:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fill(sqlite_store, job, key_file=None, progress=stop)
    with sqlite_store.reading() as session:
        left = job_of(session)
    assert 60 < left.done < 150
    fill(sqlite_store, left, key_file=None)
    done, expected = values_of(sqlite_store), values_of(whole)
    assert done == expected
    whole.close()


def test_workers_make_the_same_data(store_with_key_file, sqlite_store, monkeypatch):
    monkeypatch.setattr("crm.demo.load.CHUNK", 60)
    store, key_file = store_with_key_file
    job = Job(320, 7, AS_OF)
    fill(store, job, key_file=key_file)
    fill(sqlite_store, job, key_file=None)
    assert values_of(store) == values_of(sqlite_store)


def test_both_logins_can_be_used(demo_file):
    with demo_file.reading() as session:
        logins = demo_logins(session)
    assert [login.has_open_claim for login in logins] == [True, False]
    for login in logins:
        with demo_file.session() as session:
            chat = make.a_conversation(session)
            who = verification.verify(
                session, chat.id, identifier=login.policy_number, birth_date=login.birth_date, now=make.NOW
            )
            assert who.name == login.name
            active = {p.line for p in policies.list_policies(session, who.id) if p.status is PolicyStatus.ACTIVE}
            assert {Line.AUTO, Line.HOME} <= active


def test_new_rows_follow_a_demo_on_both_databases(store):
    fill(store, Job(30, 3, AS_OF), key_file=None)
    with store.session() as session:
        policy = make.a_policy(session, number="PA-0000001")
        claims.file_claim(session, policy.customer_id, make.a_report(policy), now=make.NOW)
        chat = make.a_conversation(session)
        conversations.add_customer_message(session, chat.id, message_id="m", text="x", now=make.NOW)


def test_wealth_shows_in_what_customers_hold(demo):
    income = {row.id: row.income_minor for row in demo.query(Customer) if row.income_minor}
    holders = {p.customer_id for p in demo.query(Policy) if p.plan.product.line is Line.HOME}
    with_home = mean(value for key, value in income.items() if key in holders)
    without = mean(value for key, value in income.items() if key not in holders)
    assert with_home > 1.15 * without


def test_age_shows_in_marital_status(demo):
    def share_single(first: int, last: int) -> float:
        ages = [(2026 - row.birth_date.year, row.marital_status) for row in demo.query(Customer)]
        chosen = [status for age, status in ages if first <= age < last]
        return Counter(chosen)["single"] / len(chosen)

    assert share_single(18, 26) > 0.5 > 0.3 > share_single(45, 70)


def test_customers_are_adults_with_a_policy_and_some_answers_missing(demo):
    rows = demo.query(Customer).all()
    assert max(row.birth_date for row in rows) < date(2008, 11, 21)
    assert {row.id for row in rows} == {policy.customer_id for policy in demo.query(Policy)}
    assert 0.01 < mean(row.income_minor is None for row in rows) < 0.1
    assert any(row.family_name >= "一" for row in rows)


def test_claims_fit_their_policies(demo):
    for claim in demo.query(Claim):
        assert claim.policy.starts_on <= claim.incident_on <= claim.filed_at.date()
        assert claim.filed_at.date() <= date.fromisoformat(AS_OF)
        assert claims.claim(demo, claim.customer_id, claim.number).history


def test_claims_lie_within_their_policies(demo):
    assert all(claim.filed_at.date() <= claim.policy.ends_on for claim in demo.query(Claim))


def test_policies_are_renewed_from_year_to_year_without_a_gap(demo):
    years = defaultdict(list)
    for row in demo.query(Renewal).order_by(Renewal.starts_on):
        years[row.policy_id].append(row)
    assert any(len(rows) > 5 for rows in years.values())
    for policy_id, rows in years.items():
        policy = demo.get(Policy, policy_id)
        assert (
            policy.starts_on < rows[0].starts_on <= rows[-1].starts_on <= min(policy.ends_on, date.fromisoformat(AS_OF))
        )
        assert policy.premium_minor == rows[-1].premium_minor
        for before, after in pairwise(rows):
            assert after.starts_on == before.ends_on + timedelta(days=1)
            assert after.previous_premium_minor == before.premium_minor


def test_a_policy_in_force_ends_ahead_and_one_that_ended_says_when_and_why(demo):
    today = date.fromisoformat(AS_OF)
    ends = {row.policy_id: row for row in demo.query(PolicyHistory)}
    for policy in demo.query(Policy):
        if policy.status is PolicyStatus.ACTIVE:
            assert policy.ends_on >= today
            assert policy.id not in ends
        else:
            assert policy.starts_on < policy.ends_on < today
            assert ends[policy.id].at.date() == policy.ends_on
            assert ends[policy.id].code == policy.status.value
            assert ends[policy.id].details["reason"] in REASONS


def test_steep_rises_and_bad_claims_drive_customers_away(demo):
    gone = {policy.id for policy in demo.query(Policy) if policy.status is not PolicyStatus.ACTIVE}
    claimed = {claim.policy_id for claim in demo.query(Claim)}
    steep = {row.policy_id for row in demo.query(Renewal) if row.premium_minor > 1.08 * row.previous_premium_minor}
    renewed = {row.policy_id for row in demo.query(Renewal)}
    everyone = {policy.id for policy in demo.query(Policy)}
    assert _share(gone, claimed) > 1.3 * _share(gone, everyone - claimed)
    assert _share(gone, steep) > 1.1 * _share(gone, renewed - steep)


def _share(some: set[int], of: set[int]) -> float:
    return len(some & of) / len(of)


def test_the_insurer_has_hours_branches_and_agents(demo):
    assert len(organisation.business_hours(demo).spans) == 6
    assert organisation.branches(demo, city="alderwick ")[0].hours.spans
    assert any(organisation.agent_of(demo, customer_id) for customer_id in range(1, 20))
    facts = organisation.business_information(demo)
    assert {"name", "phone", "emergency_phone", "time_zone", "currency"} <= set(facts)


def test_numbers_never_repeat():
    numbers = Numbers.of_seed(5).policies
    sample = [numbers[index] for index in range(200_000)]
    assert len(set(sample)) == len(sample)
    assert min(sample) >= 1_000_000
    assert max(sample) <= 9_999_999


@pytest.mark.parametrize("customers", [0, 1, 2_000_000])
def test_a_demo_that_cannot_be_is_refused(customers):
    with pytest.raises(InvalidInput):
        Job(customers, 1, AS_OF)


class TestCommandLine:
    @pytest.fixture(autouse=True)
    def _var(self, tmp_path, monkeypatch):
        monkeypatch.setenv("CARELINE_VAR", str(tmp_path))
        for name in ("CARELINE_DATABASE_URL", "CARELINE_MASTER_KEY", "CARELINE_MASTER_KEY_FILE"):
            monkeypatch.delenv(name, raising=False)

    def test_demo_prints_the_two_customers_and_leaves_a_full_store_alone(self, capsys):
        assert main(["demo", "--customers", "20"]) == 0
        lines = _login_lines(capsys)
        assert len(lines) == 2
        assert main(["demo", "--customers", "999", "--seed", "4"]) == 0
        printed = capsys.readouterr().out
        assert "nothing was changed" in printed
        assert main(["demo", "--show"]) == 0
        assert _login_lines(capsys) == lines

    def test_init_makes_an_empty_store(self, capsys):
        assert main(["init"]) == 0
        assert main(["demo", "--show"]) == 0
        assert "no demo customers" in capsys.readouterr().out

    def test_nonsense_is_one_line_and_status_1(self, capsys):
        assert main(["demo", "--customers", "0"]) == 1
        assert capsys.readouterr().err.count("\n") == 1

    def test_a_database_that_does_not_answer_is_one_line_and_status_1(self, capsys, monkeypatch):
        monkeypatch.setenv("CARELINE_DATABASE_URL", "postgresql+psycopg://nobody@127.0.0.1:1/nothing")
        assert main(["init"]) == 1
        assert capsys.readouterr().err.count("\n") == 1


def _login_lines(capsys) -> list[str]:
    pattern = re.compile(r"^demo customer: policy PA-\d{7} born \d{4}-\d{2}-\d{2} name .+$", re.MULTILINE)
    return pattern.findall(capsys.readouterr().out)


def test_a_job_knows_when_it_is_finished():
    job = Job(10, 1, AS_OF)
    assert not job.finished
    assert replace(job, done=10).finished
