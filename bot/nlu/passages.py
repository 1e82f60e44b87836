"""Knowledge files as passages: one section under a `##` heading is one passage."""

import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

import yaml

_SECTION = re.compile(r"^## +(.+?) *$", re.MULTILINE)
_LINK = re.compile(r"!?\[([^\]]*)\]\([^)]*\)")
_MARKUP = re.compile(r"[*_`]{1,3}(?=\S)|(?<=\S)[*_`]{1,3}|^[#>]+ *", re.MULTILINE)


@dataclass(frozen=True)
class Passage:
    """One section of a knowledge file, as plain text.

    Attributes:
        id: `file-slug#heading-slug`.
        line: the line of business, or `general`.
    """

    id: str
    title: str
    heading: str
    line: str
    text: str

    def as_dict(self) -> dict[str, str]:
        """Returns the fields to persist."""
        return asdict(self)


def slug(heading: str) -> str:
    """Returns the anchor of a heading: lower case, no apostrophes, all but letters and digits as one hyphen."""
    return re.sub(r"[\W_]+", "-", re.sub(r"['’]", "", heading.lower())).strip("-")


def read_folder(folder: Path) -> list[Passage]:
    """Returns the passages of all Markdown files of a folder, none when there is no such folder."""
    return [passage for file in files_in(folder) for passage in read_file(file)]


def files_in(folder: Path) -> list[Path]:
    """Returns the Markdown files of a folder in order."""
    return sorted(folder.glob("**/*.md")) if folder.is_dir() else []


def read_file(file: Path) -> Iterator[Passage]:
    """Yields the passages of one file."""
    source = file.read_text("utf-8")
    head, body = _front_matter(source)
    name = str(head.get("slug") or file.stem)
    pieces = _SECTION.split(body)
    for heading, text in zip(pieces[1::2], pieces[2::2], strict=True):
        yield Passage(
            id=f"{name}#{slug(heading)}",
            title=str(head.get("title") or file.stem),
            heading=plain(heading),
            line=str(head.get("line", "")),
            text=plain(text),
        )


def plain(markdown: str) -> str:
    """Returns Markdown as text without its markup."""
    return _MARKUP.sub("", _LINK.sub(r"\1", markdown)).strip()


def _front_matter(source: str) -> tuple[dict[str, object], str]:
    if not source.startswith("---\n"):
        return {}, source
    head, _, body = source[4:].partition("\n---")
    fields = yaml.safe_load(head)
    return (fields if isinstance(fields, dict) else {}), body
