"""The needs report: one HTML file that works offline, in English or Chinese."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
from markupsafe import Markup

from models import plots, texts
from models.columns import LEARNED, Column
from models.needs.compare import compare
from models.needs.correlate import strongest
from models.needs.describe import describe
from models.needs.lapse import curves
from models.needs.rules import rules
from models.needs.segments import segments
from models.report import environment


@dataclass(frozen=True)
class Request:
    """What to look at.

    Attributes:
        frame: typed columns.
        compare_by: the columns whose groups are set beside each other.
        products: boolean or yes/no columns, one a product.
        contracts: a table with `duration` (years), `event` and perhaps a group.
    """

    source: str
    frame: pl.DataFrame
    columns: Sequence[Column]
    compare_by: Sequence[str] = ()
    products: Sequence[str] = ()
    contracts: pl.DataFrame | None = None
    duration: str = "years"
    event: str = "ended"
    contract_group: str | None = None
    seed: int = 7


def analyse(request: Request) -> dict[str, Any]:
    """Every figure of the page, as plain data."""
    columns = [column for column in request.columns if column.kind in LEARNED]
    people = [column for column in columns if column.name not in request.products]
    baskets = request.frame.select([_held(request.frame[name]) for name in request.products])
    lapse = None
    if request.contracts is not None:
        lapse = curves(request.contracts, duration=request.duration, event=request.event, by=request.contract_group)
    return {
        "description": describe(request.frame, columns),
        "comparisons": [compare(request.frame, columns, by) for by in request.compare_by],
        "correlations": strongest(request.frame, people, request.seed),
        "segments": segments(request.frame, people, request.seed),
        "rules": rules(baskets) if request.products else [],
        "lapse": lapse,
    }


def write(request: Request, found: dict[str, Any], out: Path, language: str) -> Path:
    """Write the page; its path."""
    words = texts.words(language)["needs"]
    drawn = {}
    if found["lapse"] and found["lapse"]["lines"]:
        drawn["lapse"] = Markup(plots.curve(found["lapse"]["lines"], words["lapse_x"], words["lapse_y"]))  # noqa: S704
    page = (
        environment()
        .get_template("needs.html")
        .render(
            language=language,
            words=words,
            made=words["made"].format(rows=request.frame.height, source=request.source),
            summary=_summary(words, found),
            kinds=[
                {**kind, "names": [_trait(words, t) for t in kind["traits"]]} for kind in found["segments"]["segments"]
            ],
            plots=drawn,
            **found,
        )
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(page, encoding="utf-8")
    return out


def _summary(words: dict[str, str], found: dict[str, Any]) -> list[str]:
    """What a manager reads in a minute."""
    kinds = found["segments"]["segments"]
    lines = [words["summary_no_segments"]]
    if kinds:
        traits = "; ".join(_trait(words, trait) for trait in kinds[0]["traits"])
        lines = [words["summary_segments"].format(count=len(kinds), share=kinds[0]["share"], traits=traits)]
    lines.append(words["summary_no_rule"])
    if found["rules"]:
        best = found["rules"][0]
        said = {**best, "first": " + ".join(best["if"]), "then": " + ".join(best["then"])}
        lines[-1] = words["summary_rule"].format(**said)
    for compared in found["comparisons"]:
        if compared["rows"]:
            lines.append(words["summary_compare"].format(by=compared["by"], **_short(compared["rows"][0])))
    for line in (found["lapse"] or {"lines": []})["lines"]:
        if line["after"]:
            years, share = list(line["after"].items())[-1]
            lines.append(words["summary_lapse"].format(years=years, share=share, name=line["name"]))
    return lines


def _short(row: dict[str, Any]) -> dict[str, Any]:
    return {"column": row["column"], "effect": row["effect"]}


def _trait(words: dict[str, str], trait: dict[str, Any]) -> str:
    if "level" in trait:
        return words["trait_level" if trait["strength"] > 0 else "trait_level_less"].format(**trait)
    return words["trait_higher" if trait["strength"] > 0 else "trait_lower"].format(**trait)


def _held(values: pl.Series) -> pl.Series:
    if values.dtype == pl.Boolean:
        return values
    yes = ["1", "1.0", "yes", "y", "true", "是", "有"]
    return values.cast(pl.String).str.to_lowercase().is_in(yes).fill_null(value=False).alias(values.name)
