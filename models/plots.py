"""Plots as SVG inside the page: text stays text (any language, searchable), nothing is fetched, axes begin at zero."""

import io
import warnings
from collections.abc import Sequence
from typing import Any

import matplotlib
import matplotlib.ticker
from matplotlib.axes import Axes
from matplotlib.figure import Figure

INK, ACCENT, SOFT, GRID = "#1f2937", "#0f766e", "#9ca3af", "#e5e7eb"
_STYLE: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "careline",  # the same figures give the same bytes
    "font.family": "sans-serif",
    "font.size": 10,
    "axes.edgecolor": SOFT,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": INK,
    "ytick.color": INK,
}


def gain(curve: Sequence[dict[str, float]], deciles: Sequence[dict[str, float]], words: dict[str, str]) -> str:
    """Cumulative gain beside chance, with the deciles' intervals."""
    figure, axes = _axes()
    axes.plot([0, 1], [0, 1], color=SOFT, linestyle="--", linewidth=1)
    axes.plot([point["share"] for point in curve], [point["gain"] for point in curve], color=ACCENT, linewidth=2)
    shares = [row["decile"] / len(deciles) for row in deciles]
    below = [max(0.0, row["gain"] - row["gain low"]) for row in deciles]
    above = [max(0.0, row["gain high"] - row["gain"]) for row in deciles]
    axes.errorbar(shares, [row["gain"] for row in deciles], [below, above], fmt="o", color=ACCENT, markersize=3)
    _percent(axes, x=True, y=True)
    return _svg(figure, axes, words["gain_axis_x"], words["gain_axis_y"])


def lift(deciles: Sequence[dict[str, float]], words: dict[str, str]) -> str:
    """Bars by decile; the line is the average."""
    figure, axes = _axes()
    axes.bar([int(row["decile"]) for row in deciles], [row["lift"] for row in deciles], color=ACCENT, width=0.7)
    axes.axhline(1, color=SOFT, linestyle="--", linewidth=1)
    axes.set_xticks(range(1, len(deciles) + 1))
    return _svg(figure, axes, words["lift_axis_x"], words["lift_axis_y"])


def calibration(curve: Sequence[dict[str, float]], words: dict[str, str]) -> str:
    """What was said beside what happened."""
    figure, axes = _axes()
    top = max([point["said"] for point in curve] + [point["high"] for point in curve]) * 1.05
    axes.plot([0, top], [0, top], color=SOFT, linestyle="--", linewidth=1)
    y = [point["happened"] for point in curve]
    below = [max(0.0, point["happened"] - point["low"]) for point in curve]
    above = [max(0.0, point["high"] - point["happened"]) for point in curve]
    axes.errorbar([point["said"] for point in curve], y, [below, above], fmt="o", color=ACCENT)
    axes.set_xlim(0, top)
    axes.set_ylim(0, top)
    _percent(axes, x=True, y=True)
    return _svg(figure, axes, words["calibration_axis_x"], words["calibration_axis_y"])


def profit(curve: Sequence[dict[str, float]], words: dict[str, str]) -> str:
    """Profit by share contacted, with the best one marked."""
    figure, axes = _axes()
    axes.axhline(0, color=SOFT, linewidth=1)
    axes.plot([point["share"] for point in curve], [point["profit"] for point in curve], color=ACCENT, linewidth=2)
    best = max(curve, key=lambda point: point["profit"])
    axes.plot([best["share"]], [best["profit"]], "o", color=ACCENT)
    _percent(axes, x=True)
    return _svg(figure, axes, words["gain_axis_x"], words["profit_axis_y"], floor=False)


def bars(names: Sequence[str], values: Sequence[float], axis: str, spreads: Sequence[float] | None = None) -> str:
    """Horizontal bars, the greatest on top."""
    figure, axes = _axes(height=0.6 + 0.28 * len(names))
    places = range(len(names))[::-1]
    axes.barh(list(places), values, xerr=spreads, color=ACCENT, ecolor=SOFT, height=0.65)
    axes.set_yticks(list(places), names)
    axes.grid(axis="y", visible=False)
    return _svg(figure, axes, axis, "")


def curve(lines: Sequence[dict[str, Any]], x_axis: str, y_axis: str) -> str:
    """Step curves with intervals: `lines` hold name, x, y, low and high."""
    figure, axes = _axes()
    colours = [ACCENT, "#b45309", "#4338ca", "#be123c", "#4d7c0f", "#0369a1"]
    for line, colour in zip(lines, colours, strict=False):
        axes.step(line["x"], line["y"], where="post", color=colour, linewidth=2, label=line["name"])
        axes.fill_between(line["x"], line["low"], line["high"], step="post", color=colour, alpha=0.15, linewidth=0)
    if len(lines) > 1:
        axes.legend(frameon=False)
    axes.set_ylim(0, 1.02)
    _percent(axes, y=True)
    return _svg(figure, axes, x_axis, y_axis, floor=False)


def _axes(height: float = 3.2) -> tuple[Figure, Axes]:
    with matplotlib.rc_context(_STYLE):
        figure = Figure(figsize=(5.6, height), layout="constrained")
        axes = figure.add_subplot()
        axes.grid(color=GRID, linewidth=0.8)
        axes.set_axisbelow(True)
    return figure, axes


def _percent(axes: Axes, *, x: bool = False, y: bool = False) -> None:
    for wanted, axis in ((x, axes.xaxis), (y, axes.yaxis)):
        if wanted:
            axis.set_major_formatter(matplotlib.ticker.PercentFormatter(1, decimals=0))


def _svg(figure: Figure, axes: Axes, x: str, y: str, *, floor: bool = True) -> str:
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    if floor:
        axes.set_ylim(bottom=0) if axes.get_ylim()[0] >= 0 else None
    out = io.StringIO()
    with matplotlib.rc_context(_STYLE), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing")  # the reader's browser has the font
        figure.savefig(out, format="svg", metadata={"Date": None, "Creator": None}, transparent=True)
    text = out.getvalue()
    return text[text.index("<svg") :]
