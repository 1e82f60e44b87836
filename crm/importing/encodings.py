"""Which encoding a text file is in, decided on its whole content."""

import codecs
import re
from pathlib import Path

from charset_normalizer import from_bytes

from crm.errors import InvalidInput

_MARKS = ((codecs.BOM_UTF8, "utf-8-sig"), (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"))
_SAMPLE = 256 * 1024
_CHUNK = 1 << 20
_PAIRED_FROM = 0.75  # Chinese comes in pairs of high bytes; an accented letter mostly stands alone
_HIGH = re.compile(rb"[\x80-\xff]+")
_NEVER_IN_LATIN_1 = re.compile(rb"[\x80-\x9f]")
_GUESSED = ("gb18030", "cp1252", "big5", "cp1250", "cp1251", "shift_jis", "euc_kr")


def detect(path: Path) -> str:
    """The name of the codec for `path`: UTF-8 with or without mark, UTF-16 with mark, GB18030, Latin-1 or what fits.

    Only an encoding in which the whole file can be read is answered. Latin-1 takes any byte, so something always is.
    """
    with path.open("rb") as file:
        sample = file.read(_SAMPLE)
    for mark, name in _MARKS:
        if sample.startswith(mark) and can_read(path, name):
            return name
    if can_read(path, "utf-8"):
        return "utf-8"
    sample = _with_high_bytes(path, sample)
    if _paired(sample) >= _PAIRED_FROM and can_read(path, "gb18030"):
        return "gb18030"
    if not _NEVER_IN_LATIN_1.search(sample):
        return "latin-1"
    if can_read(path, "cp1252"):
        return "cp1252"
    best = from_bytes(sample, cp_isolation=list(_GUESSED)).best()
    return best.encoding if best and can_read(path, best.encoding) else "latin-1"


def can_read(path: Path, encoding: str) -> bool:
    """Whether all of `path` is valid in `encoding`.

    Raises:
        InvalidInput: there is no such encoding.
    """
    try:
        decoder = codecs.getincrementaldecoder(encoding)("strict")
    except LookupError:
        raise InvalidInput("encoding", "This encoding is not known; use a name such as gb18030.") from None
    try:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
    except (UnicodeError, ValueError):
        return False
    return True


def _with_high_bytes(path: Path, sample: bytes) -> bytes:
    """`sample`, or the first stretch of the file that is not plain ASCII when the sample is."""
    if not sample.isascii():
        return sample
    with path.open("rb") as file:
        while chunk := file.read(_CHUNK):
            if not chunk.isascii():
                return chunk
    return sample


def _paired(sample: bytes) -> float:
    """The share of high bytes that stand in runs of an even length."""
    runs = [len(run) for run in _HIGH.findall(sample)]
    return sum(run for run in runs if run % 2 == 0) / (sum(runs) or 1)
