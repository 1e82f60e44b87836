"""The rules of `offers.yml`, checked as they are read."""

from functools import cache
from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from crm.domain import Line
from models.errors import ModelsError

RULES = Path(__file__).with_name("offers.yml")


class RulesError(ModelsError):
    """The file of rules says something that cannot be followed."""


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Frequency(_Part):
    """How often; days and months count from the last offer or its answer."""

    days_between_offers: int = Field(ge=0)
    days_until_same_offer: int = Field(ge=0)
    months_after_decline: int = Field(ge=0)
    months_after_acceptance: int = Field(ge=0)


class Injury(_Part):
    """What makes an open claim one in which somebody was hurt: a detail's value, or its kind."""

    details: dict[str, tuple[str, ...]]
    kinds: tuple[str, ...]


class Emergency(_Part):
    """Topics of contacts that were emergencies, and for how many days nothing is offered after one."""

    topics: tuple[str, ...]
    days: int = Field(ge=0)


class NeverWhile(_Part):
    """What silences every offer."""

    complaint_statuses: tuple[str, ...]
    injury: Injury
    emergency: Emergency


class OfLine(_Part):
    """Who may be offered one line, and what it is worth."""

    ages: tuple[int, int]
    holds_another: bool
    margin: float = Field(gt=0)
    least_probability: float = Field(ge=0, le=1)


class Reasons(_Part):
    """What is said with an offer."""

    least: float = Field(ge=0)
    most: int = Field(ge=0)
    unsaid: tuple[str, ...]


class Refresh(_Part):
    """When a new model takes over."""

    newest_share: float = Field(gt=0, lt=1)
    least_gain: float = Field(ge=0)


class Rules(_Part):
    """All of the file."""

    consent_required: bool
    frequency: Frequency
    never_while: NeverWhile
    lines: dict[Line, OfLine]
    reasons: Reasons
    refresh: Refresh


def read(path: Path) -> Rules:
    """The rules of a file.

    Raises:
        RulesError: something is missing, misspelt or out of range; the message says where.
    """
    try:
        return Rules.model_validate(yaml.safe_load(path.read_text(encoding="utf-8")))
    except ValidationError as error:
        where = "; ".join(f"{'.'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        raise RulesError(f"{path.name} cannot be followed: {where}.") from None
    except (OSError, yaml.YAMLError) as error:
        raise RulesError(f"{path} cannot be read: {error}.") from None


@cache
def rules() -> Rules:
    """The rules in use."""
    return read(RULES)
