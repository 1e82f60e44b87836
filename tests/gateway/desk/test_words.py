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


def words(language: str) -> dict[str, str]:
    sections = tomllib.loads((FOLDER / "locale" / f"{language}.toml").read_text(encoding="utf-8"))
    return {f"{section}.{key}": text for section, texts in sections.items() for key, text in texts.items()}


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
