"""Reading an answer in the light of what was asked."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from voice.ports import Expectation, Hypothesis, Kind, Option
from voice.reading.dates import KEYS, pressed_date, said_date
from voice.reading.lexicon import Lexicon, plain
from voice.reading.numbers import digits, two_digits
from voice.spoken.written import written
from voice.texts import Texts

_PREFIXES = {"policy_number": "PA-", "claim_number": "CL-"}
_LENGTHS = {"policy_number": 7, "claim_number": 7, "one_time_code": 6}
_BIRTH = "birth_date"


class Wished(StrEnum):
    """What a caller can wish of the session itself."""

    REPEAT = "repeat"
    SLOWER = "slower"
    FASTER = "faster"
    BACK = "back"
    PERSON = "person"


class Problem(StrEnum):
    """Why nothing could be made of it; each has its own words of help."""

    NO_MATCH = "no_match"
    TOO_FEW = "too_few"
    TOO_MANY = "too_many"
    NO_DATE = "no_date"
    NOT_OFFERED = "not_offered"


@dataclass(frozen=True, slots=True)
class Answer:
    """What goes to the assistant.

    Attributes:
        text: as a chat customer would have typed it, or the payload of an option.
        spoken: how it is read back, and shown in captions.
        value: True or False for a plain yes or no.
        alternatives: other readings in the form of `text`, the best first.
        exact: whether it is all the question wanted, so that nothing has to be waited for.
        confirmable: whether it is a number or a date, which can be read back.
    """

    text: str
    spoken: str
    value: bool | None = None
    alternatives: tuple[str, ...] = ()
    exact: bool = False
    confirmable: bool = False


@dataclass(frozen=True, slots=True)
class Wish:
    """The caller wants something of the session."""

    what: Wished


@dataclass(frozen=True, slots=True)
class Misread:
    """Nothing could be made of it."""

    problem: Problem


Reading = Answer | Wish | Misread


class Reader:
    """Reads what was heard and pressed, in one language.

    Args:
        texts: the words of the language.
        language: `en`, `zh`.
        today: tells the day that birth dates are checked against.
        believable: the confidence below which nothing is believed.
    """

    def __init__(self, texts: Texts, language: str, today: Callable[[], date], believable: float = 0.5) -> None:
        self._lexicon = Lexicon(texts, language)
        self._language = language
        self._today = today
        self._believable = believable
        self._yes = texts.get(language, "tell.yes")
        self._no = texts.get(language, "tell.no")

    # --- by voice

    def heard(self, hypothesis: Hypothesis, expectation: Expectation) -> Reading:
        """What was said means this."""
        text = hypothesis.text.strip()
        if not hypothesis.understood or not text or hypothesis.confidence < self._believable:
            return Misread(Problem.NO_MATCH)
        wish = self._wish(text, expectation)
        if wish:
            return wish
        if expectation.kind is Kind.DIGITS:
            return self._heard_digits(hypothesis, expectation)
        if expectation.kind is Kind.DATE:
            return self._heard_date(text, expectation)
        if expectation.kind is Kind.YES_NO:
            return self._heard_yes_no(text)
        option = self._option(text, expectation.options)
        return option or Answer(written(text, self._language), text)

    def _wish(self, text: str, expectation: Expectation) -> Wish | None:
        for what in (Wished.REPEAT, Wished.SLOWER, Wished.FASTER):
            if self._lexicon.is_one_of(text, what):
                return Wish(what)
        # In free speech the dialogue understands these two better than we do.
        for what in (Wished.BACK, Wished.PERSON):
            if expectation.kind is not Kind.FREE and self._lexicon.is_one_of(text, what):
                return Wish(what)
        return None

    def _heard_digits(self, hypothesis: Hypothesis, expectation: Expectation) -> Reading:
        said = digits(hypothesis.text, self._lexicon)
        if said is None:
            return Answer(hypothesis.text, hypothesis.text)  # something else was said: the dialogue's business
        others = (digits(text, self._lexicon) for text in hypothesis.alternatives)
        alternatives = tuple(
            _written(other, expectation) for other in others if other and _fits(other, expectation) and other != said
        )
        return self._digits(said, expectation, alternatives)

    def _heard_date(self, text: str, expectation: Expectation) -> Reading:
        birth = expectation.about == _BIRTH
        found = said_date(text, self._lexicon, self._today(), birth=birth)
        if found is not None:
            return Answer(found.isoformat(), found.isoformat(), exact=True, confirmable=True)
        # "last Tuesday" is for the dialogue; nobody is born last Tuesday, and digits alone are a slip.
        if birth or digits(text, self._lexicon) is not None:
            return Misread(Problem.NO_DATE)
        return Answer(text, text)

    def _heard_yes_no(self, text: str) -> Reading:
        for key, value, told in (("yes", True, self._yes), ("no", False, self._no)):
            if self._lexicon.is_one_of(text, key):
                return Answer(told, text, value=value, exact=True)
        return Answer(text, text)

    def _option(self, text: str, options: Sequence[Option]) -> Answer | None:
        """The one option whose title was said, or whose number; None when it is none, or not clear which."""
        said = set(self._lexicon.tokens(self._lexicon.without_courtesy(text)))
        whole = [option for option in options if plain(option.title) == plain(text)]
        parts = [o for o in options if said and said <= set(self._lexicon.tokens(o.title))]
        around = [o for o in options if plain(o.title) in plain(text)] if len(said) <= 6 else []
        for found in (whole, parts, around):
            if len(found) == 1:
                return Answer(found[0].payload, found[0].title, exact=True)
        number = self._ordinal(text)
        if number is not None and 1 <= number <= len(options):
            chosen = options[number - 1]
            return Answer(chosen.payload, chosen.title, exact=True)
        return None

    def _ordinal(self, text: str) -> int | None:
        beside = self._lexicon.phrases("number")
        tokens = self._lexicon.tokens(self._lexicon.without_courtesy(text))
        rest = [token for token in tokens if token not in beside]
        if not rest and tokens and tokens[-1] in self._lexicon.digits:
            rest = tokens[-1:]  # "number one": here the word is the number
        if len(rest) != 1:
            return None
        return self._lexicon.ordinals.get(rest[0]) or two_digits(rest, self._lexicon)

    # --- by keys

    def pressed(self, keys: str, expectation: Expectation) -> Reading:
        """What was pressed means this; `keys` are digits."""
        if expectation.kind is Kind.YES_NO:
            return self._pressed_yes_no(keys)
        if expectation.options and expectation.kind in (Kind.CHOICE, Kind.FREE) and len(keys) <= 2:
            number = int(keys)
            if not 1 <= number <= len(expectation.options):
                return Misread(Problem.NOT_OFFERED)
            option = expectation.options[number - 1]
            return Answer(option.payload, option.title, exact=True)
        if expectation.kind is Kind.DATE:
            return self._pressed_date(keys, expectation)
        if expectation.kind is Kind.CHOICE:
            return Misread(Problem.NOT_OFFERED)
        return self._digits(keys, expectation, ())

    def _pressed_yes_no(self, keys: str) -> Reading:
        if keys == "1":
            return Answer(self._yes, self._yes, value=True, exact=True)
        if keys == "2":
            return Answer(self._no, self._no, value=False, exact=True)
        return Misread(Problem.NOT_OFFERED)

    def _pressed_date(self, keys: str, expectation: Expectation) -> Reading:
        found = pressed_date(keys, self._lexicon, self._today(), birth=expectation.about == _BIRTH)
        if found is None:
            return Misread(Problem.NO_DATE)
        return Answer(found.isoformat(), found.isoformat(), exact=True, confirmable=True)

    # --- both

    def _digits(self, said: str, expectation: Expectation, alternatives: tuple[str, ...]) -> Reading:
        least, most = bounds(expectation)
        if len(said) < least:
            return Misread(Problem.TOO_FEW)
        if len(said) > most:
            return Misread(Problem.TOO_MANY)
        written = _written(said, expectation)
        spoken = " ".join(said) if written == said else written  # with spaces it is read digit by digit
        return Answer(written, spoken, alternatives=alternatives, exact=len(said) == most, confirmable=True)


def bounds(expectation: Expectation) -> tuple[int, int]:
    """How many digits make the number complete, at least and at most."""
    if expectation.kind is Kind.DATE:
        return KEYS, KEYS
    if expectation.kind is Kind.YES_NO:
        return 1, 1
    if expectation.kind is Kind.CHOICE:
        length = len(str(len(expectation.options)))
        return 1, length
    known = _LENGTHS.get(expectation.about or "")
    if known and (expectation.least, expectation.most) == (1, 32):  # nothing was said about the length
        return known, known
    return expectation.least, expectation.most


def _fits(said: str, expectation: Expectation) -> bool:
    least, most = bounds(expectation)
    return least <= len(said) <= most


def _written(said: str, expectation: Expectation) -> str:
    length = _LENGTHS.get(expectation.about or "")
    prefix = _PREFIXES.get(expectation.about or "", "")
    return prefix + said if len(said) == length else said
