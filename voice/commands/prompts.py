"""`python -m voice prompts`: the phrases that are the same in every call, made in advance."""

import argparse
import asyncio


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = commands.add_parser(
        "prompts", help="make the phrases that are the same in every call", description=__doc__
    )
    parser.set_defaults(run=run)


def run(_: argparse.Namespace) -> int:
    """Make what is missing and remove what is no longer said."""
    from voice.settings import VoiceSettings
    from voice.synthesis.prompts import make_prompts

    count, new = asyncio.run(make_prompts(VoiceSettings()))
    print(f"{count} phrases, {new} of them new")
    return 0
