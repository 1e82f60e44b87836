"""What a row of each kind has to be before it is stored."""

from datetime import date
from typing import Annotated, ClassVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, model_validator
from pydantic_core import PydanticCustomError

from crm import normalise
from crm.domain import ClaimStatus, Education, Gender, MaritalStatus, PolicyStatus
from crm.importing import values

_TEXT = BeforeValidator(values.plain_text)
Name = Annotated[str, _TEXT, Field(max_length=200)]
Short = Annotated[str, _TEXT, Field(min_length=1, max_length=64)]
LongText = Annotated[str, _TEXT, Field(max_length=10_000)]
Day = Annotated[date, BeforeValidator(values.day)]
Money = Annotated[int, BeforeValidator(values.amount)]
PolicyNumber = Annotated[str, values.reference(normalise.policy_number)]
ClaimNumber = Annotated[str, values.reference(normalise.claim_number)]

_SURNAMES_OF_TWO = (
    "欧阳",
    "司马",
    "上官",
    "诸葛",
    "东方",
    "皇甫",
    "尉迟",
    "公孙",
    "慕容",
    "令狐",
    "司徒",
    "夏侯",
    "长孙",
    "宇文",
)


class Record(BaseModel):
    """A row; missing fields were dealt with before as the mapping says."""

    model_config = ConfigDict(extra="ignore", frozen=False)

    external_id: Short

    aliases_of_id: ClassVar[tuple[str, ...]] = ()  # fields that serve as external id where the file has none


class CustomerRecord(Record):
    """A customer."""

    given_name: Name = ""
    family_name: Name = ""
    name: Name = ""
    birth_date: Annotated[date, BeforeValidator(values.birth_day)]
    email: Annotated[str, BeforeValidator(values.email)] = ""
    phone: Annotated[str, BeforeValidator(values.phone)] = ""
    address_line: Annotated[str, _TEXT, Field(max_length=300)] = ""
    city: Name = ""
    postcode: Annotated[str, _TEXT, Field(max_length=20)] = ""
    country: Annotated[str, _TEXT, Field(max_length=60)] = ""
    gender: Annotated[str, values.choice("gender", tuple(Gender))] | None = None
    marital_status: Annotated[str, values.choice("marital_status", tuple(MaritalStatus))] | None = None
    education: Annotated[str, values.choice("education", tuple(Education))] | None = None
    income: Money | None = None
    language: Annotated[str, values.choice("language", ("en", "zh"))] = "en"
    marketing_consent: Annotated[bool, BeforeValidator(values.yes_or_no)] = False
    customer_since: Day | None = None

    @model_validator(mode="after")
    def _split_name(self) -> "CustomerRecord":
        if self.name and not (self.given_name or self.family_name):
            self.given_name, self.family_name = split_name(self.name)
        if not (self.given_name or self.family_name):
            raise PydanticCustomError("import_name", "has no name")
        return self


class PolicyRecord(Record):
    """A policy of a customer who was imported before, from the same source."""

    aliases_of_id: ClassVar[tuple[str, ...]] = ("number",)

    customer: Short
    number: PolicyNumber
    product: Short
    plan: Annotated[str, _TEXT, Field(max_length=64)] = ""
    status: Annotated[str, values.choice("policy_status", tuple(PolicyStatus))]
    starts_on: Day
    ends_on: Day
    premium: Money
    vehicle: Name = ""
    plate: Name = ""
    dwelling: Name = ""
    persons: Name = ""
    region: Name = ""

    @model_validator(mode="after")
    def _ends_after_it_starts(self) -> "PolicyRecord":
        if self.ends_on < self.starts_on:
            raise PydanticCustomError("import_period", "ends before it starts")
        return self


class ClaimRecord(Record):
    """A claim on a policy that is in the store."""

    aliases_of_id: ClassVar[tuple[str, ...]] = ("number",)

    policy_number: PolicyNumber
    number: ClaimNumber
    kind: Short = "other"
    status: Annotated[str, values.choice("claim_status", tuple(ClaimStatus))]
    incident_on: Day
    place: Annotated[str, _TEXT, Field(max_length=300)] = ""
    description: LongText = ""
    estimate: Money | None = None
    paid: Money | None = None
    filed_on: Day | None = None


class InvoiceRecord(Record):
    """An instalment of a policy that is in the store."""

    policy_number: PolicyNumber
    issued_on: Day
    due_on: Day
    amount: Money
    status: Annotated[str, values.choice("invoice_status", ("open", "paid", "overdue"))]


def split_name(name: str) -> tuple[str, str]:
    """Given and family name: Chinese ones begin with the family's, others end with it, "Smith, Ann" is turned."""
    if "," in name:
        family, _, given = name.partition(",")
        return given.strip(), family.strip()
    if not name.isascii() and " " not in name and all("\u4e00" <= character <= "\u9fff" for character in name):
        length = 2 if name.startswith(_SURNAMES_OF_TWO) and len(name) > 2 else 1
        return name[length:], name[:length]
    given, _, family = name.rpartition(" ")
    return given.strip(), family.strip()
