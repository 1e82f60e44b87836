"""Knowledge files as passages: one section under a `##` heading is one passage."""

import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import yaml

_SECTION = re.compile(r"^## +(.+?) *$", re.MULTILINE)
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_MARKUP = re.compile(r"[*`]{1,3}(?=\S)|(?<=\S)[*`]{1,3}|(?<!\w)_{1,3}(?=\S)|(?<=\S)_{1,3}(?!\w)|^[#>]+ *", re.MULTILINE)


class KnowledgeError(Exception):
    """A knowledge file cannot be read; the message says which and what to mend."""


@dataclass(frozen=True)
class Passage:
    """One section of a knowledge file, as plain text.

    Attributes:
        id: `file-slug#heading-slug`.
        line: the line of business, or `general`.
        asked: other phrasings of the heading's question, from the front matter.
    """

    id: str
    title: str
    heading: str
    line: str
    text: str
    asked: tuple[str, ...] = ()

    def as_dict(self) -> dict[str, Any]:
        """Returns the fields to persist."""
        return asdict(self)


def slug(heading: str) -> str:
    """Returns the anchor of a heading: lower case, no apostrophes, all but letters and digits as one hyphen.

    The pages that answers link to make their anchors by the same rule (`gateway/knowledge_pages.py`);
    `tests/knowledge/anchors.yml` holds both to it.
    """
    return re.sub(r"[\W_]+", "-", re.sub(r"['’]", "", heading.lower())).strip("-")


def read_folder(folder: Path) -> list[Passage]:
    """Returns the passages of all Markdown files of a folder, none when there is no such folder."""
    return [passage for file in files_in(folder) for passage in read_file(file)]


def languages_in(folder: Path) -> list[str]:
    """Returns the names of the folders with knowledge files in them."""
    return sorted(path.name for path in folder.iterdir() if files_in(path)) if folder.is_dir() else []


def files_in(folder: Path) -> list[Path]:
    """Returns the Markdown files of a folder in order."""
    return sorted(folder.glob("*.md")) if folder.is_dir() else []


def read_file(file: Path) -> Iterator[Passage]:
    """Yields the passages of one file.

    Raises:
        KnowledgeError: the front matter cannot be read, or gives phrasings to a heading that the file does not have.
    """
    head, body = _front_matter(file)
    asked = _phrasings(file, head)
    pieces = _SECTION.split(body)
    for heading, text in zip(pieces[1::2], pieces[2::2], strict=True):
        yield Passage(
            id=f"{file.stem}#{slug(plain(heading))}",
            title=str(head.get("title") or file.stem),
            heading=plain(heading),
            line=str(head.get("line", "")),
            text=plain(text),
            asked=asked.pop(heading, ()),
        )
    if asked:
        raise KnowledgeError(f"{file}: `also asked` names {', '.join(asked)}, which is no heading of the file.")


def plain(markdown: str) -> str:
    """Returns Markdown as text without its markup."""
    return html.unescape(_MARKUP.sub("", _LINK.sub(r"\1", markdown))).strip()


def _phrasings(file: Path, head: Mapping[str, Any]) -> dict[str, tuple[str, ...]]:
    listed = head.get("also asked") or {}
    if not isinstance(listed, dict) or not all(isinstance(lines, list) for lines in listed.values()):
        raise KnowledgeError(f"{file}: `also asked` holds a list of phrasings under each heading.")
    return {str(heading): tuple(str(line) for line in lines) for heading, lines in listed.items()}


def _front_matter(file: Path) -> tuple[dict[str, Any], str]:
    source = file.read_text("utf-8-sig")
    if not source.startswith("---\n"):
        return {}, source
    head, _, body = source[4:].partition("\n---")
    try:
        fields = yaml.safe_load(head)
    except yaml.YAMLError as error:
        raise KnowledgeError(f"{file}: the lines between --- and --- are no valid YAML: {error}") from error
    return (fields if isinstance(fields, dict) else {}), body
