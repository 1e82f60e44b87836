"""`python -m voice train`: makes the recogniser's model from the assistant's training sentences."""

import argparse
import time
from pathlib import Path


def add_to(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command."""
    parser = commands.add_parser("train", help="make the recogniser's language model and dictionary")
    parser.add_argument("--out", type=Path, help="folder of the model; models/voice/FINGERPRINT unless given")
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Make it and say where it is."""
    from voice.recognition.training import train

    began = time.monotonic()
    folder = train(options.out)
    print(f"{folder} made in {time.monotonic() - began:.0f} s")
    return 0
