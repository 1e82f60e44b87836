"""`python -m bot.lint_data`: prints what it finds as `file:line: severity: text`; 1 when there are errors."""

import argparse
import os
import sys
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml

from bot.lint_data import checks
from bot.lint_data.examples import read_folder
from bot.lint_data.findings import ERROR, Finding
from bot.lint_data.likeness import near_duplicates
from bot.nlu.weights import BUNDLED

_BUNDLED_KNOWS = {"en"}
# Not learned from sentences.
_COMMANDS = {"attach_files", "ask_recommendation", "accept_offer", "decline_offer", "person_left"}


@dataclass(frozen=True)
class Setup:
    """What the linter takes from config.yml: the encoder, and the intents that are nobody's business."""

    model: str
    outside: Collection[str]

    @classmethod
    def read(cls, config: Path) -> "Setup":
        """Reads the pipeline's settings."""
        pipeline = yaml.safe_load(config.read_text("utf-8"))["pipeline"]
        models = [part["model"] for part in pipeline if "model" in part]
        outside = {name for part in pipeline for name in part.get("out_of_scope_intents", [])}
        return cls(models[0] if models else BUNDLED, outside)

    def embeds(self, language: str) -> bool:
        """Whether the encoder knows a language; one that the operator put in is taken to know all."""
        return self.model != BUNDLED or language in _BUNDLED_KNOWS

    def embed(self, texts: Sequence[str]) -> np.ndarray:
        """Returns unit vectors; loads TensorFlow, so only when there is something to compare."""
        from bot.nlu.encoder import shared_encoder

        return shared_encoder(self.model).encode_many(texts)


def problems(root: Path) -> Iterator[Finding]:
    """Yields everything that is or may be wrong with the data of a project folder."""
    data, setup = Path("data"), Setup.read(root / "config.yml")
    examples = read_folder(root / data, root / data / "nlu")
    exam = read_folder(root / "tests" / "nlu", root / "tests" / "nlu")
    domain = root / "domain.yml"
    known = [next(iter(i)) if isinstance(i, dict) else i for i in yaml.safe_load(domain.read_text("utf-8"))["intents"]]
    yield from checks.homeless(examples)
    for sentences in (examples, exam):
        yield from checks.lengths(sentences)
        yield from checks.unknown_intents(sentences, known)
        yield from checks.duplicates(sentences)
    yield from checks.examined(examples, exam)
    yield from checks.without_examples(examples, domain, known, _COMMANDS)
    yield from checks.imbalance(examples, setup.outside)
    yield from near_duplicates(examples, exam, setup.embed, setup.embeds)


def main() -> int:
    """Prints the findings in the order of files and lines; 1 when one of them is an error."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--root", type=Path, default=Path(), help="the project's folder")
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    found = sorted(problems(parser.parse_args().root))
    for finding in found:
        print(finding)
    errors = sum(finding.severity == ERROR for finding in found)
    print(f"{errors} errors, {len(found) - errors} warnings")
    return 1 if errors else 0


if __name__ == "__main__":
    sys.exit(main())
