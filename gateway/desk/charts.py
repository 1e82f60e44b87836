"""Charts as SVG, made on the server and shown without a script.

They do not mislead: the axis begins at zero, parts of a whole reach to 100 %, what has no case is left out while a zero
is drawn as a line, and how many cases a figure is made of stands below it. Colours and type come from the desk's style
sheet, so that both themes and high contrast work. Beside each chart stands a table with the same numbers.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

WIDTH, HEIGHT = 640, 240
_LEFT, _RIGHT, _TOP, _BOTTOM = 50, 8, 14, 42
_LINE = 1.5  # how high a zero is drawn
_TICKS = 4
_MOST_LABELS = 12
_ROW, _NAME = 26, 190  # of a lying chart: height of a row, width of the names
_STEPS = (1, 2, 2.5, 5, 10)


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar. `parts` are stacked from below; None when there is no case. `told` stands in its tool tip.

    `n` is how many cases it is made of, shown below where that is not the bar's height itself.
    """

    label: str
    parts: tuple[float, ...] | None
    told: str
    n: int | None = None

    @property
    def height(self) -> float:
        """All parts together."""
        return sum(self.parts or ())


def columns(bars: Sequence[Bar], *, told: str, top: float | None = None, unit: str = "", whole: bool = False) -> Markup:
    """Standing bars.

    Args:
        told: what a screen reader says instead of the picture.
        top: the end of the axis; else a round number above the highest bar.
        whole: only whole numbers on the axis.
    """
    end = top or round_up(max((bar.height for bar in bars), default=0), whole=whole)
    wide = (WIDTH - _LEFT - _RIGHT) / max(1, len(bars))
    every = math.ceil(len(bars) / _MOST_LABELS)
    drawn = [_axis(end, unit, whole=whole)]
    for number, bar in enumerate(bars):
        left = _LEFT + number * wide
        if number % every == 0:
            drawn.append(_words(left + wide / 2, HEIGHT - _BOTTOM + 18, bar.label, "middle"))
            if bar.n and every == 1:
                drawn.append(_words(left + wide / 2, HEIGHT - 8, f"n={bar.n}", "middle", "cases"))
        drawn.append(_column(bar, left + wide * 0.15, wide * 0.7, end))
    return _picture(WIDTH, HEIGHT, told, drawn)


def rows(bars: Sequence[Bar], *, told: str, unit: str = "") -> Markup:
    """Lying bars, for things with names; each with its number at its end."""
    end = max((bar.height for bar in bars), default=0) or 1
    room = WIDTH - _NAME - 60
    drawn = []
    for number, bar in enumerate(bars):
        top = number * _ROW
        long = room * bar.height / end
        drawn.append(_words(_NAME - 8, top + 17, bar.label, "end"))
        drawn.append(_box(_NAME, top + 4, long, _ROW - 9, 0, bar.told))
        drawn.append(_words(_NAME + long + 6, top + 17, f"{_number(bar.height)}{unit}", "start"))
    return _picture(WIDTH, max(1, len(bars)) * _ROW, told, drawn)


def round_up(value: float, *, whole: bool = False) -> float:
    """The end of an axis: a round number that is not below `value`, never zero."""
    if value <= 0:
        return _TICKS if whole else 1
    step = value / _TICKS
    size = 10 ** math.floor(math.log10(step))
    nice = next(each * size for each in _STEPS if each * size >= step - 1e-9)
    return max(1, math.ceil(nice)) * _TICKS if whole else nice * _TICKS


def _axis(end: float, unit: str, *, whole: bool) -> Markup:
    lines = []
    for tick in range(_TICKS + 1):
        value = end * tick / _TICKS
        if whole and value != round(value):
            continue
        y = _y(value, end)
        lines.append(
            Markup('<line class="grid" x1="{}" x2="{}" y1="{}" y2="{}"/>').format(
                _LEFT, WIDTH - _RIGHT, _place(y), _place(y)
            )
        )
        lines.append(_words(_LEFT - 6, y + 4, f"{_number(value)}{unit}", "end"))
    return Markup("").join(lines)


def _column(bar: Bar, left: float, wide: float, end: float) -> Markup:
    if bar.parts is not None and not bar.height:
        return _box(left, _y(0, end) - _LINE, wide, _LINE, 0, bar.told)
    below, drawn = 0.0, []
    for place, part in enumerate(bar.parts or ()):
        top = _y(below + part, end)
        drawn.append(_box(left, top, wide, _y(below, end) - top, place, bar.told))
        below += part
    return Markup("").join(drawn)


def _box(x: float, y: float, wide: float, high: float, place: int, told: str) -> Markup:
    made = Markup('<rect class="column part-{}" x="{}" y="{}" width="{}" height="{}"><title>{}</title></rect>')
    return made.format(place, _place(x), _place(y), _place(max(0, wide)), _place(max(0, high)), told)


def _words(x: float, y: float, words: str, anchor: str, kind: str = "tick") -> Markup:
    made = Markup('<text class="{}" x="{}" y="{}" text-anchor="{}">{}</text>')
    return made.format(kind, _place(x), _place(y), anchor, words)


def _picture(wide: float, high: float, told: str, drawn: Sequence[Markup]) -> Markup:
    head = Markup('<svg class="chart" viewBox="0 0 {} {}" role="img" aria-label="{}">').format(wide, high, escape(told))
    return head + Markup("").join(drawn) + Markup("</svg>")


def _y(value: float, end: float) -> float:
    return HEIGHT - _BOTTOM - (HEIGHT - _TOP - _BOTTOM) * min(value, end) / end


def _number(value: float) -> str:
    return f"{value:g}" if value < 1000 else f"{value:,.0f}"


def _place(value: float) -> str:
    return f"{value:.1f}"
