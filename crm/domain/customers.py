"""Who the customer is."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum


class Gender(StrEnum):
    """As the customer stated it."""

    FEMALE = "female"
    MALE = "male"
    OTHER = "other"


class MaritalStatus(StrEnum):
    """As the customer stated it."""

    SINGLE = "single"
    MARRIED = "married"
    DIVORCED = "divorced"
    WIDOWED = "widowed"


class Education(StrEnum):
    """The highest degree, in rising order."""

    SECONDARY = "secondary"
    VOCATIONAL = "vocational"
    BACHELOR = "bachelor"
    MASTER = "master"
    DOCTORATE = "doctorate"


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address."""

    line: str
    city: str
    postcode: str
    country: str


@dataclass(frozen=True, slots=True)
class CustomerView:
    """A customer as the services hand it out."""

    id: int
    given_name: str
    family_name: str
    name: str
    birth_date: date
    email: str
    phone: str
    address: Address
    language: str
    marketing_consent: bool
