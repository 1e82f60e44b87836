"""Text as people say it."""


def spoken(text: str, language: str) -> str:
    """`text` in the words that a person would say."""
    return text
