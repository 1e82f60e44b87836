"""The chat socket as a customer's browser sees it."""

from tests.gateway.harness import Customer, house


async def test_a_message_is_stored_answered_and_acknowledged(tmp_path):
    async with house(tmp_path) as home:
        customer = await home.customer()
        acknowledgement = await customer.say("good morning")
        assert acknowledgement["ok"] is True
        assert acknowledgement["seq"] == 1
        assert await customer.hears(1) == ["echo good morning"]
