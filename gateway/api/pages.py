"""The description of the API as a page for people: no script, nothing from elsewhere."""

from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape
from markupsafe import Markup, escape

FOLDER = Path(__file__).parent


def page(description: dict[str, Any]) -> str:
    """All operations by their tags, then all schemas."""
    groups: dict[str, list[dict[str, Any]]] = {}
    for path, methods in description["paths"].items():
        for method, operation in methods.items():
            groups.setdefault(operation["tags"][0], []).append(
                {**operation, "method": method.upper(), "path": description["servers"][0]["url"] + path}
            )
    return (
        _environment()
        .get_template("docs.html")
        .render(api=description, groups=groups, schemas=dict(sorted(description["components"]["schemas"].items())))
    )


def kind(schema: dict[str, Any]) -> Markup:
    """A schema in a word or two, with links to the schemas that it names."""
    if "$ref" in schema:
        name = schema["$ref"].rpartition("/")[2]
        return Markup('<a href="#{0}">{0}</a>').format(name)
    for several in ("anyOf", "oneOf", "allOf"):
        if several in schema:
            return Markup(" or ").join(kind(each) for each in schema[several])
    if "enum" in schema:
        return Markup(" | ").join(Markup("<code>{}</code>").format(value) for value in schema["enum"])
    if "const" in schema:
        return Markup("<code>{}</code>").format(schema["const"])
    if schema.get("type") == "array":
        return Markup("list of ") + kind(schema.get("items", {}))
    words = escape(schema.get("format") or schema.get("type") or "anything")
    return words + _bounds(schema)


def _bounds(schema: dict[str, Any]) -> Markup:
    names = {"minimum": "at least", "maxLength": "characters at most", "pattern": "like"}
    told = [f"{words} {schema[name]}" for name, words in names.items() if name in schema]
    return Markup(" ({})").format(", ".join(told)) if told else Markup("")


def _code(text: str) -> Markup:
    """Words in backquotes as code."""
    parts = text.split("`")
    return Markup("").join(
        Markup("<code>{}</code>").format(part) if place % 2 else escape(part) for place, part in enumerate(parts)
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=select_autoescape(default=True),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["kind"] = kind
    environment.filters["code"] = _code
    return environment
