"""The lists of phrasings in both languages: at least 97 % right, each section on its own and all together."""

from collections.abc import Callable
from datetime import date
from functools import lru_cache
from pathlib import Path

import pytest
import yaml

from bot.nlu.bilingual import BilingualExtractor
from bot.values import dates, times

LANGUAGES = ("en", "zh")
LISTED = {
    code: yaml.safe_load((Path(__file__).parent / f"phrasings_{code}.yml").read_text("utf-8")) for code in LANGUAGES
}
TODAY: date = LISTED["en"]["today"]
GOAL = 0.97


@lru_cache(maxsize=1)
def extractor() -> BilingualExtractor:
    return BilingualExtractor(LANGUAGES)


def values(text: str, entity: str) -> list:
    return [found["value"] for found in extractor().extract(text) if found["entity"] == entity]


def read_date(expects: str) -> Callable[[str], object]:
    def read(text: str) -> object:
        found = values(text, "date")
        days = dates.span(found[0], TODAY, expects) if len(found) == 1 else None
        if days is None:
            return found
        return str(days[0]) if days[0] == days[1] else f"{days[0]}/{days[1]}"

    return read


def read_time(text: str) -> object:
    found = values(text, "time")
    time = times.complete(found[0]) if len(found) == 1 else None
    return time.strftime("%H:%M") if time else found


def read_value(entity: str) -> Callable[[str], object]:
    return lambda text: str(found[0]) if len(found := values(text, entity)) == 1 else found


READERS = {
    "past": read_date("past"),
    "future": read_date("future"),
    "birth": read_date("birth"),
    "times": read_time,
    "amounts": read_value("amount_of_money"),
    "numbers": read_value("number"),
    "names": read_value("person_name"),
    "addresses": read_value("address"),
    "postcodes": read_value("postcode"),
    "phones": read_value("phone_number"),
    "policies": read_value("policy_number"),
    "claims": read_value("claim_number"),
}


def wrong(language: str, section: str) -> list[tuple[str, object, object]]:
    read = READERS[section]
    return [(text, meant, read(text)) for text, meant in LISTED[language][section] if read(text) != str(meant)]


@pytest.mark.parametrize("section", READERS)
@pytest.mark.parametrize("language", LANGUAGES)
def test_a_section_is_understood(language: str, section: str) -> None:
    mistakes = wrong(language, section)
    assert len(mistakes) <= (1 - GOAL) * len(LISTED[language][section]) + 1, mistakes


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_whole_list_is_understood(language: str) -> None:
    mistakes = [mistake for section in READERS for mistake in wrong(language, section)]
    total = sum(len(LISTED[language][section]) for section in READERS)
    assert total >= 300
    assert len(mistakes) <= (1 - GOAL) * total, mistakes


@pytest.mark.parametrize("text", [text for language in LANGUAGES for text in LISTED[language]["nothing"]])
def test_what_is_no_date_is_not_taken_for_one(text: str) -> None:
    assert values(text, "date") == []


@pytest.mark.parametrize(("section", "entity"), [("no_names", "person_name"), ("no_addresses", "address")])
@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_no_name_and_no_address_is_not_taken_for_one(language: str, section: str, entity: str) -> None:
    assert {text: found for text in LISTED[language][section] if (found := values(text, entity))} == {}


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_words_of_a_value_are_kept_as_they_were_typed(language: str) -> None:
    for section in READERS:
        for text, _ in LISTED[language][section]:
            assert all(e["text"] == text[e["start"] : e["end"]] for e in extractor().extract(text)), text
