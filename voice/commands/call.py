"""`python -m voice call`: a call on this computer's microphone and loudspeaker to a running gateway."""

import argparse
import asyncio
import contextlib
import sys
from collections.abc import AsyncIterator

from voice.lines.client import Client, lines_of_keys
from voice.lines.local import SoundCard
from voice.ports import Caption


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command's parser."""
    parser = commands.add_parser("call", help="call a running gateway with microphone and loudspeaker")
    parser.add_argument("--url", default="http://127.0.0.1:8000", help="of the gateway (default: %(default)s)")
    parser.add_argument("--language", help="to speak: en or zh (default: the gateway's)")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Call until somebody hangs up: `q` and Return, or Ctrl-C; digits and Return are keys."""
    print("Use headphones. Type digits, * or # and Return to press keys; q and Return hangs up.")
    client = Client(options.url, options.language, SoundCard(), show)
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(client.run(lines_of_keys(_typed())))
    return 0


def show(caption: Caption) -> None:
    """A caption as a line; what is not final is written over."""
    if caption.text:
        print(f"\r\033[K{caption.who}: {caption.text}", end="\n" if caption.final else "", flush=True)


async def _typed() -> AsyncIterator[str]:
    """Lines of the terminal."""
    reader = asyncio.StreamReader()
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    while line := await reader.readline():
        yield line.decode(errors="replace")
