"""A chunk of demo customers with all that belongs to them."""

from datetime import timedelta

import numpy as np

from crm.bulk import Rows
from crm.demo import histories, lists
from crm.demo.contacts import add_contacts
from crm.demo.contracts import FIRST_ID, add_policies
from crm.demo.incidents import add_claims
from crm.demo.numbers import Numbers
from crm.demo.population import draw
from crm.demo.world import Person, World
from crm.domain import Education, Gender, MaritalStatus

_GENDERS, _MARITAL, _EDUCATION = tuple(Gender), tuple(MaritalStatus), tuple(Education)


def make_chunk(world: World, numbers: Numbers, rows: Rows, first: int, size: int) -> None:
    """Add customers number `first` to `first + size - 1`; the same chunk of a seed is always the same."""
    rng = np.random.default_rng([world.seed, 1, first])
    people = draw(rng, size)
    history = histories.draw(np.random.default_rng([world.seed, 2, first]), people)
    draws = rng.integers(0, 2**40, (size, 6)).tolist()
    uniform = rng.random((size, 60)).tolist()
    for at in range(size):
        person = Person(FIRST_ID + first + at, at, people, history, uniform[at])
        _add_customer(world, numbers, rows, person, draws[at])
        held = add_policies(world, numbers, rows, person, draws[at][5])
        add_claims(world, numbers, rows, person, held)
        add_contacts(world, rows, person)


def _add_customer(world: World, numbers: Numbers, rows: Rows, person: Person, draws: list[int]) -> None:
    gender = int(person.trait("gender"))
    name = lists.person_name(gender, bool(person.trait("chinese")), draws[0], draws[1])
    domains = lists.words()["domains"]
    email = f"{name.spelled}{person.id}@{domains[draws[2] % len(domains)]}"
    phone = numbers.phone(person.id)
    created = world.now - timedelta(days=int(person.trait("tenure_days")))
    income_known, education_known = person.u[0] > 0.04, person.u[1] > 0.03
    rows.add(
        "customers",
        id=person.id,
        given_name=name.given,
        family_name=name.family,
        birth_date=world.as_of - timedelta(days=int(person.trait("age_days"))),
        email=email,
        email_index=email,
        phone=phone,
        phone_index=phone,
        address=lists.address(draws[3]),
        gender=_GENDERS[gender].value,
        marital_status=_MARITAL[person.trait("marital")].value,
        education=_EDUCATION[person.trait("education")].value if education_known else None,
        income_minor=int(person.trait("income_minor")) if income_known else None,
        language="zh" if person.trait("chinese") and person.u[2] < 0.6 else "en",
        marketing_consent=bool(person.trait("consent")),
        consent_at=created,
        agent_id=world.agents[draws[4] % len(world.agents)] if person.u[3] < 0.6 else None,
        created_at=created,
    )
