"""The numbers that typed values mean."""

import json
from collections.abc import Mapping

from bot.policies.forms import SlotSpec
from bot.policies.message import Entity

NUMBERS = ("number", "amount_of_money")
"""The kinds of entity that are numbers as they stand."""


def number_of(entity: Entity, slot: SlotSpec) -> float | None:
    """The number an entity means; of dates a bare year ("built in 1930") or a bare day ("the 15th")."""
    if entity.kind in NUMBERS:
        return float(entity.value) if not float(entity.value).is_integer() else int(entity.value)
    if entity.kind != "date" or slot.reads != "number":
        return None
    value = json.loads(entity.value) if isinstance(entity.value, str) and entity.value[:1] == "{" else entity.value
    parts = {k: v for k, v in value.items() if k != "kind"} if isinstance(value, Mapping) else {}
    return next(iter(parts.values())) if parts.keys() in ({"year"}, {"day"}) else None
