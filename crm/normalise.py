"""One spelling for everything that is looked up: what people type becomes what the blind indexes hold."""

import re
import unicodedata
from dataclasses import dataclass
from enum import StrEnum

import phonenumbers

DEFAULT_REGION = "US"  # how a phone number without a country code is read

_POLICY = re.compile(r"PA[\s\-]*(\d{7})", re.IGNORECASE)
_REFERENCE = re.compile(r"(QU|SR|CP)[\s\-]*(\d{7})", re.IGNORECASE)
_USERNAME = re.compile(r"[a-z0-9][a-z0-9._@+-]{1,63}")
_CLAIM = re.compile(r"CL[\s\-]*(\d{7})", re.IGNORECASE)


class IdentifierKind(StrEnum):
    """What a customer may name themselves by."""

    POLICY = "policy"
    PHONE = "phone"
    EMAIL = "email"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Identifier:
    """What somebody said they are known by, in its one spelling."""

    kind: IdentifierKind
    value: str

    @classmethod
    def parse(cls, text: str) -> "Identifier":
        """The identifier in `text`; kind `UNKNOWN` when it is none of them. Never raises."""
        candidates = (
            (IdentifierKind.POLICY, policy_number(text)),
            (IdentifierKind.EMAIL, email(text)),
            (IdentifierKind.PHONE, phone(text)),
        )
        for kind, value in candidates:
            if value:
                return cls(kind, value)
        return cls(IdentifierKind.UNKNOWN, plain(text))


def plain(text: str) -> str:
    """Full-width forms folded, outer space gone, lower case, at most 200 characters."""
    return unicodedata.normalize("NFKC", text).strip().lower()[:200]


def policy_number(text: str) -> str | None:
    """`PA-1234567` for any of its spellings, else None."""
    found = _POLICY.fullmatch(plain(text))
    return f"PA-{_digits(found)}" if found else None


def claim_number(text: str) -> str | None:
    """`CL-1234567` for any of its spellings, else None."""
    found = _CLAIM.fullmatch(plain(text))
    return f"CL-{_digits(found)}" if found else None


def reference_number(text: str) -> str | None:
    """`QU-1234567` (quote), `SR-` (service request) or `CP-` (complaint) for any of their spellings, else None."""
    found = _REFERENCE.fullmatch(plain(text))
    return f"{found.group(1).upper()}-{_digits(found)}" if found else None


def email(text: str) -> str | None:
    """The address in lower case, else None when there is none."""
    value = plain(text)
    local, at, domain = value.rpartition("@")
    return value if at and local and "." in domain and " " not in value else None


def phone(text: str, region: str = DEFAULT_REGION) -> str | None:
    """The number in E.164 form, else None when it cannot be one."""
    number = plain(text)
    if any(character.isalpha() for character in number):
        return None  # "PA-1234567" is not a number to dial by its letters
    try:
        parsed = phonenumbers.parse(number, region)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(parsed):
        return None
    return phonenumbers.format_number(parsed, phonenumbers.PhoneNumberFormat.E164)


def username(text: str) -> str | None:
    """The name a member of staff logs in with, in lower case, else None when it cannot be one."""
    value = plain(text)
    return value if _USERNAME.fullmatch(value) else None


def mask_phone(number: str) -> str:
    """A number that its owner recognises and nobody else can call."""
    return f"{'*' * max(len(number) - 3, 0)}{number[-3:]}"


def mask_email(address: str) -> str:
    """An address that its owner recognises: the first letter and the domain."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}{'*' * max(len(local) - 1, 2)}@{domain}"


def _digits(found: re.Match[str]) -> str:
    return "".join(str(int(character)) for character in found.group(found.re.groups))
