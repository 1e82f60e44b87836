"""Phone numbers as customers type them."""

import re

from actions.turn import Turn

_CHINESE_MOBILE = re.compile(r"1[3-9]\d{9}", re.ASCII)


def dialled(turn: Turn, typed: object) -> str | None:
    """The number as it is meant; None when none was typed.

    Eleven digits such as 13800138000 in a conversation in Chinese are a mobile of China, not a number of North
    America with its leading 1.
    """
    if not typed:
        return None
    number = re.sub(r"[\s()-]", "", str(typed))
    in_china = turn.slots.get("language") == "zh" and _CHINESE_MOBILE.fullmatch(number)
    return f"+86{number}" if in_china else str(typed)
