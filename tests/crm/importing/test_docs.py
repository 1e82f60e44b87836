from pathlib import Path

import pytest

from crm.importing import Mapping
from crm.importing.entities import ENTITIES
from crm.importing.mapping import synonyms
from crm.importing.records import ClaimRecord, InvoiceRecord, PolicyRecord

PAGE = (Path(__file__).parents[3] / "docs" / "import.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("name", list(Mapping.model_fields))
def test_every_part_of_a_mapping_is_documented(name):
    assert f"    {name}:" in PAGE


@pytest.mark.parametrize("entity", list(ENTITIES.values()), ids=list(ENTITIES))
def test_every_field_is_documented_and_has_headers(entity):
    for field in entity.fields:
        assert field in PAGE
        assert field in synonyms()["headers"][entity.name]


@pytest.mark.parametrize("record", [PolicyRecord, ClaimRecord, InvoiceRecord])
def test_fields_that_a_row_cannot_do_without_are_said_to_be(record):
    for name, field in record.model_fields.items():
        if field.is_required() and name not in ("external_id",):
            assert f"**{name}**" in PAGE


def test_no_header_means_two_fields_of_an_entity():
    for entity, fields in synonyms()["headers"].items():
        names = [name for field, spellings in fields.items() for name in (field, *spellings)]
        doubled = {name for name in names if names.count(name) > 1}
        assert not doubled, (entity, doubled)
