"""Values written out inside a response.

A response names a value as `{name}` or `{name:format}`. Formats:

    date, day, time, datetime       an ISO text: "Thursday 12 November 2026", "12 Nov 2026", "17:00", both
    money                           {"minor": 12345, "currency": "GBP"}
    change                          the same with its sign: "+$30"
    label.GROUP                     a code, in the words of the response utter_label_GROUP_CODE
    known.GROUP                     the same for the insurer's own codes and names: one without a label is said by
                                    the value `name` beside it, or as it stands
    each.RESPONSE                   a list: that response for every item, one a line
    every.RESPONSE                  the same; none is kept back in a call, as what is to be confirmed is heard whole
    lines                           a list of texts, one a line
    list                            codes that `label` has written already, joined
    rows                            [{"label", "value", "format"}]: label and value, one a line; as data, pairs

Everything about a language (its locale, how a list is joined) is in responses, too.
"""

import datetime
import re
from collections.abc import Callable, Mapping
from typing import Any

from babel.dates import format_date, format_time
from babel.numbers import format_currency

from bot.nlg.errors import MissingVariable, UnknownResponse

_VARIABLE = re.compile(r"\{([a-z_]+)(?::([a-z_.]+))?\}")
Say = Callable[[str, Mapping[str, Any]], str]
"""(response, values) -> its text in the current language."""


class Writer:
    """Writes the values of one response.

    Attributes:
        locale: such as `en_GB`; decides how dates and amounts look.
        say: the text of another response, for labels and items.
        at_once: how many rows of a list are said; None for all.
        rest: the rows that were not said.
    """

    def __init__(
        self, response: str, values: Mapping[str, Any], locale: str, say: Say, at_once: int | None = None
    ) -> None:
        self._response = response
        self._values = values
        self._locale = locale
        self._say = say
        self._at_once = at_once
        self.rest: list[str] = []

    def fill(self, template: Any) -> Any:
        """Write the values into a text, or into every text of a list or mapping.

        A text that is one variable and nothing else becomes the value itself when that is not a text: so data for
        the widget keeps its shape.

        Raises:
            MissingVariable: a value is not there.
        """
        if isinstance(template, Mapping):
            return {key: self.fill(value) for key, value in template.items()}
        if isinstance(template, list):
            return [self.fill(value) for value in template]
        if not isinstance(template, str):
            return template
        return _VARIABLE.sub(lambda found: self._written(*found.groups()), template)

    def data(self, template: Any) -> Any:
        """As `fill`, but a value that stands alone keeps its shape: for what a widget renders."""
        if isinstance(template, Mapping):
            return {key: self.data(value) for key, value in template.items()}
        if isinstance(template, list):
            return [self.data(value) for value in template]
        alone = _VARIABLE.fullmatch(template) if isinstance(template, str) else None
        if alone and alone.group(2) == "rows":
            return self._pairs(self._value(alone.group(1)))
        return self.fill(template)

    def buttons(self, templates: list[dict[str, Any]]) -> list[dict[str, str]]:
        """Buttons; one with `each: name` is repeated for every item of that list, with the item's values."""
        written: list[dict[str, str]] = []
        for template in templates:
            repeated = template.get("each")
            items = [{}] if repeated is None else self._value(repeated)
            for item in items:
                writer = Writer(self._response, {**self._values, **item}, self._locale, self._say)
                written.append({key: writer.fill(template[key]) for key in ("title", "payload")})
        return written

    def _value(self, name: str) -> Any:
        value = self._values.get(name)
        if value is None:
            raise MissingVariable(self._response, name)
        return value

    def _written(self, name: str, form: str | None) -> str:
        return self._format(self._value(name), form)

    def _format(self, value: Any, form: str | None) -> str:
        kind, _, argument = (form or "text").partition(".")
        return getattr(self, f"_as_{kind}")(value, argument)

    def _as_text(self, value: Any, _: str) -> str:
        return str(value)

    def _as_date(self, value: str, _: str) -> str:
        pattern = self._say("utter_label_date_pattern", {})
        return format_date(datetime.date.fromisoformat(value[:10]), pattern, locale=self._locale)

    def _as_day(self, value: str, _: str) -> str:
        return format_date(datetime.date.fromisoformat(value[:10]), "medium", locale=self._locale)

    def _as_time(self, value: str, _: str) -> str:
        moment = datetime.datetime.fromisoformat(value).time() if "T" in value else datetime.time.fromisoformat(value)
        return format_time(moment, "short", locale=self._locale)

    def _as_datetime(self, value: str, _: str) -> str:
        return self._say("utter_label_datetime", {"date": self._as_date(value, ""), "time": self._as_time(value, "")})

    def _as_money(self, value: Mapping[str, Any], _: str) -> str:
        minor, currency = int(value["minor"]), str(value["currency"])
        whole = minor % 100 == 0
        return format_currency(
            minor / 100, currency, locale=self._locale, format="¤#,##0" if whole else None, currency_digits=not whole
        )

    def _as_change(self, value: Mapping[str, Any], _: str) -> str:
        return ("+" if int(value["minor"]) > 0 else "") + self._as_money(value, "")

    def _as_label(self, value: Any, group: str) -> str:
        return self._say(f"utter_label_{group}_{str(value).lower()}", self._values)

    def _as_known(self, value: Any, group: str) -> str:
        try:
            return self._as_label(str(value).replace(" ", "_"), group)
        except UnknownResponse:
            return str(value if " " in str(value) else self._values.get("name") or value)

    def _as_each(self, items: list[Mapping[str, Any]], response: str) -> str:
        return self._as_lines([self._say(response, item) for item in items], "")

    def _as_every(self, items: list[Mapping[str, Any]], response: str) -> str:
        return "\n".join(self._say(response, item) for item in items)

    def _as_lines(self, lines: list[str], _: str) -> str:
        said = lines if self._at_once is None or len(lines) <= self._at_once else lines[: self._at_once]
        self.rest += lines[len(said) :]
        return "\n".join(said)

    def _as_list(self, codes: list[str], group: str) -> str:
        names = [self._as_label(code, group) for code in codes]
        if len(names) < 2:
            return "".join(names)
        *before, last = names
        comma = self._say("utter_label_comma", {})
        return self._say("utter_label_and", {"before": comma.join(before), "last": last})

    def _as_rows(self, rows: list[Mapping[str, Any]], _: str) -> str:
        pairs = self._pairs(rows)
        return "\n".join(self._say("utter_label_row", {"label": label, "value": value}) for label, value in pairs)

    def _pairs(self, rows: list[Mapping[str, Any]]) -> list[list[str]]:
        return [[self._as_label(row["label"], "row"), self._format(row["value"], row.get("format"))] for row in rows]
