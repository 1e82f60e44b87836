"""The command line of the voice channel: `python -m voice --help`."""

import argparse
import sys
from collections.abc import Sequence
from types import ModuleType

from voice.commands import call, prompts, replay, train
from voice.errors import VoiceError

# Each adds its commands.
_GROUPS: tuple[ModuleType, ...] = (call, train, prompts, replay)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit status."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options) or 0)
    except (VoiceError, OSError) as error:
        print(f"voice: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m voice", description="Calls, and what they are made of.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for group in _GROUPS:
        group.add_to(commands)
    return parser


if __name__ == "__main__":
    sys.exit(main())
