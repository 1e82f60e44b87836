"""The column to be learned: did it happen or not."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from models.errors import TargetError

_YES = {"1", "1.0", "yes", "y", "true", "t", "是", "有", "真", "ja", "oui", "si", "sí"}
_NO = {"0", "0.0", "-1", "-1.0", "no", "n", "false", "f", "否", "没有", "无", "假", "nein", "non"}
_FEWEST = 10
_MOST_CHOICES = 20  # values, from which one could be picked


@dataclass(frozen=True)
class Outcome:
    """What is known of the target.

    Attributes:
        known: booleans of shape (rows,), false where the target is missing.
        happened: int8 of shape (known rows,).
        taken: the value that was taken for a yes without a word for it; None where the values or the caller say it.
    """

    known: np.ndarray
    happened: np.ndarray
    taken: str | None


def read(values: pl.Series, positive: str | None = None) -> Outcome:
    """The target, from 0/1, yes/no, true/false (also in Chinese), or any two values.

    Of two values that say neither yes nor no the rarer is a yes, unless `positive` names the one to predict.

    Raises:
        TargetError: more or fewer than two values, or too few rows of one of them.
    """
    said = values.cast(pl.String).str.strip_chars().alias(values.name)
    text = said.str.to_lowercase().str.strip_chars_end(".")  # Adult and the churn tables of KDD end lines with a dot
    text = pl.select(pl.when(text != "").then(text)).to_series()
    known = text.is_not_null()
    counts = text.drop_nulls().value_counts(sort=True, name="rows")
    seen = dict(sorted(counts.iter_rows()))
    yes, taken = _positive(values.name, seen, positive)
    happened = text.drop_nulls().is_in(list(yes)).to_numpy().astype(np.int8)
    for count, word in ((int(happened.sum()), "yes"), (int(len(happened) - happened.sum()), "no")):
        if count < _FEWEST:
            raise TargetError(
                f"Only {count} of {len(happened)} rows say {word} in column {values.name}: at least {_FEWEST} of each "
                "are needed to learn anything that holds. Collect more, or choose another target."
            )
    as_written = None if taken is None else said.filter(text == taken)[0]
    return Outcome(known.to_numpy(), happened, as_written)


def _positive(name: str, seen: dict[str, int], positive: str | None) -> tuple[set[str], str | None]:
    """The values that are a yes, and the one of them that was taken for it because it is rarer."""
    if positive is not None:
        wanted = positive.strip().lower().rstrip(".")
        if wanted not in seen:
            raise TargetError(f"No row says {positive!r} in column {name}; it holds: {_some(list(seen))}.")
        return {wanted}, None
    if not seen:
        raise TargetError(f"Column {name} is empty: there is nothing to learn.")
    if len(seen) == 1:
        raise TargetError(f"Column {name} says {next(iter(seen))!r} in every row: there is nothing to tell apart.")
    if all(value in _YES | _NO for value in seen):
        return {value for value in seen if value in _YES}, None
    if len(seen) > _MOST_CHOICES:
        raise TargetError(
            f"Column {name} holds {len(seen)} different values, a target holds two: it says how much, not whether. "
            "Add a column that says yes or no, such as whether it exceeds an amount, and name that one."
        )
    if len(seen) > 2:
        raise TargetError(
            f"Column {name} holds {len(seen)} different values, a target holds two. "
            f"Pass --positive VALUE to predict one of them against the rest: {_some(list(seen))}; or empty the cells "
            "that are neither yes nor no, and their rows are left out."
        )
    rarer = min(seen, key=lambda value: seen[value])
    return {rarer}, rarer


def _some(values: list[str]) -> str:
    return ", ".join(map(repr, values[:6])) + (", ..." if len(values) > 6 else "")
