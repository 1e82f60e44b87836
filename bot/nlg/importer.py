"""Responses side by side: `data/responses/<language>/*.yml` may all use the same keys.

Rasa alone would keep the last file's. This importer joins the variations and marks each with its folder's language.
It also lets Rasa count the training sentences it drops, before the first file is read.
"""

import warnings
from pathlib import Path
from typing import Any

from rasa.shared.importers.rasa import RasaFileImporter
from rasa.shared.nlu.training_data.training_data import TrainingData
from rasa.shared.utils.io import read_yaml_file

from bot.nlu import repeats

FOLDER = "responses"
_NOT_TRUE_HERE = (
    "The utterance '.*' is not used in any story or rule",  # the dialogue, actions and labels use them
    "'RulePolicy' is not included",  # DialoguePolicy is one
)
"""Warnings of Rasa's validation that would bury the ones worth reading."""


class ResponsesByLanguage(RasaFileImporter):
    """Rasa's importer of files, with responses by language."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        repeats.keep()
        super().__init__(*args, **kwargs)
        for message in _NOT_TRUE_HERE:
            warnings.filterwarnings("ignore", message=message)

    def get_nlu_data(self, language: str | None = "en") -> TrainingData:
        """The training data, its responses joined over the languages."""
        data = super().get_nlu_data(language)
        joined: dict[str, list[dict[str, Any]]] = {}
        for path in sorted(Path(file) for file in self._nlu_files):
            if path.parent.parent.name == FOLDER:
                for name, variations in read_responses(path).items():
                    joined.setdefault(name, []).extend(variations)
        data.responses = {**data.responses, **joined}
        return data


def read_responses(path: Path) -> dict[str, list[dict[str, Any]]]:
    """The responses of one file, each variation marked with the language of the file's folder."""
    content = read_yaml_file(path)
    responses = content.get("responses") if isinstance(content, dict) else None
    return {name: [_marked(v, path.parent.name) for v in variations] for name, variations in (responses or {}).items()}


def _marked(variation: dict[str, Any], language: str) -> dict[str, Any]:
    return {**variation, "metadata": {**(variation.get("metadata") or {}), "language": language}}
