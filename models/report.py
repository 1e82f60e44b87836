"""The report of a fitted model: one HTML file that works offline, written from the saved figures alone."""

import json
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from models import artefact, drift, plots, texts

PAGE = "report.html"
_TEMPLATES = Path(__file__).parent / "templates"
_TOP = 15


def write(folder: Path, language: str = "en", moved: dict[str, float] | None = None) -> Path:
    """Write `report.html` into the model's folder; its path.

    Args:
        moved: stability indices of data scored since, by feature; those from 0.1 on are shown as warnings.

    Raises:
        ArtefactError: the folder holds no model.
    """
    card, figures = artefact.card_of(folder), artefact.figures_of(folder)
    words = texts.words(language)
    page = (
        environment()
        .get_template("propensity.html")
        .render(
            language=language,
            words=words["report"],
            metrics=words["metrics"],
            card=card,
            figures=figures,
            summary=_summary(language, card, figures),
            findings=[texts.finding(language, found) for found in card["findings"]],
            plots=_plots(words["report"], words["metrics"], card, figures),
            warnings=_warnings(moved or {}),
            card_text=json.dumps(_short(card), ensure_ascii=False, indent=1),
        )
    )
    path = folder / PAGE
    path.write_text(page, encoding="utf-8")
    return path


def environment() -> Environment:
    """The templates of all reports."""
    return Environment(
        loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )


def _summary(language: str, card: dict[str, Any], figures: dict[str, Any]) -> list[str]:
    """What a manager reads in a minute."""

    def say(key: str, **values: Any) -> str:
        return texts.text(language, f"report.{key}", **values)

    test = figures["test"]
    lift, auc = test["lift in the top 20 %"], test["AUC"]
    fifth = next(point["gain"] for point in figures["gain curve"] if point["share"] >= 0.2)
    single = figures["beside"].get("single", {"column": "-", "AUC": 0.5})
    best = max(figures["profit"], key=lambda point: point["profit"])
    chance = [say("summary_chance")] if auc["low"] <= 0.5 else []
    lines = [
        *chance,
        say("summary_lift", gain=fifth, lift=lift["value"], low=lift["low"], high=lift["high"]),
        say(
            "summary_auc", auc=auc["value"], low=auc["low"], high=auc["high"], column=single["column"],
            single=single["AUC"],
        ),
    ]  # fmt: skip
    money = {"cost": figures["cost"], "value": figures["value"]}
    if best["profit"] > 0:
        lines.append(
            say("summary_profit", **money, share=best["share"], profit=best["profit"], rows=figures["rows held out"])
        )
    else:
        lines.append(say("summary_no_profit", **money))
    facts = card.get("rule facts")
    rule = say(f"rule_{facts['code']}", **facts) if facts else card["rule"]
    return [*lines, say("summary_chosen", algorithm=texts.algorithm(language, card), rule=rule)]


def _plots(
    words: dict[str, Any], metrics: dict[str, str], card: dict[str, Any], figures: dict[str, Any]
) -> dict[str, Markup]:
    important = list(figures["importance"].items())[:_TOP]
    moving = figures["shap"][:_TOP]
    drawn = {
        "gain": plots.gain(figures["gain curve"], figures["deciles"], words),
        "lift": plots.lift(figures["deciles"], words),
        "calibration": plots.calibration(figures["calibration"], words),
        "profit": plots.profit(figures["profit"], words),
        "importance": plots.bars(
            [name for name, _ in important],
            [found["mean"] for _, found in important],
            words["importance_axis"].format(metric=metrics[card["metric"]]),
            [found["spread"] for _, found in important],
        ),
        "shap": plots.bars([row["column"] for row in moving], [row["strength"] for row in moving], words["shap_axis"]),
    }
    return {name: Markup(svg) for name, svg in drawn.items()}  # noqa: S704  drawn by matplotlib, which escapes its texts


def _warnings(moved: dict[str, float]) -> list[tuple[str, float, str]]:
    ranked = sorted(moved.items(), key=lambda item: -item[1])
    return [(name, value, drift.level(value)) for name, value in ranked if drift.level(value) != "stable"]


def _short(card: dict[str, Any]) -> dict[str, Any]:
    """The card as a person reads it."""
    hidden = {"reference", "features", "columns", "calibration", "figures", "findings", "rule facts"}
    return {name: value for name, value in card.items() if name not in hidden}
