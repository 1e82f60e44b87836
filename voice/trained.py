"""Where the recogniser's trained models are; needs nothing but Python, so that set-up can ask before it installs."""

import re
from hashlib import sha256
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
FOLDER = ROOT / "models" / "voice"
SOURCES = ("data/nlu/en", "data/voice", "voice/recognition", "voice/locale", "voice/audio.py")
_KEPT = 3


def fingerprint() -> str:
    """16 hex digits over everything a model is made from."""
    digest = sha256()
    for path in sorted(_files()):
        digest.update(f"{path.relative_to(ROOT)}\0".encode())
        digest.update(sha256(path.read_bytes()).digest())
    return digest.hexdigest()[:16]


def current() -> Path:
    """Where the model made from today's data and code is kept; it may not be there yet."""
    return FOLDER / fingerprint()


def newest() -> Path | None:
    """The model trained last, which is the one that is used."""
    return max(_models(), key=lambda path: path.stat().st_mtime, default=None)


def forget_old(keep: Path) -> list[Path]:
    """Models beyond the last three, `keep` not among them: to be deleted."""
    others = sorted((path for path in _models() if path != keep), key=lambda path: path.stat().st_mtime)
    return others[: max(0, len(others) - _KEPT + 1)]


def _models() -> list[Path]:
    return [path for path in FOLDER.glob("*") if re.fullmatch("[0-9a-f]{16}", path.name)]


def _files() -> list[Path]:
    found = []
    for source in SOURCES:
        path = ROOT / source
        inside = path.rglob("*") if path.is_dir() else [path]
        found += [file for file in inside if file.is_file() and "__pycache__" not in file.parts]
    return found
