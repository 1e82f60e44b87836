"""Measures the understanding: `config.yml`'s own pipeline, trained on public data, beside Rasa's stock one.

Run it in the Rasa environment:

    .venv-rasa/bin/python benchmarks/nlu.py --data ../shared/data [--stock] [--only banking77 ...]
    .venv-rasa/bin/python benchmarks/nlu.py --train A.csv --dev B.csv [--oos C.csv] [--oos-train D.csv]

A file is CSV with the columns `text,intent`, or JSON lines with `utterance` and `intents`.
"""

import argparse
import asyncio
import csv
import json
import os
import subprocess
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
OUTSIDE = "out_of_scope"
NOT_TASKS = {"contentonly", "confirmation", "openinggreeting", "closinggreeting", "thankyou", "rejection"}
STOCK = """
recipe: default.v1
language: en
pipeline:
  - name: WhitespaceTokenizer
  - name: RegexFeaturizer
  - name: LexicalSyntacticFeaturizer
  - name: CountVectorsFeaturizer
  - name: CountVectorsFeaturizer
    analyzer: char_wb
    min_ngram: 1
    max_ngram: 4
  - name: DIETClassifier
    epochs: 100
"""


@dataclass
class Task:
    """One data set: training and held-out files; `tasks_only` leaves small talk out of the second accuracy."""

    name: str
    train: str
    dev: str
    oos: str = ""
    oos_train: str = ""
    tasks_only: bool = False


def known_tasks(folder: Path) -> list[Task]:
    nlu = folder / "nlu"
    clinc = [str(nlu / f"clinc150_{part}.csv") for part in ("train", "dev", "oos_dev", "oos_train")]
    return [
        Task("banking77", str(nlu / "banking77_train.csv"), str(nlu / "banking77_dev.csv")),
        Task("clinc150", *clinc[:3]),
        Task("clinc150+oos", *clinc),
        Task(
            "multidogo",
            str(nlu / "multidogo_insurance_train.jsonl"),
            str(nlu / "multidogo_insurance_dev.jsonl"),
            tasks_only=True,
        ),
    ]


def read(file: str) -> list[tuple[str, str]]:
    with Path(file).open(encoding="utf-8", newline="") as lines:
        if file.endswith(".csv"):
            return [(row["text"], row["intent"]) for row in csv.DictReader(lines)]
        rows = [json.loads(line) for line in lines if line.strip()]
    return [(row["utterance"], "+".join(row["intents"])) for row in rows]


def run_here(task: Task, config: str, folder: Path) -> dict:
    """Trains and measures in this process; meant to run in a process of its own."""
    _quiet()
    from rasa.core.agent import Agent
    from rasa.model_training import train_nlu
    from rasa.shared.nlu.training_data.message import Message
    from rasa.shared.nlu.training_data.training_data import TrainingData

    examples = read(task.train) + [(text, OUTSIDE) for text, _ in (read(task.oos_train) if task.oos_train else [])]
    data = TrainingData()  # which would drop repeated sentences if it were given them
    data.training_examples = [Message.build(text=text, intent=intent) for text, intent in examples]
    (folder / "nlu.yml").write_text(data.nlu_as_yaml(), encoding="utf-8")
    started = time.perf_counter()
    model = train_nlu(config, str(folder / "nlu.yml"), str(folder / "out"))
    result = {"examples": len(examples), "training": time.perf_counter() - started}
    started = time.perf_counter()
    agent = Agent.load(model)
    result["load"] = time.perf_counter() - started
    result["size"] = Path(str(model)).stat().st_size / 1e6
    return {**result, **_measure(task, agent)}


def _measure(task: Task, agent: object) -> dict:
    from sklearn.metrics import roc_auc_score

    inside, outside = read(task.dev), read(task.oos) if task.oos else []
    answers, seconds = asyncio.run(_parse(agent, [text for text, _ in inside + outside]))
    tops = [_top(answer) for answer in answers]
    right = [top == intent for top, (_, intent) in zip(tops, inside, strict=False)]
    rows = [i for i, (_, intent) in enumerate(inside) if not (task.tasks_only and intent in NOT_TASKS)]
    result = {"accuracy": sum(right) / len(right), "p50": _at(seconds, 0.5) * 1e3, "p95": _at(seconds, 0.95) * 1e3}
    if task.tasks_only:
        result["task_accuracy"] = sum(right[i] for i in rows) / len(rows)
    scores = [_score(answer) for answer in answers]
    known, unknown = scores[: len(inside)], scores[len(inside) :]
    rejected = [(answer["intent"] or {}).get("name") in ("nlu_fallback", OUTSIDE) for answer in answers]
    result["rejected"] = sum(rejected[: len(inside)]) / len(inside)
    if unknown:
        cut = _at(known, 0.05)
        result["auroc"] = roc_auc_score([1] * len(known) + [0] * len(unknown), scores)
        result["recall_at_5"] = sum(score < cut for score in unknown) / len(unknown)
        result["caught"] = sum(rejected[len(inside) :]) / len(unknown)
    return result


async def _parse(agent: object, texts: list[str]) -> tuple[list[dict], list[float]]:
    answers, seconds = [], []
    for text in texts[:20]:
        await agent.parse_message(text)  # warm
    for text in texts:
        started = time.perf_counter()
        answers.append(await agent.parse_message(text))
        seconds.append(time.perf_counter() - started)
    return answers, seconds


def _top(answer: dict) -> str:
    """The likeliest intent, whether or not the sentence was then taken for out of scope."""
    names = [entry["name"] for entry in answer.get("intent_ranking", []) if entry["name"] != "nlu_fallback"]
    return names[0] if names else ""


def _score(answer: dict) -> float:
    if "in_scope" in answer:
        return answer["in_scope"]["score"]
    ranking = [entry for entry in answer.get("intent_ranking", []) if entry["name"] not in ("nlu_fallback", OUTSIDE)]
    return ranking[0]["confidence"] if ranking else 0.0


def _at(values: list[float], share: float) -> float:
    return sorted(values)[int(share * (len(values) - 1))]


def _quiet() -> None:
    import logging
    import warnings

    warnings.simplefilter("ignore")
    from rasa.utils.log_utils import configure_structlog

    configure_structlog(logging.WARNING)
    logging.getLogger().setLevel(logging.WARNING)


def run_apart(task: Task, config: Path) -> dict:
    """Runs one measurement in a process of its own, parses on one thread."""
    with tempfile.TemporaryDirectory() as folder:
        order = {"task": asdict(task), "config": str(config), "folder": folder, "out": f"{folder}/result.json"}
        environment = {
            **os.environ,
            "PYTHONPATH": str(ROOT),
            "TF_CPP_MIN_LOG_LEVEL": "3",
            "RASA_TELEMETRY_ENABLED": "false",
            "PYTHONWARNINGS": "ignore",
        }
        if config.name != "stock.yml":
            environment["TF_INTRA_OP_PARALLELISM_THREADS"] = "1"
        done = subprocess.run(
            [sys.executable, __file__, "--order", json.dumps(order)],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
        )
        if done.returncode:
            sys.exit(f"{task.name} with {config.name} failed:\n{done.stderr[-3000:]}")
        return json.loads(Path(order["out"]).read_text())


COLUMNS = [
    ("accuracy", "accuracy", "{:.4f}"),
    ("task_accuracy", "tasks", "{:.4f}"),
    ("auroc", "OOS AUROC", "{:.4f}"),
    ("recall_at_5", "OOS recall at 5 %", "{:.3f}"),
    ("rejected", "rejected in scope", "{:.3f}"),
    ("caught", "OOS caught", "{:.3f}"),
    ("training", "training s", "{:.1f}"),
    ("load", "load s", "{:.1f}"),
    ("size", "MB", "{:.1f}"),
    ("p50", "parse p50 ms", "{:.1f}"),
    ("p95", "p95", "{:.1f}"),
]


def row(name: str, pipeline: str, result: dict) -> str:
    cells = [form.format(result[key]) if key in result else "" for key, _, form in COLUMNS]
    return f"| {name} | {pipeline} | " + " | ".join(cells) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--config", type=Path, default=ROOT / "config.yml")
    parser.add_argument("--stock", action="store_true", help="also train Rasa's stock pipeline")
    parser.add_argument("--only", nargs="*", help="names of data sets")
    parser.add_argument("--train")
    parser.add_argument("--dev")
    parser.add_argument("--oos", default="")
    parser.add_argument("--oos-train", default="")
    parser.add_argument("--order", help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.order:
        order = json.loads(options.order)
        result = run_here(Task(**order["task"]), order["config"], Path(order["folder"]))
        Path(order["out"]).write_text(json.dumps(result))
        return
    if options.train:
        tasks = [Task(Path(options.train).stem, options.train, options.dev, options.oos, options.oos_train)]
    elif not (options.data / "nlu").is_dir():
        sys.exit(f"No data in {options.data / 'nlu'}: name the folder with --data, or files with --train and --dev.")
    else:
        tasks = [task for task in known_tasks(options.data) if not options.only or task.name in options.only]
    print_table(tasks, options.config.resolve(), options.stock)


def print_table(tasks: list[Task], config: Path, stock: bool) -> None:
    print("| data | pipeline | " + " | ".join(title for _, title, _ in COLUMNS) + " |")
    print("|---" * (len(COLUMNS) + 2) + "|")
    with tempfile.TemporaryDirectory() as folder:
        stock_config = Path(folder) / "stock.yml"
        stock_config.write_text(STOCK)
        for task in tasks:
            print(row(task.name, "careline", run_apart(task, config)), flush=True)
            if stock:
                print(row(task.name, "stock", run_apart(task, stock_config)), flush=True)


if __name__ == "__main__":
    main()
