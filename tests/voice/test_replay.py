"""What callers said, heard anew."""

import asyncio
from dataclasses import asdict

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.domain import Recording, Spoken
from crm.services import calls, conversations
from crm.store import Store
from tests.factories import crm as make
from tests.factories.store import migrated_bytes
from vault import Vault
from voice import __main__ as command_line
from voice.commands import replay as command
from voice.ports import Expectation, Hypothesis, Kind, Option
from voice.replay import distance, expectation, replay

WORDS = st.lists(st.sampled_from("abc"), max_size=6)


class Ears:
    """Hears the given texts one after the other, and notes what was asked of it."""

    def __init__(self, *texts):
        self.texts = list(texts)
        self.asked = []
        self.fed = 0
        self.is_closed = False

    async def open(self, language, rate):
        self.asked.append((language, rate))
        return self

    async def start(self, expectation):
        self.asked.append(expectation)

    async def feed(self, pcm):
        self.fed += len(pcm)
        return ""

    async def finish(self):
        text = self.texts.pop(0)
        return Hypothesis(text, 0.9, understood=bool(text))

    async def close(self):
        self.is_closed = True


def recording(heard, expected=None, seq=1):
    return Recording(seq, bytes(16_000), heard, expected)


def replayed(ears, *recordings, language="en", rate=8000):
    async def run():
        return [each async for each in replay(ears, recordings, language, rate)]

    return asyncio.run(run())


def test_old_and_new_words_stand_side_by_side_with_what_changed():
    (found,) = replayed(Ears("my claim status please"), recording("my claims status"))
    assert (found.before, found.now) == ("my claims status", "my claim status please")
    assert (found.errors, found.words, found.seconds) == (2, 3, 1.0)


def test_every_sample_is_heard_and_the_ears_are_given_back():
    ears = Ears("one")
    replayed(ears, recording("one"))
    assert ears.fed == 16_000
    assert ears.is_closed


def test_what_was_not_understood_this_time_is_all_wrong():
    (found,) = replayed(Ears(""), recording("my claim"))
    assert not found.understood
    assert found.errors == 2


def test_the_question_is_the_one_of_the_call():
    question = Expectation(Kind.CHOICE, about="line", options=(Option("auto", "/inform"),), confirm=True)
    ears = Ears("auto")
    replayed(ears, recording("auto", {**asdict(question), "unheard_of": 1}), rate=16_000)
    assert ears.asked == [("en", 16_000), question]


def test_without_a_question_it_is_free_speech():
    assert expectation(None) == Expectation()


@given(WORDS, WORDS)
def test_the_distance_is_one_of_words(first, second):
    assert distance(first, second) == distance(second, first)
    assert abs(len(first) - len(second)) <= distance(first, second) <= max(len(first), len(second))
    assert (distance(first, second) == 0) == (first == second)


@given(WORDS, WORDS, WORDS)
def test_a_detour_is_never_shorter(first, second, third):
    assert distance(first, third) <= distance(first, second) + distance(second, third)


# --- the command


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("CARELINE_VAR", str(tmp_path))
    monkeypatch.delenv("CARELINE_DATABASE_URL", raising=False)
    vault = Vault.load(tmp_path / "master.key", environ={})
    (tmp_path / "careline.db").write_bytes(migrated_bytes(tmp_path / "template", vault))
    opened = Store.open(f"sqlite:///{tmp_path / 'careline.db'}", vault)
    yield opened
    opened.close()


def a_call(store, consent=True, sound=True):
    with store.session() as session:
        call = make.a_call(session)
        conversations.add_customer_message(
            session, call.id, message_id="said-1", text="my claim", spoken=Spoken(0, 900, 0.8), now=make.NOW
        )
        if consent is not None:
            calls.consent(session, call.id, consent)
        if sound:
            calls.keep_sound(
                session, call.id, "said-1", pcm=bytes(16_000), heard="my claim", expected=None, now=make.NOW
            )
        return call.id


def test_the_command_prints_words_and_their_error_rate(store, monkeypatch, capsys):
    monkeypatch.setattr(command, "open_ears", lambda settings: Ears("my claims"))
    assert command_line.main(["replay", a_call(store)]) == 0
    told = capsys.readouterr().out
    assert "before  my claim\n" in told
    assert "now     my claims" in told
    assert "word error rate between them 50.0%" in told


@pytest.mark.parametrize(
    ("consent", "reason"), [(True, "kept as sound any more"), (False, "did not agree"), (None, "was not asked")]
)
def test_without_sound_the_command_says_why(store, capsys, consent, reason):
    assert command_line.main(["replay", a_call(store, consent, sound=False)]) == 1
    assert reason in capsys.readouterr().err


def test_a_chat_was_never_spoken(store, capsys):
    with store.session() as session:
        chat = make.a_conversation(session).id
    assert command_line.main(["replay", chat]) == 1
    assert "no call" in capsys.readouterr().err


def test_a_call_that_was_erased_is_not_there(store, capsys):
    assert command_line.main(["replay", "0" * 32]) == 1
    assert "erased" in capsys.readouterr().err


def test_without_a_store_the_command_says_where_to_look(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv("CARELINE_VAR", str(tmp_path))
    monkeypatch.delenv("CARELINE_DATABASE_URL", raising=False)
    assert command_line.main(["replay", "0" * 32]) == 1
    assert "CARELINE_VAR" in capsys.readouterr().err
