"""Which products go together in one hand."""

from typing import Any

import pandas as pd
import polars as pl
from mlxtend.frequent_patterns import association_rules, fpgrowth
from scipy import stats

from models.figures import wilson

_SUPPORT = 0.005
_MOST = 20


def rules(baskets: pl.DataFrame) -> list[dict[str, Any]]:
    """Association rules (FP-growth, Han et al. 2000) that are surer than chance, the strongest lift first.

    Args:
        baskets: one boolean column a product, one row a customer.

    Returns:
        if, then, n, support, confidence with its 95 % interval, lift and p (Fisher's exact test, corrected for the
        number of rules by Benjamini and Hochberg); only rules with a lift above 1 and p below 0.01, and none that a
        shorter one already says.
    """
    held = baskets.select(pl.all().cast(pl.Boolean).fill_null(value=False))
    table = pd.DataFrame({name: held[name].to_numpy() for name in held.columns})
    if table.empty or not table.to_numpy().any():
        return []
    often = fpgrowth(table, min_support=_SUPPORT, use_colnames=True, max_len=3)
    if often.empty:
        return []
    found = association_rules(often, num_itemsets=len(table), metric="lift", min_threshold=1.0)
    out = [_rule(row, len(table)) for row in found.to_dict("records") if len(row["consequents"]) == 1]
    if out:
        for row, p in zip(out, stats.false_discovery_control([row["p"] for row in out]), strict=True):
            row["p"] = float(p)
    sure = [row for row in out if row["p"] < 0.01]
    return sorted((row for row in sure if not _adds_nothing(row, sure)), key=lambda row: -float(row["lift"]))[:_MOST]


def _adds_nothing(rule: dict[str, Any], rules: list[dict[str, Any]]) -> bool:
    """Whether a shorter rule says the same: its share lies within this one's interval."""
    return any(
        set(other["if"]) < set(rule["if"]) and other["then"] == rule["then"] and other["confidence"] >= rule["low"]
        for other in rules
    )


def _rule(row: dict[Any, Any], n: int) -> dict[str, Any]:
    holding = round(row["antecedent support"] * n)
    both = round(row["support"] * n)
    then = round(row["consequent support"] * n)
    table = [[both, holding - both], [then - both, n - holding - then + both]]
    low, high = wilson(both / holding, holding)
    return {
        "if": sorted(row["antecedents"]), "then": sorted(row["consequents"]), "n": both, "support": both / n,
        "confidence": both / holding, "low": low, "high": high, "lift": float(row["lift"]),
        "p": float(stats.fisher_exact(table, alternative="greater").pvalue),
    }  # fmt: skip
