"""An engine's own way of writing, turned into ours."""

import re
import unicodedata

from voice.ports import Expectation, Hypothesis, Kind, Word
from voice.reading.lexicon import Lexicon
from voice.reading.numbers import digits
from voice.recognition.completeness import Completeness
from voice.recognition.corpus import spoken_words
from voice.recognition.elsewhere.engine import Heard
from voice.texts import Texts

_SPELLED_OUT = "en"  # the language whose words are written as the built-in recognisers write them
_BELIEVABLE = 0.5
_UNTOLD = 1.0  # of an engine that does not tell how sure it is: there is no reason to doubt it
_THOUSANDS = re.compile(r"(?<=\d),(?=\d{3}(?!\d))")
_MARKS = re.compile(r"(?<![a-z0-9])[^\w\s%¥$€£]|[^\w\s%¥$€£](?![a-z0-9])|_")  # a point within 3.5 is none
_BESIDE_HAN = re.compile(r"(?<=[\u3007\u3400-\u9fff])\s+|\s+(?=[\u3007\u3400-\u9fff])")


def as_written(text: str) -> str:
    """Lower case without punctuation, and without spaces beside Chinese characters.

    >>> as_written("你好，我的 保单 是 PA 1234567。赔了3,500.5元？")
    '你好我的保单是pa 1234567赔了3500.5元'
    """
    text = _THOUSANDS.sub("", unicodedata.normalize("NFKC", text).lower())
    return _BESIDE_HAN.sub("", " ".join(_MARKS.sub(" ", text).split()))


class Wording:
    """One language's."""

    def __init__(self, language: str, completeness: Completeness) -> None:
        """`completeness` is asked about English alone; elsewhere a sentence is over when its sound is."""
        texts = Texts()
        self._language = language
        self._lexicon = Lexicon(texts, language) if language in texts.languages else None
        self._completeness = completeness

    def hypothesis(self, heard: Heard, expectation: Expectation) -> Hypothesis:
        """What was heard, as a call session wants it."""
        text = self._read(heard.text, expectation)
        sure = _UNTOLD if heard.confidence is None else min(1.0, max(0.0, heard.confidence))
        others = (self._read(other, expectation) for other in heard.alternatives)
        return Hypothesis(
            text=text,
            confidence=sure if text else 0.0,
            understood=bool(text) and sure >= _BELIEVABLE,
            complete=self._complete(heard.text),
            words=tuple(Word(written, word.start, word.end, word.confidence) for word, written in self._words(heard)),
            # Beside a number only other numbers are of use.
            alternatives=tuple(
                dict.fromkeys(
                    other for other in others if other and other != text and other.isdigit() >= text.isdigit()
                )
            ),
        )

    def _read(self, text: str, expectation: Expectation) -> str:
        number = digits(text, self._lexicon) if expectation.kind is Kind.DIGITS and self._lexicon else None
        return number or self._written(text)

    def _written(self, text: str) -> str:
        return " ".join(spoken_words(text)) if self._language == _SPELLED_OUT else as_written(text)

    def _words(self, heard: Heard) -> list[tuple[Word, str]]:
        return [(word, written) for word in heard.words if (written := self._written(word.text))]

    def _complete(self, text: str) -> float:
        return self._completeness.of(spoken_words(text)) if self._language == _SPELLED_OUT else 1.0
