"""What the assistant makes of texts, when it was trained without some of its sentences.

Rasa lives in an environment of its own (`.venv-rasa`), so this module is run there as a process: it trains while the
calls are heard, waits for their texts on standard input, and answers all of them at once.
"""

import json
import logging
import os
import subprocess
import sys
import tempfile
from collections.abc import Collection, Sequence
from pathlib import Path

PYTHON = Path(".venv-rasa/bin/python")
CONFIG = Path("config.yml")


class Understanding:
    """The assistant's understanding, without the training sentences `removed`; training when it returns.

    Raises:
        SystemExit: `.venv-rasa` is not there.
    """

    def __init__(self, nlu: Path, language: str, removed: Collection[str]) -> None:
        if not PYTHON.exists():
            raise SystemExit("The assistant is trained in .venv-rasa, which is not there: run `make setup` first.")
        command = ["nice", str(PYTHON), "-W", "ignore", "-m", "benchmarks.voice.accuracy_intents"]
        self._process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self._ask({"nlu": str(nlu), "language": language, "removed": sorted(removed)})

    def intents(self, texts: Collection[str]) -> dict[str, str]:
        """What each text means to it; asked once, then the process ends.

        Raises:
            SystemExit: the process failed; what it said stands above.
        """
        asked = sorted({text for text in texts if text.strip()})
        self._ask(asked)
        answer, _ = self._process.communicate()
        if self._process.returncode or not answer:
            raise SystemExit("the assistant could not be trained or asked")
        return {"": "", **dict(zip(asked, json.loads(answer.splitlines()[-1]), strict=True))}

    def close(self) -> None:
        """End it, whether or not it was asked."""
        self._process.kill()
        self._process.wait()

    def _ask(self, what: object) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(what) + "\n")
        self._process.stdin.flush()


def main() -> None:
    """The process: a line of what to leave out, a line of texts; a line of their intents."""
    answers, sys.stdout = sys.stdout, sys.stderr  # Rasa and its libraries print as they like
    task = json.loads(sys.stdin.readline())
    logging.captureWarnings(True)
    logging.getLogger("py.warnings").disabled = True
    os.environ |= {"TF_CPP_MIN_LOG_LEVEL": "3", "RASA_TELEMETRY_ENABLED": "false"}
    with tempfile.TemporaryDirectory(prefix="careline-understanding-") as folder:
        os.environ["RASA_CACHE_DIRECTORY"] = f"{folder}/cache"  # this model is of no use to the next training
        print(json.dumps(_intents(task, Path(folder) / "model")), file=answers, flush=True)


def _intents(task: dict, folder: Path) -> Sequence[str]:
    from benchmarks.evaluate.pipeline import Pipeline, quiet
    from benchmarks.evaluate.sentences import read

    quiet()
    corpus, removed = read(Path(task["nlu"])), set(task["removed"])
    kept = [one for one in corpus.sentences if one.language != task["language"] or one.text not in removed]
    missing = removed - {one.text for one in corpus.sentences}
    if missing:
        raise SystemExit(f"not among the training sentences as Rasa reads them: {sorted(missing)}")
    pipeline = Pipeline(CONFIG, corpus.part(kept), folder)
    texts = json.loads(sys.stdin.readline())
    return [(answer["intent"] or {}).get("name") or "" for answer in pipeline.parse(texts)]


if __name__ == "__main__":
    main()
