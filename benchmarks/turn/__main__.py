"""`.venv/bin/python -m benchmarks.turn`: one table, ours beside RasaHQ's stock configuration in the same run."""

import argparse
import asyncio
import platform
import sys
import tempfile
from dataclasses import dataclass
from datetime import datetime, timezone
from pathlib import Path
from statistics import median

import yaml

from benchmarks.turn.load import RasaDoor, SocketDoor, by_turn, parses, percentile, saturation
from benchmarks.turn.systems import ROOT, Site, System, open_site, start_gateway, start_ours, start_stock

WARM_UP = 40


@dataclass
class Options:
    """How much to measure: conversations a door, turns a conversation, training sentences an intent."""

    conversations: int
    turns: int
    examples: int


def main() -> None:
    """Measure both, print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--conversations", type=int, default=5)
    parser.add_argument("--turns", type=int, default=204, help="turns a conversation; the last eight are the late ones")
    parser.add_argument("--examples", type=int, default=30, help="training sentences an intent, for both")
    options = Options(**vars(parser.parse_args()))
    with tempfile.TemporaryDirectory(prefix="careline-turn-") as folder:
        site = open_site(Path(folder), options.examples)
        with site.processes:
            columns = {}
            for start in (start_stock, start_ours):
                system = start(site)
                columns[system.name] = asyncio.run(_measure(site, system, options))
                system.process.terminate()
                system.process.wait()
    _print(columns["ours"], columns["stock"])


async def _measure(site: Site, system: System, options: Options) -> dict[str, float]:
    rasa, socket = RasaDoor(site, system), SocketDoor(site, system)
    if system.name == "ours":
        start_gateway(site)
    sentences = _sentences()
    await parses(site, system, sentences[:WARM_UP])
    figures = {"training, s": system.training, "start, s": system.start}
    parse = await parses(site, system, sentences)
    figures |= {"parse p50, ms": 1000 * median(parse), "parse p95, ms": 1000 * percentile(parse, 95)}
    for name, door in (("Rasa", rasa), ("socket", socket)):
        try:
            turns = await by_turn(door, options.conversations, options.turns)
            figures |= _turn_figures(name, turns)
            figures[f"turns/s before p95 doubles ({name})"], _ = await saturation(door)
        except TimeoutError:
            print(f"{system.name} fell silent through {name}: no figures", file=sys.stderr)
        print(system.name, figures, file=sys.stderr, flush=True)  # a later failure costs only what comes after
    figures["resident memory, MB"] = system.resident() / 2**20
    await socket.close()
    return figures


def _turn_figures(name: str, turns: list[list[float]]) -> dict[str, float]:
    """The 5th turn is the median of turns 5 to 12, the 200th that of the last eight: two rounds of the script each."""
    early = [seconds for conversation in turns for seconds in conversation[4:12]]
    late = [seconds for conversation in turns for seconds in conversation[-8:]]
    every = [seconds for conversation in turns for seconds in conversation]
    return {
        f"turn p50 ({name}), ms": 1000 * median(every),
        f"turn p95 ({name}), ms": 1000 * percentile(every, 95),
        f"5th turn ({name}), ms": 1000 * median(early),
        f"200th turn ({name}), ms": 1000 * median(late),
        f"200th / 5th ({name})": median(late) / median(early),
    }


def _sentences() -> list[str]:
    """The exam's sentences: real ones, none of them trained on."""
    found = []
    for path in sorted((ROOT / "tests" / "nlu" / "en").glob("*.yml")):
        for item in yaml.safe_load(path.read_text())["nlu"]:
            found += [line.removeprefix("- ") for line in item["examples"].splitlines() if line.startswith("- ")]
    return found[:: max(1, len(found) // 400)]


def _print(ours: dict[str, float], stock: dict[str, float]) -> None:
    print(f"\n{datetime.now(timezone.utc):%Y-%m-%d}, {platform.machine()}, Python {platform.python_version()}\n")
    print("| | ours | stock | ours / stock |\n|---|---|---|---|")
    for name, value in ours.items():
        peer = stock.get(name, float("nan"))
        print(f"| {name} | {value:.2f} | {peer:.2f} | {value / peer:.2f} |")


if __name__ == "__main__":
    main()
