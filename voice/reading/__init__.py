"""From what was heard or pressed to what a chat customer would have typed."""

from voice.reading.answers import Answer, Misread, Problem, Reader, Reading, Wish, Wished

__all__ = ["Answer", "Misread", "Problem", "Reader", "Reading", "Wish", "Wished"]
