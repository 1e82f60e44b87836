import re
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from sqlalchemy import text

from crm.cli import main
from crm.errors import CodeExpired, CodeLocked, CodeWrong, InvalidInput, NotEligible, TooManyCodes
from crm.normalise import mask_email
from crm.services import conversations, one_time_codes, outbox, verification
from crm.store import Store
from tests.factories import crm as make
from vault import Vault

MINUTE = timedelta(minutes=1)


@pytest.fixture
def chat(store):
    """A verified customer, and functions that act in sessions of their own."""
    with store.session() as session:
        policy = make.a_policy(session)
        customer = session.get(make.Customer, policy.customer_id)
        first = make.a_conversation(session).id
    with store.session() as session:
        verification.verify(session, first, identifier=policy.number, birth_date=make.BORN, now=make.NOW)

    class Chat:
        customer_id, phone, email, number, conversation_id = (
            *(customer.id, customer.phone, customer.email, policy.number),
            first,
        )

        def request(self, now=make.NOW, conversation_id=first, **options):
            with store.session() as session:
                return one_time_codes.request_code(
                    session, conversation_id, deliver=outbox.Outbox(), now=now, **options
                )

        def code(self):
            with store.reading() as session:
                return re.search(r"\b\d{6}\b", outbox.newest(session)[0].text).group()

        def wrong(self):
            return f"{(int(self.code()) + 1) % 1_000_000:06d}"

        def confirm(self, code, now=make.NOW, conversation_id=first):
            with store.session() as session:
                one_time_codes.confirm_code(session, conversation_id, code, now)

        def confirmed(self, now=make.NOW, conversation_id=first):
            with store.reading() as session:
                return one_time_codes.confirmed(session, conversation_id, now)

        def verified_elsewhere(self, now=make.NOW):
            with store.session() as session:
                other = make.a_conversation(session).id
                verification.verify(session, other, identifier=policy.number, birth_date=make.BORN, now=now)
            return other

        def refusals(self, code, times, now=make.NOW):
            outcomes = []
            for _ in range(times):
                with pytest.raises((CodeWrong, CodeLocked)) as refused:
                    self.confirm(code, now)
                outcomes.append(getattr(refused.value, "tries_left", "locked"))
            return outcomes

    return Chat()


def test_the_right_code_confirms_for_fifteen_minutes(chat):
    sent = chat.request()
    assert (sent.channel, sent.destination[-3:], sent.valid_until) == ("sms", chat.phone[-3:], make.NOW + 10 * MINUTE)
    assert chat.phone not in sent.destination
    assert not chat.confirmed()
    chat.confirm(chat.code())
    assert chat.confirmed(make.NOW + 14 * MINUTE)
    assert not chat.confirmed(make.NOW + 15 * MINUTE)


@pytest.mark.parametrize("spell", [lambda c: f"{c[:3]} {c[3:]}", lambda c: f"It is {c[:3]}-{c[3:]}.", lambda c: c])
def test_a_code_is_read_in_any_spelling_and_twice(chat, spell):
    chat.request()
    for _ in range(2):
        chat.confirm(spell(chat.code()))
    assert chat.confirmed()


def test_five_wrong_codes_lock_the_right_one_too(chat):
    chat.request()
    assert chat.refusals(chat.wrong(), 6) == [4, 3, 2, 1, "locked", "locked"]
    with pytest.raises(CodeLocked):
        chat.confirm(chat.code())
    chat.request(now=make.NOW + MINUTE)
    chat.confirm(chat.code(), now=make.NOW + MINUTE)
    assert chat.confirmed(make.NOW + MINUTE)


def test_guesses_side_by_side_do_not_outrun_the_count(chat):
    chat.request()
    wrong = chat.wrong()

    def guess(_):
        try:
            chat.confirm(wrong)
        except (CodeWrong, CodeLocked) as refusal:
            return getattr(refusal, "tries_left", "locked")

    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(guess, range(8)))
    assert sorted(map(str, outcomes)) == ["1", "2", "3", "4", *["locked"] * 4]


def test_what_is_no_code_is_not_a_try(chat):
    chat.request()
    for nonsense in ("", "what code?", "12345", "1234567"):
        with pytest.raises(InvalidInput):
            chat.confirm(nonsense)
    assert chat.refusals(chat.wrong(), 1) == [4]


def test_a_code_ends_after_ten_minutes(chat):
    chat.request()
    with pytest.raises(CodeExpired):
        chat.confirm(chat.code(), now=make.NOW + 10 * MINUTE)


def test_without_a_request_there_is_nothing_to_confirm(chat):
    with pytest.raises(CodeExpired):
        chat.confirm("123456")


def test_a_new_code_voids_the_old_one(chat):
    chat.request()
    old = chat.code()
    chat.request(now=make.NOW + MINUTE)
    if old != chat.code():
        assert chat.refusals(old, 1, now=make.NOW + MINUTE) == [4]


def test_codes_are_not_sent_faster_or_more_often_than_agreed(chat):
    chat.request()
    with pytest.raises(TooManyCodes) as soon:
        chat.request(now=make.NOW + timedelta(seconds=29))
    assert soon.value.until == make.NOW + one_time_codes.RESEND_AFTER
    for minute in range(1, 4):
        chat.request(now=make.NOW + minute * MINUTE)
    other = chat.verified_elsewhere()
    chat.request(now=make.NOW + 5 * MINUTE, conversation_id=other)
    with pytest.raises(TooManyCodes) as many:
        chat.request(now=make.NOW + 6 * MINUTE, conversation_id=other)
    assert many.value.until == make.NOW + one_time_codes.SENT_WITHIN


def test_a_code_of_one_conversation_opens_no_other(chat):
    chat.request()
    other = chat.verified_elsewhere()
    with pytest.raises(CodeExpired):
        chat.confirm(chat.code(), conversation_id=other)
    chat.confirm(chat.code())
    assert not chat.confirmed(conversation_id=other)


def test_verifying_anew_asks_for_a_new_code(chat, store):
    chat.request()
    chat.confirm(chat.code())
    later = make.NOW + MINUTE
    with store.session() as session:
        verification.forget(session, chat.conversation_id)
    assert not chat.confirmed(later)
    with store.session() as session:
        verification.verify(session, chat.conversation_id, identifier=chat.number, birth_date=make.BORN, now=later)
    assert not chat.confirmed(later)


def test_nobody_verified_gets_no_code(chat, store):
    with store.session() as session:
        stranger = make.a_conversation(session).id
    with pytest.raises(NotEligible):
        chat.request(conversation_id=stranger)


def test_a_channel_can_be_wished(chat):
    sent = chat.request(channel="email")
    assert (sent.channel, sent.destination) == ("email", mask_email(chat.email))
    with pytest.raises(InvalidInput):
        chat.request(now=make.NOW + MINUTE, channel="pigeon")


def test_the_code_stands_nowhere_readable(chat, store):
    chat.request()
    with store.reading() as session:
        rows = [*session.execute(text("SELECT code_index FROM one_time_codes"))]
        rows += [*session.execute(text("SELECT text, destination FROM outbox_messages"))]
    stored = b" ".join(bytes(value) for row in rows for value in row)
    assert chat.code().encode() not in stored
    assert chat.phone.encode() not in stored


def test_the_message_is_in_the_language_of_the_conversation(chat, store):
    with store.session() as session:
        conversations.set_language(session, chat.conversation_id, "zh")
    chat.request()
    with store.reading() as session:
        assert "验证码" in outbox.newest(session)[0].text


def test_the_operator_reads_the_outbox(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("CARELINE_VAR", str(tmp_path))
    for name in ("CARELINE_DATABASE_URL", "CARELINE_MASTER_KEY", "CARELINE_MASTER_KEY_FILE"):
        monkeypatch.delenv(name, raising=False)
    assert main(["init"]) == 0
    assert main(["outbox"]) == 0
    assert "empty" in capsys.readouterr().out
    store = Store.open(f"sqlite:///{tmp_path / 'careline.db'}", Vault.load(tmp_path / "master.key", environ={}))
    with store.session() as session:
        customer = make.a_customer(session)
        outbox.put(session, customer.id, kind="k", channel="sms", destination="+1555", text="code 424242", now=make.NOW)
    store.close()
    assert main(["outbox", "--limit", "1"]) == 0
    assert "sms to +1555: code 424242" in capsys.readouterr().out
