"""A CSV file of any size and encoding as UTF-8 blocks of whole rows, so that only one of them is held at a time."""

from collections.abc import Iterator
from pathlib import Path

_SIZE = 8 << 20  # bytes read at a time
_AS_THEY_ARE = {"utf_8", "ascii"}


def blocks(path: Path, encoding: str, size: int = _SIZE) -> Iterator[bytes]:
    """The file in UTF-8 without empty lines before the first, cut where a row ends: at a line end outside quotes.

    Args:
        encoding: as Python names it; a byte order mark is dropped.
        size: bytes read at a time. A block is longer where a row is.

    Raises:
        UnicodeError: the file is not in that encoding.
        OSError: it cannot be read.
    """
    rest, begun = b"", False
    for part in _parts(path, encoding, size):
        rest = rest + part if begun else (rest + part).lstrip(b"\r\n")
        begun = bool(rest) or begun
        end = _end_of_rows(rest)
        if end:
            yield rest[:end]
            rest = rest[end:]
    if rest:
        yield rest


def _parts(path: Path, encoding: str, size: int) -> Iterator[bytes]:
    if encoding in _AS_THEY_ARE:
        with path.open("rb") as file:
            while part := file.read(size):
                yield part
        return
    with path.open(encoding=encoding, newline="") as text:
        while letters := text.read(size):
            yield letters.encode()


def _end_of_rows(block: bytes) -> int:
    """Where the last whole row ends: behind the last line end that an even number of quotes precedes; 0 without one."""
    quotes = block.count(b'"')
    end = len(block)
    while (found := block.rfind(b"\n", 0, end)) >= 0:
        quotes -= block.count(b'"', found, end)
        if quotes % 2 == 0:
            return found + 1
        end = found
    return 0
