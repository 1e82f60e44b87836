"""What a customer typed, made storable: valid Unicode, no control characters, no payment cards."""

import re

from vault.masking import mask_cards

_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")


def clean(text: str) -> str:
    """`text` without what databases, JSON and terminals choke on, trimmed at both ends.

    Half a surrogate pair (browsers cut emoji in two) becomes U+FFFD; NUL and other control characters go, line
    breaks and tabs stay.
    """
    whole = text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return _CONTROLS.sub("", whole.replace("\r\n", "\n").replace("\r", "\n")).strip()


def storable(text: str) -> str:
    """`clean` text in which card numbers are masked: they never enter the store."""
    return mask_cards(clean(text))
