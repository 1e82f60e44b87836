"""Sentences that stand for the rest: TextRank, without a language model and without anything to download.

A sentence counts as much as the sentences that are like it (PageRank over the likeness of their words), so what is
returned was said, word for word. After Mihalcea and Tarau, "TextRank: Bringing Order into Texts", EMNLP 2004.
"""

import re
from collections.abc import Sequence

from crm.search import tokens_of

MOST_SENTENCES = 60  # of one text that are looked at; the newest
_LONGEST = 160  # characters of a quoted sentence
_END = re.compile(r"(?<=[.!?])\s+|(?<=[。！？!?；;])|\n+")
_LIKE_ENOUGH = 0.05


def sentences(texts: Sequence[str]) -> list[str]:
    """The sentences of several messages, in order."""
    return [part.strip() for text in texts for part in _END.split(text) if part and part.strip()]


def central(texts: Sequence[str], most: int = 2) -> list[str]:
    """The sentences of `texts` that tell most, in the order in which they were said; at most `most`.

    Sentences without a word of their own (`yes`, `好的`) are never chosen. Too long ones are cut at a word.
    """
    said = [(sentence, tokens_of(sentence)) for sentence in sentences(texts)[-MOST_SENTENCES:]]
    said = list({frozenset(words): (sentence, words) for sentence, words in reversed(said) if words}.values())[::-1]
    if len(said) > most:
        scores = _scores([words for _, words in said])
        chosen = sorted(sorted(range(len(said)), key=lambda place: -scores[place])[:most])
        said = [said[place] for place in chosen]
    return [_cut(sentence) for sentence, _ in said]


def warm() -> None:
    """Load the libraries now: they take a second, which the first summary would wait for."""
    central(["one two three", "two three four", "four five six"], 1)


def _scores(words: list[set[str]]) -> list[float]:
    """PageRank of every sentence; how many words it has breaks ties between sentences that are like no other."""
    import networkx
    from sklearn.feature_extraction.text import TfidfVectorizer

    rows = TfidfVectorizer(analyzer=sorted).fit_transform(words)
    likeness = (rows @ rows.T).toarray()
    graph = networkx.Graph()
    graph.add_nodes_from(range(len(words)))
    graph.add_weighted_edges_from(
        (one, other, likeness[one, other])
        for one in range(len(words))
        for other in range(one)
        if likeness[one, other] > _LIKE_ENOUGH
    )
    rank = networkx.pagerank(graph, personalization={place: len(each) for place, each in enumerate(words)})
    return [rank[place] for place in range(len(words))]


def _cut(sentence: str) -> str:
    if len(sentence) <= _LONGEST:
        return sentence
    head = sentence[:_LONGEST]
    return (head.rpartition(" ")[0] or head) + "…"
