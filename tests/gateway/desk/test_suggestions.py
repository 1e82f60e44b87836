import os

import pytest

from gateway.desk.suggestions import Suggestions

FILE = """---
title: Auto
also asked:
  Is theft covered?:
    - somebody stole my car
---

## Is theft covered?

Theft is covered with **comprehensive** [cover](x.md).

## Where can I repair it?

In any garage near you.
"""


@pytest.fixture
def root(tmp_path):
    for language, text in (("en", FILE), ("zh", "---\ntitle: 车险\n---\n\n## 被盗赔不赔？\n\n综合险赔付盗抢损失。\n")):
        (tmp_path / language).mkdir()
        (tmp_path / language / "auto.md").write_text(text, encoding="utf-8")
    return tmp_path


def headings(root, *said, language="en"):
    return [each.heading for each in Suggestions(root).for_messages(said, language)]


def test_a_section_is_found_by_its_heading_its_text_and_its_other_phrasings(root):
    for said in ("Is theft covered", "which garages are near", "they stole the car"):
        assert len(headings(root, said)) == 1
    assert headings(root, "they stole the car") == ["Is theft covered?"]


def test_chinese_finds_chinese(root):
    assert headings(root, "车被盗了赔吗", language="zh") == ["被盗赔不赔？"]


def test_what_fits_nothing_gets_nothing(root):
    assert headings(root, "good morning") == headings(root) == headings(root, "x", language="fr") == []


def test_a_short_message_is_read_with_the_one_before(root):
    assert headings(root, "they stole my car", "ok?") == ["Is theft covered?"]


def test_markup_is_gone(root):
    assert Suggestions(root).for_messages(["theft"], "en")[0].text == "Theft is covered with comprehensive cover."


def test_a_file_that_changes_is_read_again(root):
    found = Suggestions(root)
    assert found.for_messages(["drones"], "en") == []
    file = root / "en" / "auto.md"
    file.write_text(FILE + "\n## Are drones insured?\n\nDrones are.\n", encoding="utf-8")
    os.utime(file, (2_000_000_000, 2_000_000_000))

    assert [each.heading for each in found.for_messages(["drones"], "en")] == ["Are drones insured?"]
