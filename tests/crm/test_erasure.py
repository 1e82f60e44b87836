"""Erasure: what is a person's goes from everywhere, what the law keeps says nothing of them, no kill loses it."""

import random
import threading
from datetime import timedelta

import pytest
from sqlalchemy import event, func, select, text

from crm import audit_chain, holdings
from crm.domain import ErasureState, PolicyStatus
from crm.errors import NotFound, VerificationFailed
from crm.housekeeping import Housekeeping
from crm.ports import BotUnreachable
from crm.retention.rules import rules
from crm.schema import Base, Customer, Policy, TrackerForget, VerificationCounter
from crm.schema.types import Sealed
from crm.services import audit, claims, conversations, erasure, service_requests, verification
from tests.factories import crm as make
from tests.factories.everything import a_whole_person, values_of

MARK = "Imogen-Thackeray"
STRANGER = "Somebody-Else"
LATER = make.NOW + timedelta(hours=1)


class Bot:
    """What the bot remembers; `fails` makes it unreachable as often."""

    def __init__(self, *known: str) -> None:
        self.known = set(known)
        self.forgotten: list[str] = []
        self.scrubbed = 0
        self.fails = 0

    def forget(self, conversation_id: str) -> None:
        self._answer()
        self.forgotten.append(conversation_id)
        self.known.discard(conversation_id)

    def scrub(self) -> None:
        self._answer()
        self.scrubbed += 1

    def _answer(self) -> None:
        if self.fails:
            self.fails -= 1
            raise BotUnreachable("away")


@pytest.fixture
def people(store):
    """Somebody with a row in every table, and a stranger with the same."""
    with store.engine.begin() as connection:
        return a_whole_person(connection, MARK), a_whole_person(connection, STRANGER)


def erase(store, customer_id, bot=None, now=make.NOW, conversation_id=None):
    with store.session() as session:
        asked = erasure.request(session, customer_id, conversation_id=conversation_id, now=now)
    Housekeeping(store, bot or Bot(), clock=lambda: now).work(vacuum=True)
    with store.session() as session:
        return erasure.erasure(session, asked.id)


def test_nothing_of_the_person_is_left_in_any_table(store, people):
    person, _ = people
    assert erase(store, person["customers"]).state is ErasureState.FINISHED
    with store.engine.connect() as connection:
        for table in Base.metadata.sorted_tables:
            if table.name not in rules().insurers:
                told = repr(connection.execute(select(table)).all())
                assert MARK not in told, table.name


def test_what_goes_goes_and_what_the_law_keeps_stays(store, people):
    person, _ = people
    erase(store, person["customers"])
    with store.engine.connect() as connection:
        for name in sorted(rules().customers & set(person)):
            table = Base.metadata.tables[name]
            if len(table.primary_key.columns) == 1:
                left = bool(values_of(connection, table, person[name]))
                assert left is (rules().tables[name].erasure == "clear"), name


def test_a_stranger_keeps_everything(store, people):
    person, stranger = people
    tables = [Base.metadata.tables[name] for name in sorted(rules().customers & set(stranger))]
    with store.engine.connect() as connection:
        before = {table.name: values_of(connection, table, stranger[table.name]) for table in tables}
    erase(store, person["customers"])
    with store.engine.connect() as connection:
        after = {table.name: values_of(connection, table, stranger[table.name]) for table in tables}
    assert after == before


def test_no_sealed_value_is_left_in_the_files(sqlite_store, tmp_path):
    with sqlite_store.engine.begin() as connection:
        a_whole_person(connection, STRANGER)
        person = a_whole_person(connection, MARK)
        for _ in range(30):
            a_whole_person(connection, STRANGER)
        sealed = sealed_values(connection, person)
    assert len(sealed) > 40
    assert any(value in written(tmp_path) for value in sealed)
    erase(sqlite_store, person["customers"])
    assert not [value for value in sealed if value in written(tmp_path)]
    assert person["conversations"].encode() not in written(tmp_path)


def sealed_values(connection, person):
    """The bytes of the sealed values of the person's rows, without the header that all of them share."""
    found = []
    for name, key in person.items():
        table = Base.metadata.tables[name]
        if name not in rules().customers:
            continue
        for column in table.columns:
            if isinstance(column.type, Sealed):
                statement = text(
                    f"SELECT {column.name} FROM {name} WHERE {next(iter(table.primary_key.columns)).name} = :key"
                )
                value = connection.execute(statement, {"key": key}).scalar()
                if value is not None:
                    found.append(bytes(value)[-32:])
    return found


def written(folder):
    return b"".join(path.read_bytes() for path in folder.glob("careline.db*"))


@pytest.mark.postgres
def test_postgres_is_vacuumed(postgres_store):
    with postgres_store.engine.begin() as connection:
        person = a_whole_person(connection, MARK)
    before = vacuums(postgres_store)
    erase(postgres_store, person["customers"])
    assert vacuums(postgres_store) == before + 1


def vacuums(store):
    with store.engine.connect() as connection:
        statement = "SELECT vacuum_count FROM pg_stat_user_tables WHERE relname = 'messages'"
        return connection.execute(text(statement)).scalar()


def test_every_kept_row_says_under_which_law_and_until_when(store, people):
    done = erase(store, people[0]["customers"])
    kept = {part.table: (part.law, part.until.year) for part in done.kept}
    assert kept["invoices"] == ("accounts", 2036)
    assert kept["claims"] == ("claims", 2036)
    assert set(kept) == {name for name, rule in rules().tables.items() if rule.law and name != "customers"}


def test_the_bot_is_asked_until_it_has_forgotten(store, people):
    person, stranger = people
    bot = Bot(person["conversations"], stranger["conversations"])
    bot.fails = 2
    moment = make.NOW
    done = erase(store, person["customers"], bot)
    while done.state is not ErasureState.FINISHED:
        assert done.state is ErasureState.ERASED
        moment += timedelta(minutes=15)
        Housekeeping(store, bot, clock=lambda at=moment: at).work(vacuum=False)
        with store.session() as session:
            done = erasure.erasure(session, done.id)
    assert (bot.known, bot.scrubbed) == ({stranger["conversations"]}, 1)


def test_the_conversation_it_was_asked_in_ends_first(store):
    with store.session() as session:
        customer = make.a_customer(session)
        chat = make.a_conversation(session)
        conversations.add_customer_message(session, chat.id, message_id="m-1", text="Erase it", now=make.NOW)
    asked = erase(store, customer.id, conversation_id=chat.id)
    assert asked.state is ErasureState.REQUESTED
    with store.session() as session:
        conversations.mark_answered(session, chat.id, "m-1", outcome="answered", now=make.NOW)
    worked = Housekeeping(store, Bot(), clock=lambda: make.NOW).work()
    assert [view.conversation_id for view in worked.erased] == [chat.id]
    with store.session() as session, pytest.raises(NotFound):
        conversations.get_conversation(session, chat.id)


def test_a_conversation_that_does_not_end_holds_up_nothing(store):
    with store.session() as session:
        customer = make.a_customer(session)
        chat = make.a_conversation(session)
        conversations.add_customer_message(session, chat.id, message_id="m-1", text="Erase it", now=make.NOW)
    asked = erase(store, customer.id, conversation_id=chat.id)
    worked = Housekeeping(store, Bot(), clock=lambda: LATER).work()
    assert [view.id for view in worked.finished] == [asked.id]


def test_the_person_cannot_be_verified_any_more(store):
    with store.session() as session:
        policy = make.a_policy(session, status=PolicyStatus.EXPIRED)
        number = policy.number
    erase(store, policy.customer_id)
    with store.session() as session:
        chat = make.a_conversation(session)
    with pytest.raises(VerificationFailed), store.session() as session:
        verification.verify(session, chat.id, identifier=number, birth_date=make.BORN, now=LATER)


def test_failed_verifications_of_the_person_are_forgotten(store):
    with store.session() as session:
        policy = make.a_policy(session)
        chat = make.a_conversation(session)
        number = policy.number
    with pytest.raises(VerificationFailed), store.session() as session:
        verification.verify(session, chat.id, identifier=number, birth_date=make.NOW.date(), now=make.NOW)
    erase(store, policy.customer_id)
    with store.session() as session:
        left = session.scalar(select(func.count()).select_from(VerificationCounter))
    assert left == 1  # the stranger's own conversation, which names nobody


def test_words_in_a_conversation_that_somebody_else_went_on_with_go_too(store):
    with store.session() as session:
        first, second = make.a_policy(session), make.a_policy(session)
        chat = make.a_conversation(session)
        verification.verify(session, chat.id, identifier=first.number, birth_date=make.BORN, now=make.NOW)
        claims.file_claim(session, first.customer_id, make.a_report(first), now=make.NOW)
        service_requests.note_contact(session, first.customer_id, chat.id, topic="claim", summary="", now=make.NOW)
        verification.verify(session, chat.id, identifier=second.number, birth_date=make.BORN, now=make.NOW)
    erase(store, first.customer_id)
    with store.session() as session, pytest.raises(NotFound):
        conversations.get_conversation(session, chat.id)


def test_what_stands_against_it_is_named(session):
    policy = make.a_policy(session)
    assert erasure.obstacles(session, policy.customer_id) == ("policies",)
    claims.file_claim(session, policy.customer_id, make.a_report(policy), now=make.NOW)
    make.an_invoice(session, policy)
    assert erasure.obstacles(session, policy.customer_id) == ("policies", "claims", "invoices")
    assert erasure.obstacles(session, make.a_customer(session).id) == ()


def test_asking_twice_is_one_erasure_and_an_erased_customer_is_not_found(store):
    with store.session() as session:
        customer = make.a_customer(session)
        first = erasure.request(session, customer.id, conversation_id=None, now=make.NOW)
        assert erasure.request(session, customer.id, conversation_id=None, now=LATER).id == first.id
    Housekeeping(store, Bot(), clock=lambda: LATER).work()
    with store.session() as session, pytest.raises(NotFound):
        erasure.request(session, customer.id, conversation_id=None, now=LATER)


def test_a_policy_in_force_ends_with_the_erasure(store):
    with store.session() as session:
        policy = make.a_policy(session)
    erase(store, policy.customer_id)
    with store.session() as session:
        row = session.get_one(Policy, policy.id)
        assert (row.status, row.number, row.insured) == (PolicyStatus.CANCELLED, "", {})
        assert session.get_one(Customer, policy.customer_id).erased_at == make.NOW


class Killed(BaseException):
    """The process dies here."""


@pytest.mark.parametrize("round_", range(5))
def test_killed_anywhere_it_loses_and_doubles_nothing(store, round_):
    """Ten deaths a round, 50 in all on each database: at any statement, at any commit, and while the bot is asked."""
    draw = random.Random(round_)
    with store.engine.begin() as connection:
        person, stranger = a_whole_person(connection, MARK), a_whole_person(connection, STRANGER)
    bot = Bot(person["conversations"], stranger["conversations"])
    with store.session() as session:
        asked = erasure.request(session, person["customers"], conversation_id=None, now=make.NOW)
    deaths = 0
    while deaths < 10:
        came_through = False
        with dying(store, bot, draw):
            try:
                Housekeeping(store, bot, clock=lambda: make.NOW).work(vacuum=False)
                came_through = True
            except Killed:
                deaths += 1
        if came_through:
            person, asked = another(store, bot, person, asked)
    Housekeeping(store, bot, clock=lambda: make.NOW).work(vacuum=False)
    assert_gone(store, bot, person, asked)
    assert stranger["conversations"] in bot.known


def another(store, bot, person, asked):
    """Check the one who was erased; the next to go."""
    assert_gone(store, bot, person, asked)
    with store.engine.begin() as connection:
        person = a_whole_person(connection, MARK)
    bot.known.add(person["conversations"])
    with store.session() as session:
        return person, erasure.request(session, person["customers"], conversation_id=None, now=make.NOW)


def assert_gone(store, bot, person, asked):
    with store.session() as session:
        assert erasure.erasure(session, asked.id).state is ErasureState.FINISHED
        assert not session.scalars(select(TrackerForget)).all()
    assert person["conversations"] not in bot.known
    with store.engine.connect() as connection:
        owned = holdings.owned_ids(connection, person["customers"])
        assert {name for name, ids in owned.items() if ids} == {
            name for name, rule in rules().tables.items() if rule.erasure == "clear"
        }
        assert all(len(ids) <= 1 for name, ids in owned.items() if name != "erasures")
        for table in Base.metadata.sorted_tables:
            if table.name not in rules().insurers:
                assert MARK not in repr(connection.execute(select(table)).all()), table.name
        report = audit_chain.verify(connection)
    assert report.faults == ()
    with store.session() as session:
        done = [entry.verb for entry in audit.entries_about(session, person["customers"])]
    assert (done.count("erase"), done.count("finish_erasure")) == (1, 1)


class dying:
    """Within it the process dies at a statement, a commit or a question to the bot drawn by chance."""

    def __init__(self, store, bot, draw) -> None:
        self._store, self._bot = store, bot
        self._left = draw.randrange(1, 200)  # a whole erasure has about so many steps

    def __enter__(self) -> None:
        self._ask = self._bot._answer
        self._bot._answer = self._step
        event.listen(self._store.engine, "before_cursor_execute", self._step)
        event.listen(self._store.engine, "commit", self._step)

    def __exit__(self, *_) -> None:
        self._bot._answer = self._ask
        event.remove(self._store.engine, "before_cursor_execute", self._step)
        event.remove(self._store.engine, "commit", self._step)

    def _step(self, *_) -> None:
        self._left -= 1
        if self._left == 0:
            raise Killed


def test_two_processes_at_the_same_erasure_finish_it_once(store, people):
    person, _ = people
    with store.session() as session:
        asked = erasure.request(session, person["customers"], conversation_id=None, now=make.NOW)
    failures = []

    def work() -> None:
        try:
            Housekeeping(store, Bot(), clock=lambda: make.NOW).work(vacuum=False)
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    Housekeeping(store, Bot(), clock=lambda: make.NOW).work(vacuum=False)
    assert not failures
    with store.session() as session:
        assert erasure.erasure(session, asked.id).state is ErasureState.FINISHED
        verbs = [entry.verb for entry in audit.entries_about(session, person["customers"])]
    assert (verbs.count("erase"), verbs.count("finish_erasure")) == (1, 1)
