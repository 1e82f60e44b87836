"""`python -m benchmarks.evaluate`: cross-validation and exams of config.yml's pipeline, as a page in var/reports."""

import argparse
import logging
import os
import tempfile
from datetime import datetime, timezone
from pathlib import Path


def main() -> None:
    """Evaluates and writes the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--config", type=Path, default=Path("config.yml"))
    parser.add_argument("--nlu", type=Path, default=Path("data/nlu"))
    parser.add_argument("--exam", type=Path, default=Path("tests/nlu"))
    parser.add_argument("--entities", type=Path, default=Path("tests/entities"))
    parser.add_argument("--knowledge", type=Path, default=Path("tests/knowledge"))
    parser.add_argument("--folds", type=int, default=5, help="of the cross-validation; 0 leaves it out")
    parser.add_argument("--out", type=Path, default=Path(os.environ.get("CARELINE_VAR", "var")) / "reports")
    options = parser.parse_args()
    _quiet()
    from benchmarks.evaluate.page import render
    from benchmarks.evaluate.pipeline import quiet
    from benchmarks.evaluate.run import Sources, evaluate, summarise

    quiet()
    sources = Sources(options.config, options.nlu, options.exam, options.entities, options.knowledge)
    with tempfile.TemporaryDirectory() as folder:
        os.environ["RASA_CACHE_DIRECTORY"] = f"{folder}/cache"  # folds are of no use to the next training
        report = evaluate(sources, options.folds, Path(folder))
    options.out.mkdir(parents=True, exist_ok=True)
    written = options.out / f"understanding-{datetime.now(timezone.utc):%Y-%m-%d-%H%M}.html"
    written.write_text(render(report), encoding="utf-8")
    summarise(report)
    print(f"report: {written}")


def _quiet() -> None:
    """Silences what other people's libraries say while they are imported."""
    logging.captureWarnings(True)
    logging.getLogger("py.warnings").disabled = True
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("RASA_TELEMETRY_ENABLED", "false")


if __name__ == "__main__":
    main()
