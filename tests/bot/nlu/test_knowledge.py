"""Knowledge files, the index over them, and how sure an answer is."""

from pathlib import Path

import numpy as np
import pytest
import yaml

from bot.nlu.encoder import shared_encoder
from bot.nlu.evidence import Confidence, calibrate
from bot.nlu.fingerprint import source_hash
from bot.nlu.knowledge import knows_language
from bot.nlu.passages import KnowledgeError, languages_in, read_folder
from bot.nlu.retrieval import PassageIndex, embedded_texts, terms
from bot.nlu.weights import BUNDLED

FILE = """---
title: Keys and *locks*
line: auto
also asked:
  Locks & bolts:
    - my padlock is rusty
---

Some words before the first section.

## What's a spare key?

A **spare** key opens your car. See [the page](/x).

## Locks & bolts

A lock keeps the garden shed shut. Oil it in the autumn.
"""
ANCHORS = yaml.safe_load(Path("tests/knowledge/anchors.yml").read_text("utf-8"))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "keys.md").write_text(FILE)
    return tmp_path


def index_of(folder: Path, lexical: float = 0.2) -> PassageIndex:
    passages = read_folder(folder)
    return PassageIndex(passages, shared_encoder(BUNDLED).encode_many(embedded_texts(passages)[0]), lexical)


def first(index: PassageIndex, question: str) -> str:
    return index.search(question, shared_encoder(BUNDLED).encode(question)).hits[0].passage.id


class TestFiles:
    def test_each_section_is_a_passage(self, folder: Path) -> None:
        key, lock = read_folder(folder)
        assert (key.id, lock.id) == ("keys#whats-a-spare-key", "keys#locks-bolts")
        assert key.line == "auto"

    def test_a_passage_is_plain_text(self, folder: Path) -> None:
        assert read_folder(folder)[0].text == "A spare key opens your car. See the page."

    def test_other_phrasings_come_from_the_front_matter(self, folder: Path) -> None:
        assert [passage.asked for passage in read_folder(folder)] == [(), ("my padlock is rusty",)]

    def test_phrasings_without_their_heading_are_refused(self, folder: Path) -> None:
        (folder / "keys.md").write_text(FILE.replace("## Locks & bolts", "## Locks"))
        with pytest.raises(KnowledgeError, match="Locks & bolts"):
            read_folder(folder)

    def test_front_matter_that_is_no_yaml_is_refused(self, folder: Path) -> None:
        (folder / "keys.md").write_text(FILE.replace("line: auto", "line: [auto"))
        with pytest.raises(KnowledgeError, match=r"keys\.md"):
            read_folder(folder)

    def test_no_folder_no_passages(self, tmp_path: Path) -> None:
        assert read_folder(tmp_path / "absent") == []

    def test_languages_are_the_folders_with_files(self, folder: Path) -> None:
        (folder.parent / "empty").mkdir(exist_ok=True)
        assert folder.name in languages_in(folder.parent)
        assert "empty" not in languages_in(folder.parent)

    @pytest.mark.parametrize("case", ANCHORS, ids=lambda case: case["anchor"])
    def test_a_link_has_the_anchor_of_the_page(self, case: dict, tmp_path: Path) -> None:
        (tmp_path / "page.md").write_text(f"## {case['heading']}\n\nText.\n", encoding="utf-8")
        assert [passage.id for passage in read_folder(tmp_path)] == [f"page#{case['anchor']}"]

    def test_a_changed_file_changes_the_fingerprint(self, folder: Path) -> None:
        before = source_hash(files=[folder / "keys.md"])
        (folder / "keys.md").write_text(FILE.replace("autumn", "spring"))
        assert source_hash(files=[folder / "keys.md"]) != before


class TestSearch:
    def test_the_passage_that_answers_comes_first(self, folder: Path) -> None:
        assert first(index_of(folder), "how do I look after the lock of my shed") == "keys#locks-bolts"

    def test_a_phrasing_leads_to_its_passage(self, folder: Path) -> None:
        assert first(index_of(folder), "a padlock full of rust") == "keys#locks-bolts"

    def test_words_that_no_passage_has_are_no_hindrance(self, folder: Path) -> None:
        assert first(index_of(folder), "xyzzy")

    def test_words_alone_will_do(self, folder: Path) -> None:
        search = PassageIndex(read_folder(folder), None).search("the shed", None)
        assert search.hits[0].passage.id == "keys#locks-bolts"

    def test_a_passage_can_be_left_out(self, folder: Path) -> None:
        search = PassageIndex(read_folder(folder), None).search("the shed", None, without=[1])
        assert [hit.passage.id for hit in search.hits] == ["keys#whats-a-spare-key"]

    def test_a_message_without_words_is_searched_all_the_same(self, folder: Path) -> None:
        assert np.isfinite(PassageIndex(read_folder(folder), None).search("?!", None).evidence).all()

    def test_chinese_is_found_by_characters_and_pairs(self) -> None:
        assert terms("我的 Claim 呢") == ["我", "的", "我的", "claim", "呢"]

    def test_traditional_characters_are_the_simplified_ones(self) -> None:
        assert terms("理賠") == terms("理赔")


class TestConfidence:
    def test_it_tells_what_is_answered_from_what_is_not(self) -> None:
        inside, outside = clouds()
        confidence = calibrate(inside, outside, lost=0.05, wrong=0.05)
        assert confidence.of(np.array([3.0, 1.0, 2.0])) > confidence.certain >= confidence.offered
        assert confidence.of(np.array([-3.0, 0.0, 2.0])) < confidence.offered

    def test_fewer_may_be_lost_means_more_are_offered(self) -> None:
        inside, outside = clouds()
        careful, bold = (calibrate(inside, outside, lost, wrong=0.05).offered for lost in (0.3, 0.02))
        assert bold < careful

    def test_with_too_few_examples_the_usual_confidence_stands_in(self) -> None:
        confidence = calibrate([], [np.zeros(3)], lost=0.05, wrong=0.05)
        assert confidence.of(np.array([6.0, 1.0, 2.0])) >= confidence.certain
        assert confidence.of(np.array([2.5, 0.3, 2.0])) < confidence.offered

    def test_it_is_restored_as_it_was(self) -> None:
        confidence = calibrate(*clouds(), lost=0.05, wrong=0.05)
        restored = Confidence.from_dict(confidence.as_dict())
        assert restored.of(np.ones(3)) == confidence.of(np.ones(3))
        assert restored.certain == confidence.certain


def clouds() -> tuple[list[np.ndarray], list[np.ndarray]]:
    random = np.random.default_rng(0)
    inside = random.normal([2.0, 0.9, 2.0], [1.0, 0.1, 0.5], (60, 3))
    outside = random.normal([0.0, 0.4, 2.0], [1.0, 0.1, 0.5], (60, 3))
    return list(inside), list(outside)


@pytest.mark.parametrize(("language", "lexical", "share"), [("en", 0.2, 0.8), ("zh", 1.5, 0.75)])
def test_held_out_questions_find_their_passage(language: str, lexical: float, share: float) -> None:
    exam = yaml.safe_load(Path(f"tests/knowledge/questions_{language}_held_out.yml").read_text("utf-8"))
    asked = [item for item in exam if item["expect"]]
    index, encoder = index_of(Path(f"data/knowledge/{language}"), lexical), shared_encoder(BUNDLED)
    vectors = encoder.encode_many([item["question"] for item in asked])
    found = [
        {hit.passage.id for hit in index.search(item["question"], vector).hits}
        & {item["expect"], *item.get("also", [])}
        for item, vector in zip(asked, vectors, strict=True)
    ]
    assert sum(map(bool, found)) / len(found) >= share


def test_an_encoder_that_knows_the_language_is_recognised() -> None:
    assert knows_language(shared_encoder(BUNDLED), read_folder(Path("data/knowledge/en")))
