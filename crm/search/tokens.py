"""Words of a text in the one spelling under which they are indexed and looked for."""

import logging
import re
import threading
import unicodedata
from functools import cache
from typing import Any

from crm.search.words import STOP_WORDS

LONGEST_WORD = 64
MOST_WORDS = 400  # of one message
MOST_CHARACTERS = 8_000  # of one message that are looked at

_NUMBERED = re.compile(r"(?<![a-z0-9])(pa|cl|qu|sr|cp)[\s\-–—－]{0,3}(\d{5,})")
_WORD = re.compile(r"[a-z0-9]+(?:'[a-z]+)?|[\u3400-\u9fff]+|[^\W_]+")
_CHINESE = re.compile(r"[\u3400-\u9fff]")
_VOWEL = re.compile(r"[aeiouy]")
_SUFFIXES = (("ies", "y"), ("sses", "ss"), ("ches", "ch"), ("shes", "sh"), ("xes", "x"), ("ss", "ss"), ("us", "us"))
_DOUBLED = re.compile(r"([bdfgmnprt])\1$")
_loading = threading.Lock()


def tokens_of(text: str) -> set[str]:
    """The words of `text`: stems of English ones, jieba's of Chinese, numbers of ours without spaces and dashes.

    Words that stand in every text are left out. A long Chinese word is there with the words in it, a number of ours
    also without its letters, so that a search for either finds it.
    """
    plain = _folded(text[:MOST_CHARACTERS])
    found = {word for kind, number in _NUMBERED.findall(plain) for word in (f"{kind}{number}", number)}
    for word in _WORD.findall(_NUMBERED.sub(" ", plain)):
        if _CHINESE.match(word):
            found.update(_cut(word))
        elif len(word) <= LONGEST_WORD:
            found.add(_stem(word))
        if len(found) >= MOST_WORDS:
            break
    return {word for word in found if word and word not in STOP_WORDS}


def warm() -> None:
    """Load the Chinese dictionary now: it takes a second, which the first Chinese message would wait for."""
    _cut("预热")


def _folded(text: str) -> str:
    """Full-width forms and capitals folded, accents of Latin letters gone."""
    plain = unicodedata.normalize("NFKC", text).casefold().replace("’", "'")
    if plain.isascii():
        return plain
    letters = unicodedata.normalize("NFKD", plain)
    bare = "".join(each for each in letters if not unicodedata.combining(each))
    return unicodedata.normalize("NFC", bare.casefold())


def _cut(text: str) -> list[str]:
    with _loading:
        cutter = _cutter()
    return list(cutter.cut_for_search(text))


@cache
def _cutter() -> Any:
    import jieba

    jieba.setLogLevel(logging.WARNING)
    cutter = jieba.Tokenizer()
    cutter.initialize()
    return cutter


def _stem(word: str) -> str:
    """A word without what English adds to it: claims, claimed and claiming are `claim`."""
    word = word.partition("'")[0]
    if len(word) < 4 or not word.isascii() or not word.isalpha():
        return word
    word = _singular(word)
    for ending in ("edly", "ingly", "ing", "ed", "ly"):
        stem = word.removesuffix(ending)
        if stem != word and len(stem) > 2 and _VOWEL.search(stem):
            word = _DOUBLED.sub(r"\1", stem)
            break
    return word.removesuffix("e") if len(word) > 3 else word


def _singular(word: str) -> str:
    for ending, instead in _SUFFIXES:
        if word.endswith(ending):
            return word.removesuffix(ending) + instead
    return word.removesuffix("s")
