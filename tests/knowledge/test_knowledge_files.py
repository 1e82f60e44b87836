import datetime
import re
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

FILES = sorted(Path("data/knowledge/en").glob("**/*.md"))
LINES = {"auto", "home", "health", "life", "travel", "general"}
FICTION_NUMBER = re.compile(r"555-01\d\d")
LONG_NUMBER = re.compile(r"(?<![\w-])\+?\d[\d ()-]{6,}\d")


@dataclass(frozen=True)
class Passage:
    heading: str
    words: int
    id: str


def front_matter(path: Path) -> dict:
    return yaml.safe_load(path.read_text(encoding="utf-8").split("---\n", 2)[1])


def slug(heading: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", heading.lower().replace("'", "")).strip("-")


def passages(path: Path) -> list[Passage]:
    sections = re.split(r"^## ", path.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    pairs = [section.split("\n", 1) for section in sections]
    return [Passage(head, len(text.split()), f"{path.stem}#{slug(head)}") for head, text in pairs]


def exam() -> list[dict]:
    files = sorted(Path("tests/knowledge").glob("questions_en*.yml"))
    return [question for file in files for question in yaml.safe_load(file.read_text(encoding="utf-8"))]


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.stem)
class TestFile:
    def test_front_matter_names_title_line_and_date(self, path: Path) -> None:
        head = front_matter(path)
        assert isinstance(head["title"], str)
        assert head["line"] in LINES
        assert isinstance(head["updated"], datetime.date)

    def test_passages_are_short_enough_to_read_in_a_chat(self, path: Path) -> None:
        assert not [p for p in passages(path) if not 40 <= p.words <= 120]

    def test_headings_are_unique_in_the_file(self, path: Path) -> None:
        assert max(Counter(p.id for p in passages(path)).values()) == 1

    def test_phone_numbers_are_reserved_for_fiction(self, path: Path) -> None:
        numbers = LONG_NUMBER.findall(path.read_text(encoding="utf-8").split("---\n", 2)[2])
        assert not [n for n in numbers if not FICTION_NUMBER.search(n)]


def test_file_names_are_unique_slugs() -> None:
    assert len({p.stem for p in FILES}) == len(FILES)
    assert all(re.fullmatch(r"[a-z0-9-]+", p.stem) for p in FILES)


def test_there_is_enough_to_answer_from() -> None:
    assert sum(len(passages(p)) for p in FILES) >= 150


def test_exam_names_passages_that_exist() -> None:
    known = {p.id for path in FILES for p in passages(path)}
    named = {i for q in exam() for i in [q["expect"], *q.get("also", [])] if i}
    assert named <= known


def test_exam_asks_nothing_twice() -> None:
    assert max(Counter(q["question"].lower() for q in exam()).values()) == 1
