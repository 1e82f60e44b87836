"""After a full conversation, no file that the system wrote holds a personal value in the clear."""

from datetime import datetime, timezone
from pathlib import Path

import pytest

from crm.services import verification
from tests.e2e.chat import Customer
from tests.e2e.story import CLAIM, FILENAME, OTHERS, PLACE, WHAT, photo, say_step

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def test_a_byte_search_of_var_finds_nothing_personal(stack):
    who = stack.customers[0]
    customer, turn = Customer(stack), None
    for step in CLAIM:
        turn = say_step(customer, who, step, turn)
    customer.say('/set_name{"name": "Marisol Quennell"} my mail is marisol.quennell@example.org')
    customer.say("I want to talk to a person about my cousin Thaddeus Vane")
    with stack.store().reading() as session:
        known = verification.verified_customer(session, customer.session, datetime.now(timezone.utc))
    personal = [
        *who.name.split(), who.policy_number, who.birth_date, str(known.phone), str(known.email),
        WHAT, PLACE, OTHERS, FILENAME, "Marisol", "marisol.quennell", "Thaddeus", "camper", "Oakfield",
    ]  # fmt: skip
    found = [(value, path.name) for value in personal for path in files(stack.var) if holds(path, value)]
    assert found == []
    assert not any(photo()[200:260] in path.read_bytes() for path in files(stack.var))


def files(var: Path) -> list[Path]:
    return [path for path in var.rglob("*") if path.is_file()]


def holds(path: Path, value: str) -> bool:
    """In UTF-8, UTF-16, or with JSON's escapes, in any case."""
    content = path.read_bytes().lower()
    spellings = {value.lower().encode(), value.lower().encode("utf-16-le"), ascii(value.lower()).strip("'").encode()}
    return any(spelling in content for spelling in spellings)
