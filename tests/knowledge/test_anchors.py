"""The pages' side of the rule; `tests/bot/nlu/test_knowledge.py` holds the answers' links to it."""

import re
from pathlib import Path

import pytest
import yaml

from gateway.knowledge_pages import render

CASES = yaml.safe_load(Path("tests/knowledge/anchors.yml").read_text("utf-8"))


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["anchor"])
def test_a_section_has_its_anchor(case: dict) -> None:
    html = render(f"## {case['heading']}\n\nText.\n").html
    assert re.search(r'<h2 id="([^"]*)"', html).group(1) == case["anchor"]
