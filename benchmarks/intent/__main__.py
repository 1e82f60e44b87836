"""Compares intent classifiers on the same sentences:

    .venv-rasa/bin/python -m benchmarks.intent [--data ../shared/data] [--task banking77 clinc150 own-en] [--train N]

SVM, logistic regression, decision tree and random forest on tf-idf; CNN, LSTM and self-attention in Keras; DIET
(Rasa's stock pipeline); the shipped pipeline of config.yml. The best has the highest macro F1; of those within one
standard error of it, the quickest to answer. Ends with 1 unless that is the shipped one.

Each algorithm runs in a process of its own, answers sentence by sentence, and is never asked about a sentence it was
trained on. DIET and the shipped pipeline answer inside Rasa, which takes about 2 ms of each answer, and the shipped
one also reads entities and looks up knowledge in that time; its size holds the encoder's weights.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path

from benchmarks.intent.measure import ALGORITHMS, EPOCHS, SHIPPED, Result, build, measure
from benchmarks.intent.rule import RULE, best
from benchmarks.intent.tasks import TaskError, load

ROOT = Path(__file__).resolve().parents[2]
_TITLES = ("algorithm", "accuracy", "macro precision", "macro recall", "macro F1", "± se", "training s", "ms", "MB", "")
_MARK = "result "


def main() -> int:
    """Prints a table for each task; 1 when the shipped pipeline is not the best of one."""
    options = _options()
    if options.here:
        task = load(options.task[0], options.data, ROOT).part(options.train)
        result = measure(options.here, lambda: build(options.here, ROOT, options.epochs), task, _note(options))
        print(_MARK + json.dumps(asdict(result)))
        return 0
    outcomes = []
    for name in options.task:
        try:
            task = load(name, options.data, ROOT).part(options.train)
        except TaskError as error:
            sys.exit(str(error))
        intents = len({intent for _, intent in task.train})
        print(f"\n{task.name}: {len(task.train)} training sentences, {intents} intents, {len(task.test)} held out\n")
        outcomes.append(_table(name, options))
    return 0 if all(outcomes) else 1


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=lambda name: Path(name).resolve(), default=ROOT.parent / "shared" / "data")
    parser.add_argument("--task", nargs="+", default=["banking77"])
    parser.add_argument("--train", type=int, default=0, help="learn from so many sentences only")
    parser.add_argument("--epochs", type=int, default=0, help="at most, for the networks and DIET")
    parser.add_argument("--only", nargs="+", choices=ALGORITHMS, default=ALGORITHMS)
    parser.add_argument("--here", choices=ALGORITHMS, help=argparse.SUPPRESS)
    return parser.parse_args()


def _table(task: str, options: argparse.Namespace) -> bool:
    """Prints a row as soon as it is known, then the best; returns whether that is the shipped one."""
    print("| " + " | ".join(_TITLES) + " |")
    print("|---" * len(_TITLES) + "|")
    results = []
    for name in options.only:
        results.append(_apart(name, task, options))
        print(_row(results[-1]), flush=True)
    winner = best(results)
    print(f"\n{RULE} Here: **{winner.name}**.")
    return winner.name == SHIPPED or SHIPPED not in options.only


def _apart(name: str, task: str, options: argparse.Namespace) -> Result:
    """Measures in a process of its own, so that no algorithm inherits another's memory, threads or settings."""
    order = [sys.executable, "-W", "ignore", "-m", "benchmarks.intent", "--here", name, "--task", task]
    order += ["--data", str(options.data), "--train", str(options.train), "--epochs", str(options.epochs)]
    environment = {**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3", "RASA_TELEMETRY_ENABLED": "false"}
    with tempfile.TemporaryDirectory() as cache:
        environment["RASA_CACHE_DIRECTORY"] = cache  # every training is a whole one
        done = subprocess.run(order, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    lines = [line for line in done.stdout.splitlines() if line.startswith(_MARK)]
    if done.returncode or not lines:
        sys.exit(f"{name} failed:\n{done.stderr[-3000:]}")
    return Result(**json.loads(lines[-1].removeprefix(_MARK)))


def _note(options: argparse.Namespace) -> str:
    if options.here not in EPOCHS:
        return ""
    return f"at most {options.epochs or EPOCHS[options.here]} epochs"


def _row(result: Result) -> str:
    shares = [f"{value:.3f}" for value in (result.accuracy, result.precision, result.recall, result.f1)]
    speed = [
        f"{result.error:.3f}",
        f"{result.training:.1f}",
        f"{1000 * result.latency:.1f}",
        f"{result.size / 1e6:.1f}",
    ]
    return "| " + " | ".join([result.name, *shares, *speed, result.note]) + " |"


if __name__ == "__main__":
    sys.exit(main())
