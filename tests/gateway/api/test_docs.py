"""The description of the API, for machines and for people."""

import re
from html.parser import HTMLParser

import pytest
from openapi_spec_validator import validate

from gateway.api import application
from gateway.api.pages import page


@pytest.fixture(scope="module")
def described():
    return application.make().openapi()


def operations(described):
    return [operation for methods in described["paths"].values() for operation in methods.values()]


def test_it_is_valid(described):
    assert described["openapi"].startswith("3.1")
    validate(described)


def test_every_operation_has_a_name_a_group_words_and_its_permission(described):
    found = operations(described)
    assert len({each["operationId"] for each in found}) == len(found)
    for each in found:
        assert each["tags"]
        assert each["summary"]
        assert "x-permission" in each
        assert "ermission" in each["description"] or "logged in" in each["description"]


def test_every_operation_tells_of_its_problems(described):
    for each in operations(described):
        assert "application/problem+json" in each["responses"]["401"]["content"], each["operationId"]
        assert "application/problem+json" in each["responses"]["422"]["content"], each["operationId"]


def test_every_schema_has_words(described):
    schemas = described["components"]["schemas"]
    assert [name for name, schema in schemas.items() if not schema.get("description")] == []


class Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.ids: set[str] = set()
        self.targets: set[str] = set()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        for name, value in attrs:
            assert not name.startswith("on")
            assert name != "style"
            if name == "id":
                assert value not in self.ids, value
                self.ids.add(value)
            if name in ("href", "src"):
                self.targets.add(value)


def test_the_page_has_every_operation_and_no_script(described):
    read = Links()
    read.feed(page(described))
    assert {each["operationId"] for each in operations(described)} <= read.ids
    assert not {"script", "style", "img", "iframe"} & set(read.tags)
    assert {target[1:] for target in read.targets if target.startswith("#")} <= read.ids
    assert not [target for target in read.targets if re.match(r"https?:|//", target)]


async def test_both_are_open_to_everybody(http):
    told = await http.get("/api/openapi.json")
    assert told.json()["info"]["title"] == "Careline staff API"
    shown = await http.get("/api/docs")
    assert shown.headers["content-type"].startswith("text/html")
    assert "'unsafe-inline'" not in shown.headers["content-security-policy"]
    assert (await http.get("/api/assets/docs.css")).headers["content-type"].startswith("text/css")
