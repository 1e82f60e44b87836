"""Short phrases that carry a turn of the dialogue, by language, from `data/dialogue/*.yml`.

correction: what shows that something said earlier is being put right
previous:   what names the answer that was given last ("my last answer was wrong")
being:      what stands between the name of a question and its new answer ("the place is Mill Street")
wishing:    what says that one wants something done, beside what there is to tell
negation:   what excludes the value after it ("not Monday")
yes, no:    how an answer to a yes-or-no question begins
unknown:    how one says that one does not know
danger:     what is an emergency whatever else is said
harmless:   what shows that such words tell of no danger now ("nobody is bleeding")
personal:   what asks, of the products, for the one that suits the customer ("what do you recommend for me")
fields:     {slot: [phrases]}            how customers call a question of a form
choices:    {slot: {option: [phrases]}}  how customers name an option; `not_given` is one of every optional question,
                                         and under `stop` stand the words that decline at this question
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

_WORD = re.compile(r"[㐀-鿿]|[^\W㐀-鿿]+(?:['\u2019][^\W㐀-鿿]+)*")
_APOSTROPHE = re.compile("['\u2019]")
_CHARACTER = re.compile("[㐀-鿿]")
_ALONE = re.compile("[㐀-鿿][的了啊吧呀呢哦噢嘛]*(?:[^㐀-鿿]|$)")
_TAKEN = ""
_LISTS = (
    "correction",
    "previous",
    "being",
    "wishing",
    "negation",
    "affirming",
    "denying",
    "unknown",
    "danger",
    "harmless",
    "personal",
)


def words(text: str) -> list[str]:
    """The words of a text in lower case, without apostrophes, which many leave out; a Chinese character is one."""
    return [_APOSTROPHE.sub("", word) for word in _WORD.findall(text.lower())]


@dataclass(frozen=True)
class Lexicon:
    """Phrases of every language together: customers mix them."""

    correction: tuple[str, ...] = ()
    previous: tuple[str, ...] = ()
    being: tuple[str, ...] = ()
    wishing: tuple[str, ...] = ()
    negation: tuple[str, ...] = ()
    affirming: tuple[str, ...] = ()
    denying: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    danger: tuple[str, ...] = ()
    harmless: tuple[str, ...] = ()
    personal: tuple[str, ...] = ()
    fields: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    choices: Mapping[str, Mapping[str, tuple[str, ...]]] = field(default_factory=dict)

    @classmethod
    def of(cls, contents: Iterable[Mapping[str, Any]]) -> "Lexicon":
        """Merge the contents of several files.

        Raises:
            ValueError: a key that is not one of the module's list (YAML reads a bare `yes` as true).
        """
        merged: dict[str, Any] = {name: () for name in _LISTS}
        fields: dict[str, tuple[str, ...]] = {}
        choices: dict[str, dict[str, tuple[str, ...]]] = {}
        for content in contents:
            unknown = content.keys() - {*_LISTS, "fields", "choices"}
            if unknown:
                raise ValueError(
                    f"data/dialogue: unknown keys {sorted(map(str, unknown))}; see bot/policies/lexicon.py."
                )
            for name in _LISTS:
                merged[name] += tuple(str(phrase) for phrase in content.get(name, ()))
            for slot, phrases in content.get("fields", {}).items():
                fields[slot] = fields.get(slot, ()) + tuple(phrases)
            for slot, options in content.get("choices", {}).items():
                known = choices.setdefault(slot, {})
                for option, phrases in options.items():
                    known[option] = known.get(option, ()) + tuple(phrases)
        return cls(fields=fields, choices=choices, **merged)

    @classmethod
    def load(cls, folder: Path) -> "Lexicon":
        """All the files of a folder; an empty lexicon when there are none."""
        return cls.of(yaml.safe_load(path.read_text("utf-8")) or {} for path in sorted(folder.glob("*.yml")))

    def as_dict(self) -> dict[str, Any]:
        """Plain data that `of` reads again."""
        plain: dict[str, Any] = {name: list(getattr(self, name)) for name in _LISTS}
        plain["fields"] = {slot: list(phrases) for slot, phrases in self.fields.items()}
        plain["choices"] = {
            slot: {option: list(phrases) for option, phrases in options.items()}
            for slot, options in self.choices.items()
        }
        return plain

    def option(self, slot: str, text: str) -> str | None:
        """The option of `slot` that the text names most often, None when it names none or two equally.

        Longer phrases are taken first: "nobody was hurt" does not name what "was hurt" names.
        """
        phrases = [
            (words(phrase), option) for option, listed in self.choices.get(slot, {}).items() for phrase in listed
        ]
        left, named = words(text), Counter[str]()
        for phrase, option in sorted(phrases, key=lambda pair: -len(pair[0])):
            while (at := find(left, phrase)) >= 0:
                left = [*left[:at], _TAKEN, *left[at + len(phrase) :]]
                named[option] += 1
        (first, most), (_, second) = [*named.most_common(2), ("", 0), ("", 0)][:2]
        return first if most > second else None

    def names_any(self, slot: str, text: str) -> bool:
        """Whether the text names an option of `slot`, or several."""
        return any(mentions(text, phrases) for phrases in self.choices.get(slot, {}).values())

    def tells_of_danger(self, text: str) -> bool:
        """Whether somebody is in danger now, in words that leave no doubt."""
        if not mentions(text, self.danger):
            return False
        return not mentions(" ".join(without(text, self.danger)), self.harmless)

    def field(self, slots: Iterable[str], text: str) -> str | None:
        """The one of `slots` that the text speaks of, None when it is none or several."""
        named = [slot for slot in slots if mentions(text, self.fields.get(slot, ()))]
        return named[0] if len(named) == 1 else None


def length(text: str) -> float:
    """How many words a text has; two Chinese characters make about one."""
    said = words(text)
    return len(said) - sum(_CHARACTER.fullmatch(word) is not None for word in said) / 2


def mentions(text: str, phrases: Iterable[str]) -> bool:
    """Whether one of the phrases occurs in the text, as whole words."""
    return any(find(words(text), words(phrase)) >= 0 for phrase in phrases)


def begins(text: str, phrases: Iterable[str]) -> bool:
    """Whether the text begins with one of the phrases.

    A single Chinese character counts only when it stands alone or with a particle: "对" says yes, "对方" does not.
    """
    said = words(text)
    alone = len(said) == 1 or bool(_ALONE.match(text.lstrip()))
    return any(
        phrase and said[: len(phrase)] == phrase and (alone or not _is_character(phrase))
        for phrase in map(words, phrases)
    )


def _is_character(phrase: list[str]) -> bool:
    return len(phrase) == 1 and _CHARACTER.fullmatch(phrase[0]) is not None


def without(text: str, phrases: Iterable[str]) -> list[str]:
    """The words of the text that are left when the phrases are taken out, longest first."""
    left = words(text)
    for phrase in sorted(map(words, phrases), key=len, reverse=True):
        while (at := find(left, phrase)) >= 0:
            left = left[:at] + left[at + len(phrase) :]
    return left


def last_words(text: str, count: int) -> str:
    """The end of the text from its `count`-th last word on, as written."""
    found = list(_WORD.finditer(text.lower()))
    return text[found[-count].start() :].strip(" .!") if 0 < count <= len(found) else ""


def find(said: list[str], phrase: list[str]) -> int:
    """Where a phrase begins among words, -1 when it does not occur or is empty."""
    if not phrase:
        return -1
    starts = range(len(said) - len(phrase) + 1)
    return next((at for at in starts if said[at : at + len(phrase)] == phrase), -1)
