"""`.venv/bin/python -m benchmarks.voice [PART ...] [-- OPTIONS OF ONE PART]`: all of it, or the parts that are named.

What each measures stands in its own module, and `docs/voice-figures.md` has the results.
"""

import importlib
import sys
from collections.abc import Sequence

PARTS = ("accuracy", "times", "stock", "soak")


def main(arguments: Sequence[str]) -> None:
    """Run part after part; options are for one part alone."""
    place = next((number for number, each in enumerate(arguments) if each.startswith("-")), len(arguments))
    parts, options = arguments[:place], [each for each in arguments[place:] if each != "--"]
    unknown = set(parts) - set(PARTS)
    if unknown or (options and len(parts) != 1):
        raise SystemExit(f"{__doc__}\nParts: {', '.join(PARTS)}.")
    for part in parts or PARTS:
        importlib.import_module(f"benchmarks.voice.{part}").main(options)


if __name__ == "__main__":
    main(sys.argv[1:])
