"""Histograms as SVG that stands in the page itself."""

import io
import re
import warnings
from collections.abc import Sequence

import numpy as np
from markupsafe import Markup

with warnings.catch_warnings():  # this version of matplotlib calls its parser by names that have since changed
    warnings.simplefilter("ignore")
    import matplotlib

    matplotlib.use("svg")
    from matplotlib import pyplot as plt

_INSIDE, _OUTSIDE, _INK = "#2f6db5", "#d9822b", "#4a5561"
_STYLE = {
    "svg.fonttype": "none",  # text stays text: small, selectable, in the page's own font
    "font.family": "sans-serif",
    "font.size": 10,
    "axes.edgecolor": "#c4ccd4",
    "axes.labelcolor": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "text.color": _INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
}


def histogram(
    groups: tuple[Sequence[float], Sequence[float]],
    names: tuple[str, str],
    label: str,
    edges: np.ndarray,
    line: tuple[float, str] | None = None,
) -> Markup:
    """Returns two sets of values as overlaid shares of their own set, so that a small set shows beside a large one.

    Args:
        groups: values of sentences in scope and out of it; either may be empty.
        names: what they are called in the legend.
        label: what the values are.
        edges: the edges of the bins; values beyond the outermost count in the last bin of that side.
        line: a place to mark, with its name.
    """
    with plt.rc_context(_STYLE):
        figure, axes = plt.subplots(figsize=(5.4, 2.7), layout="constrained")
        for values, name, colour in zip(groups, names, (_INSIDE, _OUTSIDE), strict=True):
            if len(values):
                clipped = np.clip(values, edges[0], edges[-1])
                weights = np.full(len(values), 100 / len(values))
                label_ = f"{name} ({len(values)})"
                axes.hist(clipped, edges, weights=weights, color=colour, alpha=0.6, label=label_, linewidth=0)
        if line:
            axes.axvline(line[0], color=_INK, linewidth=1, linestyle="--")
            place = (line[0], axes.get_ylim()[1])
            axes.annotate(line[1], place, (4, 0), textcoords="offset points", va="top", fontsize=9)
        axes.set_xlabel(label)
        axes.set_ylabel("% of each")
        axes.set_xlim(edges[0], edges[-1])
        axes.legend(frameon=False, fontsize=9, loc="lower center", bbox_to_anchor=(0.5, 1.0), ncol=2)
        return _svg(figure)


def _svg(figure: "plt.Figure") -> Markup:
    out = io.StringIO()
    figure.savefig(out, format="svg", transparent=True, metadata={"Date": None})
    plt.close(figure)
    drawn = out.getvalue()[out.getvalue().index("<svg") :]
    return Markup(re.sub(r"<metadata>.*?</metadata>", "", drawn, flags=re.DOTALL))
