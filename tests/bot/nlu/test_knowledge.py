"""Knowledge files, the index over them, and the score below which there is no answer."""

from pathlib import Path

import pytest
import yaml

from bot.nlu.encoder import shared_encoder
from bot.nlu.fingerprint import source_hash
from bot.nlu.passages import read_folder, slug
from bot.nlu.retrieval import PassageIndex, best_threshold, embedded_texts
from bot.nlu.weights import BUNDLED

FILE = """---
title: Keys and *locks*
line: auto
---

Some words before the first section.

## What's a spare key?

A **spare** key opens your car. See [the page](/x).

## Locks & bolts

A lock keeps the garden shed shut. Oil it in the autumn.
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "keys.md").write_text(FILE)
    return tmp_path


def index_of(folder: Path) -> PassageIndex:
    passages = read_folder(folder)
    return PassageIndex(passages, shared_encoder(BUNDLED).encode_many(embedded_texts(passages)[0]))


def test_each_section_is_a_passage(folder: Path) -> None:
    key, lock = read_folder(folder)
    assert (key.id, lock.id) == ("keys#whats-a-spare-key", "keys#locks-bolts")
    assert key.line == "auto"


def test_a_passage_is_plain_text(folder: Path) -> None:
    assert read_folder(folder)[0].text == "A spare key opens your car. See the page."


def test_no_folder_no_passages(tmp_path: Path) -> None:
    assert read_folder(tmp_path / "absent") == []


def test_a_slug_in_another_script_keeps_its_letters() -> None:
    assert slug("我的车被偷了?") == "我的车被偷了"


def test_the_passage_that_answers_comes_first(folder: Path) -> None:
    question = "how do I look after the lock of my shed"
    hits = index_of(folder).search(question, shared_encoder(BUNDLED).encode(question))
    assert hits[0].passage.id == "keys#locks-bolts"
    assert hits[0].score > hits[1].score


def test_words_that_no_passage_has_are_no_hindrance(folder: Path) -> None:
    assert index_of(folder).search("xyzzy", shared_encoder(BUNDLED).encode("xyzzy"))


def test_a_changed_file_changes_the_fingerprint(folder: Path) -> None:
    before = source_hash(files=[folder / "keys.md"])
    (folder / "keys.md").write_text(FILE.replace("autumn", "spring"))
    assert source_hash(files=[folder / "keys.md"]) != before


@pytest.mark.parametrize(
    ("answered", "unanswered", "low", "high"),
    [([], [], 0, 0), ([0.5, 0.6], [], 0.5, 0.51), ([], [0.1, 0.2], 0.19, 0.2), ([0.5, 0.6], [0.1, 0.2], 0.2, 0.5)],
)
def test_the_threshold_lies_between(answered: list, unanswered: list, low: float, high: float) -> None:
    assert low <= best_threshold(answered, unanswered) <= high


def test_held_out_questions_find_their_passage() -> None:
    exam = yaml.safe_load(Path("tests/knowledge/questions_en_held_out.yml").read_text("utf-8"))
    asked = [item for item in exam if item["expect"]]
    index, encoder = index_of(Path("data/knowledge/en")), shared_encoder(BUNDLED)
    vectors = encoder.encode_many([item["question"] for item in asked])
    found = [
        {hit.passage.id for hit in index.search(item["question"], vector)} & {item["expect"], *item.get("also", [])}
        for item, vector in zip(asked, vectors, strict=True)
    ]
    assert sum(map(bool, found)) / len(found) >= 0.7
