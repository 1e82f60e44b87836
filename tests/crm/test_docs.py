from pathlib import Path

from crm import reference
from crm.diagram import mermaid
from crm.domain import Line


def test_the_diagram_in_the_docs_is_current():
    page = Path(__file__).parents[2] / "docs" / "data-model.md"
    assert mermaid() in page.read_text(encoding="utf-8"), "run `python -m crm diagram` and put it into the page"


def test_every_line_has_kinds_of_claims_and_a_product():
    for line in Line:
        assert "other" in reference.claim_kinds(line)
        assert all(isinstance(reference.required_documents(line, kind), tuple) for kind in ("other", "unheard of"))
        assert reference.table("products")[line]["plans"]
