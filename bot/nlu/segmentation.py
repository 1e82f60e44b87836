"""Chinese words by jieba's dictionary."""

from collections.abc import Iterator
from functools import lru_cache

import jieba

from bot.nlu.script import fold


def words(run: str) -> Iterator[tuple[str, int]]:
    """Yields the words of a run of Chinese characters as written, each with its place in the run."""
    for _, start, end in _tokenizer().tokenize(fold(run)):
        yield run[start:end], start


def is_listed(word: str) -> bool:
    """Whether the dictionary has a word."""
    return bool(_tokenizer().FREQ.get(word))


@lru_cache(maxsize=1)
def known_names() -> frozenset[str]:
    """Returns the names of people that the dictionary lists, of two to four characters."""
    lines = _tokenizer().get_dict_file().read().decode("utf-8").splitlines()
    listed = (line.split(" ") for line in lines if line.endswith(" nr"))
    return frozenset(entry[0] for entry in listed if 2 <= len(entry[0]) <= 4)


@lru_cache(maxsize=1)
def _tokenizer() -> jieba.Tokenizer:
    """The dictionary, read without jieba's cache: that is a file of a known name in the common temporary folder, which
    anybody on the machine could have put there.
    """
    tokenizer = jieba.Tokenizer()
    tokenizer.FREQ, tokenizer.total = tokenizer.gen_pfdict(tokenizer.get_dict_file())
    tokenizer.initialized = True
    return tokenizer
