"""Chinese words by jieba's dictionary."""

from collections.abc import Iterator
from functools import lru_cache

import jieba

from bot.nlu.script import fold


def words(run: str) -> Iterator[tuple[str, int]]:
    """Yields the words of a run of Chinese characters as written, each with its place in the run."""
    for _, start, end in _tokenizer().tokenize(fold(run)):
        yield run[start:end], start


@lru_cache(maxsize=1)
def _tokenizer() -> jieba.Tokenizer:
    """The dictionary, read without jieba's cache: that is a file of a known name in the common temporary folder, which
    anybody on the machine could have put there.
    """
    tokenizer = jieba.Tokenizer()
    tokenizer.FREQ, tokenizer.total = tokenizer.gen_pfdict(tokenizer.get_dict_file())
    tokenizer.initialized = True
    return tokenizer
