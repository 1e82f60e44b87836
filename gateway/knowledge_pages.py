"""Knowledge files as pages that people can read: answers link to the section they quote."""

import re
from dataclasses import dataclass
from pathlib import Path

import yaml
from fastapi import APIRouter
from fastapi.responses import HTMLResponse, Response
from markdown_it import MarkdownIt
from markupsafe import Markup
from mdit_py_plugins.anchors import anchors_plugin
from mdit_py_plugins.front_matter import front_matter_plugin

from gateway.pages import templates
from gateway.settings import Settings
from gateway.texts import Texts

_LANGUAGE = re.compile(r"[a-z]{2,3}(?:-[A-Za-z]{2,4})?")
_SLUG = re.compile(r"[a-z0-9]+(?:[-_][a-z0-9]+)*")
_LONGEST_SLUG = 100
_APOSTROPHES = re.compile("['’]")
_NOT_IN_IDS = re.compile(r"[\W_]+")


def heading_id(title: str) -> str:
    """The id of a section: lower case, no apostrophes, runs of anything but letters and digits as one hyphen.

    The bot builds the links in its answers by the same rule (`bot/nlu/passages.py`).
    """
    return _NOT_IN_IDS.sub("-", _APOSTROPHES.sub("", title.lower())).strip("-")


@dataclass(frozen=True, slots=True)
class KnowledgePage:
    """A rendered file: its title and safe HTML."""

    title: str
    html: Markup


def render(source: str) -> KnowledgePage:
    """Render a knowledge file; raw HTML in it is shown, not run."""
    markdown = (
        MarkdownIt("commonmark", {"html": False})
        .enable("table")
        .use(front_matter_plugin)
        .use(anchors_plugin, min_level=2, max_level=3, slug_func=heading_id)
    )
    tokens = markdown.parse(source)
    head = next((token.content for token in tokens if token.type == "front_matter"), "")
    html = markdown.renderer.render(tokens, markdown.options, {})
    # The renderer escapes everything that comes from the file, since raw HTML is switched off.
    return KnowledgePage(_title(head), Markup(html))  # noqa: S704


def _title(front_matter: str) -> str:
    try:
        fields = yaml.safe_load(front_matter)
    except yaml.YAMLError:
        return ""
    return str(fields.get("title", "")) if isinstance(fields, dict) else ""


class KnowledgePages:
    """The route. Files are rendered again when they change, so that editors see their work at once."""

    def __init__(self, settings: Settings, texts: Texts) -> None:
        self._root = settings.knowledge_root
        self._texts = texts
        self._language = settings.language
        self._rendered: dict[Path, tuple[int, KnowledgePage]] = {}
        self.router = APIRouter()
        self.router.add_api_route("/knowledge/{language}/{slug}", self.show, methods=["GET", "HEAD"])

    async def show(self, language: str, slug: str) -> Response:
        """One knowledge file."""
        page = self._page(language, slug)
        if page is None:
            return self._not_found()
        html = templates.get_template("knowledge.html").render(
            language=language,
            title=page.title or slug,
            content=page.html,
            back=self._texts.get(language, "pages.knowledge_back"),
            note=self._texts.get(language, "pages.knowledge_note"),
        )
        return HTMLResponse(html, headers={"Cache-Control": "public, max-age=300"})

    def _page(self, language: str, slug: str) -> KnowledgePage | None:
        path = self._root / language / f"{slug}.md"
        if len(slug) > _LONGEST_SLUG or not _LANGUAGE.fullmatch(language) or not _SLUG.fullmatch(slug):
            return None
        if not path.is_file():
            return None
        changed = path.stat().st_mtime_ns
        known = self._rendered.get(path)
        if known is None or known[0] != changed:
            known = self._rendered[path] = (changed, render(path.read_text(encoding="utf-8")))
        return known[1]

    def _not_found(self) -> Response:
        text = self._texts.get(self._language, "errors.not_found")
        page = templates.get_template("notice.html").render(language=self._language, title=text, text="")
        return HTMLResponse(page, status_code=404)
