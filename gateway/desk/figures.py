"""The figures as their page shows them: charts with the same numbers as tables, and the CSV."""

import csv
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from functools import partial

from markupsafe import Markup

from crm.domain.desk_figures import Figures, Measures, Spread
from gateway.desk import charts
from gateway.desk.charts import Bar
from gateway.desk.rendering import TEXTS, word

_NONE = "–"


@dataclass(frozen=True, slots=True)
class Panel:
    """A chart with its title, what it is made of, and its table."""

    key: str
    title: str
    about: str
    chart: Markup
    legend: tuple[str, ...]
    head: tuple[str, ...]
    body: tuple[tuple[str, ...], ...]


@dataclass(frozen=True, slots=True)
class Tile:
    """A figure of the whole span: its name, its value, and what it is made of."""

    title: str
    value: str
    about: str


class FiguresPage:
    """Everything on the page, in the member's language.

    Args:
        by_day: whether parts are days, else hours.
    """

    def __init__(self, found: Figures, language: str, zone: tzinfo, *, by_day: bool) -> None:
        self._found, self._language, self._zone, self._by_day = found, language, zone, by_day
        self._t: Callable[..., str] = partial(TEXTS.get, language)

    def tiles(self) -> list[Tile]:
        """The span in seven numbers."""
        whole, t = self._found.whole, self._t
        cases = partial(t, "figures.cases")
        return [
            Tile(t("figures.conversations"), str(whole.conversations), ""),
            Tile(t("figures.containment"), percent(whole.containment), cases(n=whole.conversations)),
            Tile(t("figures.handoffs"), str(whole.handoffs), ""),
            Tile(t("figures.first_response"), self._minutes(whole.first_response), self._spread(whole.first_response)),
            Tile(t("figures.handling"), self._minutes(whole.handling), self._spread(whole.handling)),
            Tile(t("figures.rating"), _mean(whole), cases(n=whole.rated)),
            Tile(t("figures.fallbacks"), percent(whole.fallbacks), cases(n=whole.messages)),
        ]

    def panels(self) -> list[Panel]:
        """The charts."""
        return [
            self._conversations(),
            self._share("containment", lambda part: (part.containment, part.conversations)),
            self._reasons(),
            self._duration("waiting", lambda part: part.waiting),
            self._duration("first_response", lambda part: part.first_response),
            self._duration("handling", lambda part: part.handling),
            self._ratings(),
            self._share("fallbacks", lambda part: (part.fallbacks, part.messages)),
        ]

    def label(self, part: Measures) -> str:
        """A part of the span, as short as an axis wants it."""
        start = part.start.astimezone(self._zone)
        return f"{self._t(f'figures.weekday_{start.weekday()}')} {start.day}" if self._by_day else f"{start:%H}"

    def _conversations(self) -> Panel:
        by_bot, by_person = self._t("figures.by_bot"), self._t("figures.by_person")
        bars, body = [], []
        for part in self._found.parts:
            alone = part.conversations - part.handed_over
            told = f"{self.label(part)}: {by_bot} {alone}, {by_person} {part.handed_over}"
            bars.append(Bar(self.label(part), (alone, part.handed_over) if part.conversations else None, told))
            body.append((self.label(part), str(alone), str(part.handed_over), str(part.conversations)))
        head = (by_bot, by_person, self._t("figures.all"))
        n = self._found.whole.conversations
        chart = charts.columns(bars, told=self._t("figures.conversations"), whole=True)
        return self._panel("conversations", n, chart, head, body, legend=(by_bot, by_person))

    def _share(self, key: str, of: Callable[[Measures], tuple[float | None, int]]) -> Panel:
        bars, body = [], []
        for part in self._found.parts:
            share, n = of(part)
            told = f"{self.label(part)}: {percent(share)} ({self._t('figures.cases', n=n)})"
            bars.append(Bar(self.label(part), None if share is None else (share * 100,), told, n))
            body.append((self.label(part), percent(share), str(n)))
        chart = charts.columns(bars, told=self._t(f"figures.{key}"), top=100, unit=" %")
        n = of(self._found.whole)[1]
        return self._panel(key, n, chart, (self._t("figures.share"), self._t("figures.number")), body)

    def _duration(self, key: str, of: Callable[[Measures], Spread]) -> Panel:
        bars, body = [], []
        for part in self._found.parts:
            found = of(part)
            told = f"{self.label(part)}: {self._minutes(found)} ({self._spread(found)})"
            bars.append(Bar(self.label(part), None if found.median is None else (found.median,), told, found.n))
            body.append((self.label(part), _plain(found.median), _plain(found.p90), str(found.n)))
        head = (self._t("figures.median"), self._t("figures.p90"), self._t("figures.number"))
        chart = charts.columns(bars, told=self._t(f"figures.{key}"))
        return self._panel(key, of(self._found.whole).n, chart, head, body)

    def _reasons(self) -> Panel:
        found = self._found.whole.reasons
        named = [(word(self._language, "reason", code), count) for code, count in found.items()]
        bars = [Bar(name, (float(count),), f"{name}: {count}") for name, count in named]
        body = [(name, str(count)) for name, count in named]
        chart = charts.rows(bars, told=self._t("figures.reasons"))
        return self._panel("reasons", sum(found.values()), chart, (self._t("figures.number"),), body)

    def _ratings(self) -> Panel:
        found = self._found.whole.ratings
        bars = [Bar(str(score), (float(n),), f"{score}: {n}") for score, n in enumerate(found, 1)]
        body = [(str(score), str(n)) for score, n in enumerate(found, 1)]
        chart = charts.columns(bars, told=self._t("figures.ratings"), whole=True)
        return self._panel("ratings", sum(found), chart, (self._t("figures.number"),), body)

    def _panel(
        self,
        key: str,
        n: int,
        chart: Markup,
        head: tuple[str, ...],
        body: Sequence[tuple[str, ...]],
        legend: tuple[str, ...] = (),
    ) -> Panel:
        first = self._t({"reasons": "figures.reason", "ratings": "figures.mark"}.get(key, "figures.when"))
        about = f"{self._t(f'figures.{key}_about')} {self._t('figures.cases', n=n)}"
        return Panel(key, self._t(f"figures.{key}"), about, chart, legend, (first, *head), tuple(body))

    def _minutes(self, found: Spread) -> str:
        return _NONE if found.median is None else self._t("figures.minutes", minutes=_plain(found.median))

    def _spread(self, found: Spread) -> str:
        if found.p90 is None:
            return self._t("figures.cases", n=0)
        return self._t("figures.spread", p90=_plain(found.p90), n=found.n)


def as_csv(found: Figures, zone: tzinfo) -> str:
    """One line for each part and one for the whole; column names are stable, times are ISO 8601, shares 0 to 1."""
    target = io.StringIO()
    writer = csv.writer(target, lineterminator="\r\n")
    reasons = sorted(found.whole.reasons)
    durations = ("waiting", "first_response", "handling")
    writer.writerow(
        [
            "part", "start", "end", "conversations", "handed_over", "containment", "handoffs",
            *(f"handoffs_{reason}" for reason in reasons),
            *(f"{name}_{what}" for name in durations for what in ("n", "median_minutes", "p90_minutes")),
            *(f"ratings_{score}" for score in range(1, 6)), "rating_mean", "messages", "lost", "fallbacks",
        ]
    )  # fmt: skip
    for name, part in [*((None, part) for part in found.parts), ("whole", found.whole)]:
        spreads: list[Spread] = [getattr(part, each) for each in durations]
        writer.writerow(
            [
                name or "part", part.start.astimezone(zone).isoformat(), part.end.astimezone(zone).isoformat(),
                part.conversations, part.handed_over, _cell(part.containment), part.handoffs,
                *(part.reasons.get(reason, 0) for reason in reasons),
                *(value for each in spreads for value in (each.n, _cell(each.median), _cell(each.p90))),
                *part.ratings, _cell(part.rating), part.messages, part.lost, _cell(part.fallbacks),
            ]
        )  # fmt: skip
    return target.getvalue()


def percent(share: float | None) -> str:
    """A share in words."""
    return _NONE if share is None else f"{share * 100:.0f} %"


def _plain(value: float | None) -> str:
    return _NONE if value is None else f"{value:.1f}"


def _cell(value: float | None) -> str:
    return "" if value is None else f"{value:.4g}"


def _mean(part: Measures) -> str:
    return _NONE if part.rating is None else f"{part.rating:.1f} / 5"
