"""Nothing happens without the gateway's statement about this very message."""

from datetime import timedelta

import pytest

from actions.policies import ListPolicies
from tests.factories.crm import NOW


def refused(answer) -> bool:
    return answer.responses == ["utter_service_trouble"] and answer.slots == {"signal": "failed"}


def signed(desk, conversation=None, message="m1", purpose="turn", ttl=timedelta(minutes=15)):
    claims = {"conversation": conversation or desk.conversation_id, "message": message, "channel": "chat"}
    return desk.vault.sign(claims, purpose, ttl, NOW)


def test_with_it_the_action_works(verified):
    assert verified.run(ListPolicies, statement=signed(verified)).responses == ["utter_policies"]


@pytest.mark.parametrize("statement", ["", "x", "a.b", None])
def test_without_a_genuine_one_it_refuses(verified, statement):
    assert refused(verified.run(ListPolicies, statement=statement or "none"))


def test_a_statement_for_another_conversation(verified):
    assert refused(verified.run(ListPolicies, statement=signed(verified, conversation="0" * 32)))


def test_a_statement_for_another_message(verified):
    assert refused(verified.run(ListPolicies, statement=signed(verified, message="m0")))


def test_a_statement_for_another_purpose(verified):
    assert refused(verified.run(ListPolicies, statement=signed(verified, purpose="browser")))


def test_an_expired_statement(verified):
    token = signed(verified)
    verified.now = NOW + timedelta(minutes=16)
    assert refused(verified.run(ListPolicies, statement=token))


def test_a_store_that_is_down_is_said_so_without_details(verified, caplog):
    verified.store.engine.dispose()
    with verified.store.engine.connect() as connection:
        connection.exec_driver_sql("DROP TABLE conversations")
        connection.commit()
    assert refused(verified.run(ListPolicies))
