"""Single values of a customer as somebody sees them who has not asked to see them in full."""

from datetime import date

_HIDDEN = "•"


def name(value: str) -> str:
    """`Maria Keller` becomes `Maria K.`, `王小明` becomes `王••`."""
    first, _, rest = value.strip().partition(" ")
    if rest:
        return f"{first} {rest.split()[-1][0]}."
    return first if first.isascii() else first[:1] + _HIDDEN * (len(first) - 1)


def phone(value: str) -> str:
    """The last two digits."""
    return f"{_HIDDEN * 6}{value.strip()[-2:]}" if value.strip() else ""


def email(value: str) -> str:
    """The first letter and the provider: `m•••@example.com`."""
    local, at, domain = value.partition("@")
    return f"{local[:1]}{_HIDDEN * 3}@{domain}" if at else _HIDDEN * 3 if value else ""


def address(line: str, city: str) -> str:
    """The town alone."""
    return f"{_HIDDEN * 6}, {city}" if city else _HIDDEN * 6 if line else ""


def birth_date(value: date) -> str:
    """The year."""
    return f"{value.year}-{_HIDDEN * 2}-{_HIDDEN * 2}"
