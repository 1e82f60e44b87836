"""The column to be learned: did it happen or not."""

import numpy as np
import polars as pl

from models.errors import TargetError

_YES = {"1", "1.0", "yes", "y", "true", "t", "是", "有", "真", "ja", "oui", "si", "sí"}
_NO = {"0", "0.0", "no", "n", "false", "f", "否", "没有", "无", "假", "nein", "non"}
_FEWEST = 10


def read(values: pl.Series, positive: str | None = None) -> tuple[np.ndarray, np.ndarray]:
    """What is known of the target.

    Args:
        values: 0/1, yes/no, true/false (also in Chinese), or any two values when `positive` names the one to predict.

    Returns:
        `known`: booleans of shape (rows,), false where the target is missing; `happened`: int8 of shape (known rows,).

    Raises:
        TargetError: more or fewer than two values, or too few rows of one of them.
    """
    text = values.cast(pl.String).str.strip_chars().str.to_lowercase()
    text = pl.select(pl.when(text != "").then(text)).to_series()
    known = text.is_not_null().to_numpy()
    seen = sorted(text.drop_nulls().unique().to_list())
    yes = _positive(values.name, seen, positive)
    happened = (text.drop_nulls().is_in(list(yes))).to_numpy().astype(np.int8)
    for count, word in ((int(happened.sum()), "yes"), (int(len(happened) - happened.sum()), "no")):
        if count < _FEWEST:
            raise TargetError(
                f"Only {count} of {len(happened)} rows say {word} in column {values.name}: at least {_FEWEST} of each "
                "are needed to learn anything that holds. Collect more, or choose another target."
            )
    return known, happened


def _positive(name: str, seen: list[str], positive: str | None) -> set[str]:
    if positive is not None:
        if positive.strip().lower() not in seen:
            raise TargetError(f"No row says {positive!r} in column {name}; it holds: {_some(seen)}.")
        return {positive.strip().lower()}
    if not seen:
        raise TargetError(f"Column {name} is empty: there is nothing to learn.")
    if len(seen) == 1:
        raise TargetError(f"Column {name} says {seen[0]!r} in every row: there is nothing to tell apart.")
    if all(value in _YES | _NO for value in seen):
        return {value for value in seen if value in _YES}
    hint = f"Pass --positive VALUE to predict one of: {_some(seen)}."
    if len(seen) > 2:
        raise TargetError(f"Column {name} holds {len(seen)} different values, a target holds two. {hint}")
    raise TargetError(f"Which value of column {name} is the one to predict? {hint}")


def _some(values: list[str]) -> str:
    return ", ".join(map(repr, values[:6])) + (", ..." if len(values) > 6 else "")
