"""The words of calls, in both languages."""

import re
from pathlib import Path

from voice.reading import Problem
from voice.texts import Texts

TEXTS = Texts()


def test_both_languages_say_the_same_things_with_the_same_places():
    said = {language: TEXTS.table(language, "say") for language in ("en", "zh")}
    assert said["en"].keys() == said["zh"].keys()
    for key, text in said["en"].items():
        assert set(re.findall(r"{\w+}", text)) == set(re.findall(r"{\w+}", said["zh"][key])), key


def test_both_languages_listen_for_the_same_things():
    for section in ("hear", "digits", "dates", "tell"):
        assert TEXTS.table("en", section).keys() == TEXTS.table("zh", section).keys()


def test_nothing_is_translated_in_vain():
    """Every text that is said is named in the code, in full or by the end of its key."""
    code = "".join(
        path.read_text("utf-8") for folder in ("voice", "gateway/voice") for path in Path(folder).rglob("*.py")
    )
    computed = {"slower", "faster", *(str(problem) for problem in Problem)}
    for key in TEXTS.table("en", "say"):
        by_kind = key.startswith(("help.", "ended."))
        assert by_kind or key in computed or f'say.{key}"' in code or f'"{key}"' in code, key


def test_fixed_prompts_are_those_without_places():
    prompts = TEXTS.fixed_prompts("en")
    assert TEXTS.get("en", "say.opening") in prompts
    assert not any("{" in prompt for prompt in prompts)


def test_a_language_that_is_not_there_falls_back_to_english():
    assert TEXTS.get("fr", "say.hold") == TEXTS.get("en", "say.hold")
    assert TEXTS.get("en-GB", "say.hold") == TEXTS.get("en", "say.hold")
