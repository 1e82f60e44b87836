"""Text as people say it: numbers, dates, amounts and references in words, and nothing that is only for the eye."""

from voice.spoken.chinese import chinese
from voice.spoken.english import english


def spoken(text: str, language: str) -> str:
    """`text` in the words that a person would say, with the marks that give a sentence its tone; never raises.

    No digit, markup, link or emoji is left. Amounts, dates, times, numbers of policies and claims, phone numbers and
    e-mail addresses become the words that people use for them. A language that has no rules gets the English ones.
    """
    return chinese(text) if language.split("-")[0] in ("zh", "cmn") else english(text)
