"""The words a language has for yes, numbers and months, from its locale file."""

import re
import unicodedata
from collections.abc import Iterable
from functools import cached_property

from voice.texts import Texts

_UNITS = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_HAN = re.compile(r"[\u3400-\u9fff\u3007]")
_MARKS = re.compile(r"[^\w\s'-]|_")


def plain(text: str) -> str:
    """Lower case without punctuation; Chinese without spaces, since recognisers put them anywhere."""
    text = unicodedata.normalize("NFKC", text).replace("’", "'").lower()
    text = " ".join(_MARKS.sub(" ", text).split())
    return text.replace(" ", "") if _HAN.search(text) else text


class Lexicon:
    """One language's words."""

    def __init__(self, texts: Texts, language: str) -> None:
        self._texts = texts
        self.language = language
        self.order = tuple(texts.get(language, "dates.order").split())

    def phrases(self, key: str) -> frozenset[str]:
        """The phrases under `hear.<key>`, plain."""
        return frozenset(plain(phrase) for phrase in self._texts.words(self.language, f"hear.{key}"))

    def is_one_of(self, text: str, key: str) -> bool:
        """Whether the whole text, give or take words of courtesy, is one of the phrases under `hear.<key>`."""
        known = self._phrases[key]
        text = plain(text)
        return text in known or self.without_courtesy(text) in known

    def without_courtesy(self, text: str) -> str:
        """The text without the words of courtesy around it; at least something is left."""
        text = plain(text)
        while True:
            shorter = next((cut for cut in self._cuts(text) if cut), text)
            if shorter == text:
                return text
            text = shorter

    def _cuts(self, text: str) -> Iterable[str]:
        space = "" if _HAN.search(text) else " "
        for word in self._courtesy:
            if text.startswith(word + space):
                yield text.removeprefix(word + space).strip()
            if text.endswith(space + word):
                yield text.removesuffix(space + word).strip()

    @cached_property
    def _courtesy(self) -> tuple[str, ...]:
        return tuple(sorted(self.phrases("courtesy"), key=len, reverse=True))

    @cached_property
    def _phrases(self) -> dict[str, frozenset[str]]:
        return {key: self.phrases(key) for key in ("yes", "no", "repeat", "slower", "faster", "back", "person")}

    # --- numbers

    @cached_property
    def digits(self) -> dict[str, str]:
        """Words to the digit they mean."""
        return {word: str(value) for value, name in enumerate(_UNITS) for word in self.of_digits(name)}

    @cached_property
    def teens(self) -> dict[str, int]:
        """10 to 19."""
        return {word: 10 + at for at, word in enumerate(self.of_digits("teens"))}

    @cached_property
    def tens(self) -> dict[str, int]:
        """20 to 90."""
        return {word: 20 + 10 * at for at, word in enumerate(self.of_digits("tens"))}

    def of_digits(self, name: str) -> tuple[str, ...]:
        """The words under `digits.<name>` of this very language."""
        return tuple(self._texts.table(self.language, "digits").get(name, ()))

    @cached_property
    def months(self) -> dict[str, int]:
        """Names of months to 1 to 12."""
        return self._numbered("months")

    @cached_property
    def ordinals(self) -> dict[str, int]:
        """Days as ordinals to 1 to 31."""
        return self._numbered("first_days")

    @cached_property
    def beside_dates(self) -> frozenset[str]:
        """What may stand beside a date."""
        return frozenset(self._texts.words(self.language, "dates.beside"))

    def _numbered(self, name: str) -> dict[str, int]:
        lines = self._texts.table(self.language, "dates").get(name, ())
        return {word: at for at, line in enumerate(lines, start=1) for word in str(line).split()}

    # --- words

    def tokens(self, text: str) -> list[str]:
        """Words; Chinese is cut into what numbers are made of, character by character where nothing is known."""
        text = plain(text).replace("-", " ")
        if not _HAN.search(text):
            return text.split()
        return [token for token in self._pieces.findall(text) if token.strip()]

    @cached_property
    def _pieces(self) -> re.Pattern[str]:
        known = {*self.digits, *self.of_digits("beside"), *self.of_digits("double"), *self.beside_dates}
        longest = sorted((word for word in known if len(word) > 1), key=len, reverse=True)
        return re.compile("|".join([*map(re.escape, longest), r"\d+", r"[a-z]+", "."]))
