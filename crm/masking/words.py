"""The words of `words.toml`."""

from functools import cache
from pathlib import Path
from typing import Any

import tomllib


@cache
def words() -> dict[str, Any]:
    """Words by table."""
    return tomllib.loads(Path(__file__).with_name("words.toml").read_text(encoding="utf-8"))
