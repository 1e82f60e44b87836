"""The columns a model of one line is given: the same for learning and for scoring.

Whatever tells whether the customer holds the line is left out: its own policies, their premiums, claims and instalments
are not counted, only those of the other lines.
"""

from datetime import date
from typing import Any

from crm.domain import Line
from models.facts import YEAR, Facts

PROTECTED = ("gender",)  # of the columns below; for the check of fairness, never learned from


def values(facts: Facts, line: Line, today: date) -> dict[str, Any]:
    """The columns a model of `line` is given, without anything that tells whether the line is held."""
    others = [policy for policy in facts.policies if policy.in_force and policy.line is not line]
    held = {policy.line for policy in others}
    return {
        "age": facts.age,
        "gender": facts.gender,
        "marital status": facts.marital_status,
        "education": facts.education,
        "income": facts.income,
        "language": facts.language,
        **{f"holds {other.value}": "yes" if other in held else "no" for other in Line if other is not line},
        "other policies": float(len(others)),
        "premium of other policies": sum(policy.premium for policy in others),
        "years a customer": max(0.0, (today - facts.since.date()).days / YEAR),
        "claims under other policies": float(sum(claimed is not line for claimed in facts.claims)),
        "overdue on other policies": float(sum(owed is not line for owed in facts.overdue)),
    }
