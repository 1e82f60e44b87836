"""Policy and claim numbers as customers write them, brought to their one spelling."""

import re

POLICY, CLAIM = "PA", "CL"
DIGITS = 7


def normalise(text: str, prefix: str) -> str | None:
    """Returns `PA-1234567` for "pa 123 4567", "PA1234567" or "1234567" (with prefix "PA"); None for anything else."""
    letters = "".join(character for character in text if character.isalpha()).upper()
    digits = "".join(re.findall(r"\d", text, re.ASCII))
    if len(digits) != DIGITS or letters not in ("", prefix):
        return None
    return f"{prefix}-{digits}"
