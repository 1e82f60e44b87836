"""A document that the assistant hands out reaches the customer, and nobody else."""

import pytest

from tests.e2e.chat import Customer

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]


def test_a_proof_of_insurance_can_be_downloaded_by_its_customer_alone(stack):
    who = stack.customers[1]
    customer, stranger = Customer(stack), Customer(stack)
    customer.say("I need proof of insurance for my car")
    customer.say(who.policy_number)
    customer.say(who.birth_date)
    code = customer.code_sent()
    turn = customer.say(code)
    file = next(reply.attachment for reply in turn.replies if reply.attachment)
    answer = customer.download(file["id"])
    assert answer.content.startswith(b"%PDF")
    assert answer.headers["content-type"] == "application/pdf"
    assert stranger.download(file["id"]).status_code == 404
    assert code not in " ".join(message.text for message in customer.transcript())
    assert not any(code in path.read_text("utf-8", "replace") for path in (stack.var / "log").glob("*.log"))
    customer.close()
    stranger.close()
