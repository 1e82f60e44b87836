"""The word lists of the demo, and who somebody made of them is."""

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import tomllib

_FOLDER = Path(__file__).parent


@cache
def words(name: str = "people") -> dict[str, Any]:
    """The content of `<name>.toml`."""
    return tomllib.loads((_FOLDER / f"{name}.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True)
class PersonName:
    """A name, and how it is spelled in an e-mail address."""

    given: str
    family: str
    spelled: str


def person_name(gender: int, chinese: bool, given: int, family: int) -> PersonName:
    """A name from the lists; `given` and `family` are large draws, `gender` 0 is female and 1 male."""
    lists = words()
    kind = ("female", "male")[gender if gender < 2 else given % 2]
    if chinese:
        first = lists[f"chinese_{kind}"][given % len(lists[f"chinese_{kind}"])]
        last = lists["chinese_family"][family % len(lists["chinese_family"])]
        return PersonName(first[0], last[0], f"{first[1]}.{last[1]}")
    first = lists[kind][given % len(lists[kind])]
    last = lists["family"][family % len(lists["family"])]
    return PersonName(first, last, f"{first}.{last}".lower().replace("'", ""))


def address(draw: int) -> dict[str, str]:
    """An invented address from one large draw."""
    lists = words()
    draw, house = divmod(draw, 180)
    draw, street = divmod(draw, len(lists["streets"]))
    draw, kind = divmod(draw, len(lists["street_kinds"]))
    draw, town = divmod(draw, len(lists["towns"]))
    city, area = lists["towns"][town]
    digits = draw % 9000
    return {
        "line": f"{house + 1} {lists['streets'][street]} {lists['street_kinds'][kind]}",
        "city": city,
        "postcode": f"{area}{1 + digits // 1000} {digits % 10}{_letters(digits)}",
        "country": "US",
    }


def plate(draw: int) -> str:
    """An invented number plate."""
    return f"{_letters(draw)}{draw // 676 % 100:02d} {_letters(draw // 67_600)}{chr(65 + draw // 9 % 26)}"


def _letters(draw: int) -> str:
    return chr(65 + draw % 26) + chr(65 + draw // 26 % 26)
