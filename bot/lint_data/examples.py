"""Training sentences with the place they stand at."""

import re
import unicodedata
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import yaml

_ANNOTATION = re.compile(r"\[([^\]]+)\](?:\([^)]*\)|\{[^}]*\})")  # [words](entity) or [words]{"entity": ...}
_BULLET = re.compile(r"^\s*- ?")
_JOINING = re.compile(r"['’`´\-‐‑]")  # don't = dont, e-mail = email
_NOT_WORD = re.compile(r"[\W_]+")


@dataclass(frozen=True)
class Example:
    """A sentence without its entity marks, its intent, and where it stands.

    `language` is the folder below `data/nlu` or `tests/nlu`; empty for a file that is in none.
    """

    text: str
    intent: str
    language: str
    file: Path
    line: int

    @property
    def place(self) -> str:
        """File and line, as another finding names it."""
        return f"{self.file}:{self.line}"


def read_folder(folder: Path, nlu: Path) -> list[Example]:
    """Returns the examples of all YAML files below a folder, in the order of files and lines.

    Args:
        folder: where to look; Rasa trains on every file below `data`, so the linter reads as many.
        nlu: the folder that has a folder for each language.
    """
    found: list[Example] = []
    for file in sorted([*folder.rglob("*.yml"), *folder.rglob("*.yaml")]):
        language = file.relative_to(nlu).parts[0] if nlu in file.parents and file.parent != nlu else ""
        found += [replace(example, language=language) for example in read_file(file)]
    return found


def read_file(file: Path) -> list[Example]:
    """Returns the examples of one file, of no language yet; none when it has no `nlu` section."""
    text = file.read_text("utf-8")
    if not re.search(r"^nlu:", text, re.MULTILINE):
        return []
    root = yaml.compose(text, Loader=yaml.SafeLoader)
    found = []
    for entry in _values(root).get("nlu", yaml.SequenceNode("", [])).value:
        fields = _values(entry)
        if "intent" in fields and "examples" in fields:
            intent = fields["intent"].value
            lines = _lines(fields["examples"])
            found += [Example(_ANNOTATION.sub(r"\1", words), intent, "", file, line) for words, line in lines]
    return found


def fold(text: str) -> str:
    """Returns what is left when case, punctuation and full or half width do not count.

    A text of nothing but punctuation or emoji stays as it is.
    """
    plain = unicodedata.normalize("NFKC", text).casefold().strip()
    return _NOT_WORD.sub(" ", _JOINING.sub("", plain)).strip() or plain


def count_words(text: str) -> int:
    """Returns the number of words; a Chinese character counts as one."""
    return len(re.findall(r"[\u3400-\u9fff]|[^\W\u3400-\u9fff]+", text))


def _values(node: Any) -> dict[str, Any]:
    return {key.value: value for key, value in node.value} if isinstance(node, yaml.MappingNode) else {}


def _lines(node: Any) -> Iterator[tuple[str, int]]:
    """Yields sentence and line number of an `examples` value, which is a block of bullets or a list."""
    if isinstance(node, yaml.SequenceNode):
        for item in node.value:
            text = _values(item).get("text", item)
            yield str(text.value).strip(), item.start_mark.line + 1
        return
    first = node.start_mark.line + (2 if node.style in ("|", ">") else 1)
    for offset, line in enumerate(node.value.splitlines()):
        if _BULLET.match(line):
            yield _BULLET.sub("", line).strip(), first + (offset if node.style in ("|", ">") else 0)
