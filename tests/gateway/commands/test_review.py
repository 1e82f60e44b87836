import pytest
import yaml

from crm.domain import MarkState
from crm.services import review
from crm.store import Store
from gateway.commands.review import FILE, main
from tests.factories import crm as make
from tests.factories import desk
from tests.factories.store import migrated_bytes
from vault import Vault


@pytest.fixture
def store(tmp_path):
    vault = Vault.load(tmp_path / "master.key", environ={})
    (tmp_path / "careline.db").write_bytes(migrated_bytes(tmp_path, vault))
    store = Store.open(f"sqlite:///{tmp_path / 'careline.db'}", vault)
    yield store
    store.close()


@pytest.fixture
def data(tmp_path):
    for language, known in (("en", "is theft covered"), ("zh", "我要报案")):
        (tmp_path / "nlu" / language).mkdir(parents=True)
        listed = [{"intent": "coverage_question", "examples": f"- [{known}](coverage)\n"}]
        (tmp_path / "nlu" / language / "policies.yml").write_text(
            yaml.safe_dump({"version": "3.1", "nlu": listed}, allow_unicode=True), encoding="utf-8"
        )
    return tmp_path / "nlu"


def marked(store, text, right="coverage_question", *, language="en", customer=False, accepted=True):
    with store.session() as session:
        who = make.a_customer(session, given_name="Imogen", family_name="Thackeray") if customer else None
        talk = desk.a_talk(session, customer=who, language=language)
        message = desk.says(session, talk, text, intent="out_of_scope")
        found = review.mark(session, talk, message, right_intent=right, by=1, now=make.NOW)
        if accepted:
            review.settle(session, found.id, accepted=True, now=make.NOW)
        return found.id


def run(store, data, *arguments):
    return main(["--data", str(data), *arguments], store, make.NOW)


def examples(data, language="en"):
    file = data / language / FILE
    if not file.exists():
        return {}
    return {part["intent"]: part["examples"].splitlines() for part in yaml.safe_load(file.read_text())["nlu"]}


def state(store, mark_id):
    with store.reading() as session:
        return next(s for s in MarkState for mark in review.marks(session, s) if mark.id == mark_id)


def test_what_was_accepted_becomes_an_example_that_rasa_can_read(store, data):
    first = marked(store, "does it pay when the cellar floods")
    marked(store, "车被水淹了赔不赔", language="zh")

    run(store, data)

    assert examples(data) == {"coverage_question": ["- does it pay when the cellar floods"]}
    assert examples(data, "zh") == {"coverage_question": ["- 车被水淹了赔不赔"]}
    assert state(store, first) is MarkState.WRITTEN


def test_what_only_waits_is_not_written(store, data):
    mark = marked(store, "does it pay", accepted=False)

    run(store, data)
    assert examples(data) == {}

    run(store, data, "--accept", str(mark))
    assert examples(data) == {"coverage_question": ["- does it pay"]}


def test_what_was_rejected_never_is(store, data):
    mark = marked(store, "does it pay", accepted=False)

    run(store, data, "--reject", str(mark))

    assert (examples(data), state(store, mark)) == ({}, MarkState.REJECTED)


def test_nothing_personal_is_written(store, data):
    marked(store, "Imogen Thackeray here, does my policy PA-7654321 pay for floods", customer=True)

    run(store, data)

    assert examples(data) == {"coverage_question": ["- Jordan Reed here, does my policy PA-1234567 pay for floods"]}


def test_something_masked_without_a_stand_in_is_left_out(store, data):
    mark = marked(store, "I paid with 4111 1111 1111 1111, does it count")

    run(store, data)

    assert (examples(data), state(store, mark)) == ({}, MarkState.ACCEPTED)


@pytest.mark.parametrize("said", ["Is theft covered?", "is  theft COVERED"])
def test_what_is_known_already_is_not_written_again(store, data, said):
    mark = marked(store, said)

    run(store, data)

    assert (examples(data), state(store, mark)) == ({}, MarkState.WRITTEN)


def test_a_second_run_keeps_what_the_first_wrote(store, data):
    marked(store, "does it pay when the cellar floods")
    run(store, data)
    marked(store, "cancel the whole thing", "cancel_policy")
    run(store, data)
    run(store, data)

    assert examples(data) == {
        "cancel_policy": ["- cancel the whole thing"],
        "coverage_question": ["- does it pay when the cellar floods"],
    }


def test_words_that_mean_something_to_rasa_are_only_words(store, data):
    marked(store, "/greet [x](coverage) {y}")

    run(store, data)

    assert examples(data) == {"coverage_question": ["- greet x(coverage) y"]}


def test_a_mark_that_is_not_there_is_told(store, data, capsys):
    assert run(store, data, "--accept", "99") == 1
    assert "no such mark" in capsys.readouterr().err


def test_a_dry_run_writes_nothing(store, data, capsys):
    marked(store, "does it pay")
    marked(store, "and floods", accepted=False)

    run(store, data, "--dry-run")

    assert examples(data) == {}
    assert "1 wait for review" in capsys.readouterr().out
