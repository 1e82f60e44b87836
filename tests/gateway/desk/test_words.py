"""Every word of the desk exists in both languages, with the same places to fill in."""

import re
import string
from pathlib import Path

import pytest
import tomllib

import gateway.desk
from crm.domain.handoffs import HandoffReason, PresenceStatus
from crm.domain.policies import Line
from crm.masking import KINDS
from crm.services import moods, tags
from gateway.desk.rendering import NAV, TEXTS

FOLDER = Path(gateway.desk.__file__).parent
KEY = re.compile(r"""\bt\(\s*["']([a-z_]+\.[A-Za-z_]+)["']\s*[,)]""")


def sections(language: str) -> dict[str, list[str]]:
    """The sections of each file of a language."""
    files = sorted((FOLDER / "locale" / language).glob("*.toml"))
    return {path.stem: list(tomllib.loads(path.read_text(encoding="utf-8"))) for path in files}


def words(language: str) -> dict[str, str]:
    files = sorted((FOLDER / "locale" / language).glob("*.toml"))
    read = [tomllib.loads(path.read_text(encoding="utf-8")) for path in files]
    return {f"{name}.{key}": text for each in read for name, texts in each.items() for key, text in texts.items()}


def test_every_section_stands_in_one_file_and_in_the_same_of_both_languages():
    found = sections("en")
    assert found == sections("zh")
    named = [name for names in found.values() for name in names]
    assert len(named) == len(set(named))


def test_both_languages_have_the_same_words():
    assert sorted(words("en")) == sorted(words("zh"))


def test_both_languages_fill_in_the_same_places():
    def places(text: str) -> set[str]:
        return {name for _, name, _, _ in string.Formatter().parse(text) if name}

    chinese = words("zh")
    assert {key for key, text in words("en").items() if places(text) != places(chinese[key])} == set()


def test_templates_use_words_that_exist():
    used = {key for path in (FOLDER / "templates").glob("*.html") for key in KEY.findall(path.read_text("utf-8"))}
    assert used
    assert used - set(words("en")) == set()


@pytest.mark.parametrize(
    ("section", "codes"),
    [
        ("reason", list(HandoffReason)),
        ("presence", list(PresenceStatus)),
        ("line", list(Line)),
        ("mood", moods.STRONGEST_FIRST),
        ("disposition", tags.dispositions()),
        ("masked", KINDS),
        ("nav", [item.key for item in NAV]),
    ],
)
def test_every_code_has_words(section, codes):
    for code in codes:
        assert TEXTS.get("zh", f"{section}.{code}")
