"""The needs report: one HTML file that works offline, in English or Chinese."""

from collections.abc import Callable, Sequence
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

_Name = Callable[[str], str]
_CURVES = 6  # in one picture; the table below it holds all
_SURE = 0.01


@dataclass(frozen=True)
class Request:
    """What to look at.

    Attributes:
        frame: typed columns.
        compare_by: the columns whose groups are set beside each other.
        products: boolean or yes/no columns, one a product.
        contracts: a table with `duration` (years), `event` and perhaps a group.
        present: the rows among which kinds are looked for, such as those who have not left; all by default.
        known: whether columns are the store's, whose names the locale files hold.
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
    present: pl.Series | None = None
    known: bool = False
    seed: int = 7


def analyse(request: Request) -> dict[str, Any]:
    """Every figure of the page, as plain data."""
    columns = [column for column in request.columns if column.kind in LEARNED]
    people = [column for column in columns if column.name not in request.products]
    baskets = request.frame.select([_held(request.frame[name]) for name in request.products])
    lapse = None
    if request.contracts is not None:
        lapse = curves(request.contracts, duration=request.duration, event=request.event, by=request.contract_group)
    present = request.frame if request.present is None else request.frame.filter(request.present)
    # Groups that somebody asked for are no kinds to be found.
    traits = [column for column in people if column.name not in request.compare_by]
    return {
        "description": describe(request.frame, columns),
        "comparisons": [compare(request.frame, columns, by) for by in request.compare_by],
        "correlations": strongest(request.frame, people, request.seed),
        "segments": segments(present, traits, request.seed),
        "segmented": present.height,
        "rules": rules(baskets) if request.products else [],
        "lapse": lapse,
    }


def write(request: Request, found: dict[str, Any], out: Path, language: str) -> Path:
    """Write the page; its path."""
    words: dict[str, Any] = texts.words(language)["needs"]
    name = _naming(words) if request.known else str
    drawn = {}
    if found["lapse"] and found["lapse"]["lines"]:
        largest = sorted(found["lapse"]["lines"], key=lambda line: -line["n"])[:_CURVES]
        lines = [{**line, "name": name(line["name"])} for line in largest]
        drawn["lapse"] = Markup(plots.curve(lines, words["lapse_x"], words["lapse_y"]))  # noqa: S704
    page = (
        environment()
        .get_template("needs.html")
        .render(
            language=language,
            words=words,
            made=words["made"].format(rows=request.frame.height, source=name(request.source)),
            summary=_summary(words, found, name),
            kinds=[
                {**kind, "names": [_trait(words, t, name) for t in kind["traits"]]}
                for kind in found["segments"]["segments"]
            ],
            named=name,
            rows=request.frame.height,
            short=_short,
            group=_group(words, name),
            plots=drawn,
            **found,
        )
    )
    out.parent.mkdir(parents=True, exist_ok=True)
    out.write_text(page, encoding="utf-8")
    return out


def _summary(words: dict[str, Any], found: dict[str, Any], name: _Name) -> list[str]:
    """What a manager reads in a minute."""
    kinds = found["segments"]["segments"]
    lines = [words["summary_no_segments"]]
    if kinds:
        traits = "; ".join(_trait(words, trait, name) for trait in kinds[0]["traits"])
        lines = [words["summary_segments"].format(count=len(kinds), share=kinds[0]["share"], traits=traits)]
    if found["rules"]:
        best = found["rules"][0]
        said = {**best, "first": " + ".join(map(name, best["if"])), "then": " + ".join(map(name, best["then"]))}
        lines.append(words["summary_rule"].format(**said))
    for compared in found["comparisons"]:
        sure = [row for row in compared["rows"] if row["p"] < _SURE]
        if sure:
            groups = "; ".join(
                f"{name(group['name'])}: {_group(words, name)(middle)}"
                for group, middle in zip(compared["groups"], sure[0]["of groups"], strict=True)
            )
            said = {"by": name(compared["by"]), "column": name(sure[0]["column"]), "effect": sure[0]["effect"]}
            lines.append(words["summary_compare"].format(groups=groups, **said))
    return lines + _lasting(words, found["lapse"], name)


def _lasting(words: dict[str, Any], lapse: dict[str, Any] | None, name: _Name) -> list[str]:
    """The groups that last longest and shortest, after the most years that all of them are old."""
    lines = [line for line in (lapse or {"lines": []})["lines"] if line["after"]]
    if not lines:
        return []
    years = min((list(line["after"]) for line in lines), key=len)[-1]
    ranked = sorted(lines, key=lambda line: -line["after"][years])
    told = [words["lasts"].format(name=name(one["name"]), share=one["after"][years]) for one in (ranked[0], ranked[-1])]
    return [words["summary_lapse"].format(years=years, shares="; ".join(dict.fromkeys(told)))]


def _naming(words: dict[str, Any]) -> _Name:
    """Columns and levels of the store in the reader's language."""
    return lambda name: str(words["names"].get(str(name), name))


def _short(number: float) -> str:
    """Three digits or so: nobody reads more, and more are seldom known."""
    size = abs(number)
    return f"{number:,.0f}" if size >= 100 or number == int(number) else f"{number:.{1 if size >= 10 else 2}f}"


def _group(words: dict[str, Any], name: _Name) -> Callable[[dict[str, Any]], str]:
    """A group's middle, or its share of the level that differs."""

    def say(middle: dict[str, Any]) -> str:
        if "level" in middle:
            return f"{name(middle['level'])} {middle['share']:.0%}"
        return str(words["middle_mean"].format(median=_short(middle["median"]), mean=_short(middle["mean"])))

    return say


def _trait(words: dict[str, Any], trait: dict[str, Any], name: _Name) -> str:
    column = name(trait["column"])
    if "level" in trait:
        key = "trait_level" if trait["strength"] > 0 else "trait_level_less"
        said = {"level": name(trait["level"]), "share": trait["share"], "usual": trait["usual"]}
        return str(words[key].format(column=column, **said))
    key = "trait_higher" if trait["strength"] > 0 else "trait_lower"
    return str(words[key].format(column=column, mean=_short(trait["mean"]), usual=_short(trait["usual"])))


def _held(values: pl.Series) -> pl.Series:
    if values.dtype == pl.Boolean:
        return values
    yes = ["1", "1.0", "yes", "y", "true", "是", "有"]
    return values.cast(pl.String).str.to_lowercase().is_in(yes).fill_null(value=False).alias(values.name)
