"""A saved model: the fitted algorithms, without pickle, and a card that says what they are and how good."""

import hashlib
import io
import json
import os
import re
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import skops.io

from models import search
from models.calibration import Calibration
from models.columns import Column, Kind
from models.errors import ArtefactError
from models.features import Plan

MODEL, CARD, FIGURES = "model.skops", "card.json", "figures.json"
_TRUSTED = (
    "collections.OrderedDict",
    "functools.partial",
    "lightgbm.basic.Booster",
    "lightgbm.sklearn.LGBMClassifier",
    "numpy.dtype",
    "scipy._lib.array_api_compat.numpy._aliases.asarray",
    "scipy.interpolate._bsplines.BSpline",
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.calibration._SigmoidCalibration",
    "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
    "sklearn.impute._iterative.IterativeImputer",
    "sklearn.impute._iterative._ImputerTriplet",
    "sklearn.neural_network._stochastic_optimizers.AdamOptimizer",
    "sklearn.tree._tree.Tree",
    "sklearn.utils.validation.check_array",
)
_DAWN = (1980, 1, 1, 0, 0, 0)  # the earliest time a ZIP file can hold


@dataclass(frozen=True)
class Artefact:
    """A model ready to score.

    Attributes:
        columns: the columns it asks for, and how they are read.
        card: name, target, data window, versions, hash of the data, the rule that chose it, its figures.
    """

    columns: tuple[Column, ...]
    plan: Plan
    models: tuple[Any, ...]
    calibration: Calibration
    card: Mapping[str, Any]

    def probabilities(self, x: np.ndarray) -> np.ndarray:
        """Calibrated probabilities of shape (rows,) for the plan's matrix."""
        return self.calibration(search.predict(self.models, x))


def save(folder: Path, artefact: Artefact, figures: Mapping[str, Any]) -> None:
    """Write the artefact; the same content gives the same bytes. Every file is replaced as a whole, the card last."""
    folder.mkdir(parents=True, exist_ok=True)
    blob = _steady(skops.io.dumps(list(artefact.models)))
    card = {
        **artefact.card,
        "model_sha256": hashlib.sha256(blob).hexdigest(),
        "columns": [{**vars(column), "notes": list(column.notes)} for column in artefact.columns],
        "features": artefact.plan.to_json(),
        "calibration": artefact.calibration.to_json(),
    }
    _replace(folder / MODEL, blob)
    _replace(folder / FIGURES, _json(figures))
    _replace(folder / CARD, _json(card))  # last: an artefact without its card is not one


def load(folder: Path) -> Artefact:
    """The artefact of a folder.

    Raises:
        ArtefactError: there is none, it was altered, or it holds types that no algorithm of ours saves.
    """
    card = card_of(folder)
    blob = (folder / MODEL).read_bytes() if (folder / MODEL).is_file() else b""
    if hashlib.sha256(blob).hexdigest() != card["model_sha256"]:
        raise ArtefactError(f"{folder / MODEL} is not the model its card describes: fit it again.")
    unknown = sorted(set(skops.io.get_untrusted_types(data=blob)) - set(_TRUSTED))
    if unknown:
        raise ArtefactError(
            f"{folder / MODEL} holds {', '.join(unknown)}, which no model of ours does: it is not loaded."
        )
    models = skops.io.loads(blob, trusted=list(_TRUSTED))
    columns = [Column(**{**c, "kind": Kind(c["kind"]), "notes": tuple(c["notes"])}) for c in card["columns"]]
    calibration = card["calibration"]
    return Artefact(
        tuple(columns),
        Plan.from_json(card["features"]),
        tuple(models),
        Calibration(calibration["kind"], tuple(calibration["x"]), tuple(calibration["y"])),
        card,
    )


def card_of(folder: Path) -> dict[str, Any]:
    """The card alone. Raises `ArtefactError` when there is none."""
    return _read(folder / CARD)


def figures_of(folder: Path) -> dict[str, Any]:
    """The figures behind the report. Raises `ArtefactError` when there are none."""
    return _read(folder / FIGURES)


def _read(path: Path) -> dict[str, Any]:
    try:
        data: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ArtefactError(f"{path.parent} holds no model: make one with `python -m models fit`.") from None
    except ValueError:
        raise ArtefactError(f"{path} is damaged: fit the model again.") from None
    return data


def _json(data: Mapping[str, Any]) -> bytes:
    return json.dumps(data, ensure_ascii=False, indent=1, default=_plain).encode()


def _plain(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    raise TypeError(f"{type(value).__name__} does not go into a card")


def _replace(path: Path, content: bytes) -> None:
    draft = path.with_name(f".{path.name}.draft")
    with draft.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _steady(blob: bytes) -> bytes:
    """The same archive without times and memory addresses: skops names the parts of a model by their address."""
    with zipfile.ZipFile(io.BytesIO(blob)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    schema = parts.pop("schema.json").decode()
    addresses: Sequence[str] = list(
        dict.fromkeys(re.findall(r'"__id__": (\d+)', schema) + [name.partition(".")[0] for name in parts])
    )
    numbers = {address: str(number) for number, address in enumerate(addresses, start=1)}
    schema = re.sub(r'("__id__": |"file": ")(\d+)', lambda m: m[1] + numbers.get(m[2], m[2]), schema)
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        _add(archive, "schema.json", schema.encode())
        for name, content in parts.items():
            stem, dot, ending = name.partition(".")
            _add(archive, f"{numbers.get(stem, stem)}{dot}{ending}", content)
    return out.getvalue()


def _add(archive: zipfile.ZipFile, name: str, content: bytes) -> None:
    archive.writestr(zipfile.ZipInfo(name, _DAWN), content, zipfile.ZIP_DEFLATED)
