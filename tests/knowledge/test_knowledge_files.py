import datetime
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from gateway.knowledge_pages import heading_id

ROOT = Path("data/knowledge")
FILES = sorted(ROOT.glob("**/*.md"))
LANGUAGES = sorted(folder.name for folder in ROOT.iterdir() if folder.is_dir())
LINES = {"auto", "home", "health", "life", "travel", "general"}
SHORTEST, LONGEST = 40, 120
CHARACTERS_PER_WORD = 1.4
"""A Chinese text has about 1.4 characters for each word of the same text in English."""
HAN = re.compile(r"[\u4e00-\u9fff]")
FICTION_NUMBER = re.compile(r"555-01\d\d")
LONG_NUMBER = re.compile(r"(?<![\w-])\+?\d[\d ()-]{6,}\d")


@dataclass(frozen=True)
class Passage:
    heading: str
    text: str
    id: str


def front_matter(path: Path) -> dict:
    return yaml.safe_load(path.read_text(encoding="utf-8").split("---\n", 2)[1])


def passages(path: Path) -> list[Passage]:
    sections = re.split(r"^## ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    pairs = [section.split("\n", 1) for section in sections]
    return [Passage(head, text, f"{path.stem}#{heading_id(head)}") for head, text in pairs]


def words(text: str) -> float:
    """The length of a text in words; characters count for those of a language that writes none."""
    return len(HAN.sub(" ", text).split()) + len(HAN.findall(text)) / CHARACTERS_PER_WORD


def files(language: str) -> list[Path]:
    return [path for path in FILES if path.parent.name == language]


def exam(language: str) -> list[dict]:
    parts = sorted(Path("tests/knowledge").glob(f"questions_{language}*.yml"))
    return [question for part in parts for question in yaml.safe_load(part.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("path", FILES, ids=lambda p: f"{p.parent.name}/{p.stem}")
class TestFile:
    def test_front_matter_names_title_line_and_date(self, path: Path) -> None:
        head = front_matter(path)
        assert isinstance(head["title"], str)
        assert head["line"] in LINES
        assert isinstance(head["updated"], datetime.date)

    def test_passages_are_short_enough_to_read_in_a_chat(self, path: Path) -> None:
        lengths = {p.id: words(p.text) for p in passages(path)}
        assert not {id_: n for id_, n in lengths.items() if not SHORTEST <= n <= LONGEST}

    def test_headings_are_unique_in_the_file(self, path: Path) -> None:
        assert max(Counter(p.id for p in passages(path)).values()) == 1

    def test_phone_numbers_are_reserved_for_fiction(self, path: Path) -> None:
        numbers = LONG_NUMBER.findall(path.read_text(encoding="utf-8").split("---\n", 2)[2])
        assert not [n for n in numbers if not FICTION_NUMBER.search(n)]

    def test_other_phrasings_belong_to_a_section(self, path: Path) -> None:
        assert set(front_matter(path).get("also asked") or {}) <= {p.heading for p in passages(path)}

    def test_it_lies_where_its_page_is_looked_for(self, path: Path) -> None:
        assert path.parent.parent == ROOT
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", path.stem)


def test_english_and_chinese_are_there() -> None:
    assert {"en", "zh"} <= set(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
class TestLanguage:
    def test_there_is_enough_to_answer_from(self, language: str) -> None:
        assert sum(len(passages(p)) for p in files(language)) >= 150

    def test_exam_names_passages_that_exist(self, language: str) -> None:
        known = {p.id for path in files(language) for p in passages(path)}
        named = {i for q in exam(language) for i in [q["expect"], *q.get("also", [])] if i}
        assert named <= known

    def test_exam_asks_nothing_twice(self, language: str) -> None:
        assert max(Counter(q["question"].lower() for q in exam(language)).values()) == 1

    def test_other_phrasings_are_no_exam_questions(self, language: str) -> None:
        lists = [asked for path in files(language) for asked in (front_matter(path).get("also asked") or {}).values()]
        assert not {q.lower() for asked in lists for q in asked} & {q["question"].lower() for q in exam(language)}
