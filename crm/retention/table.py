"""The rules as a table for people: docs/privacy.md shows it."""

from crm.retention.rules import Period, TableRule, rules


def markdown() -> str:
    """What is held of customers, what an erasure does with it, and how long it stays otherwise."""
    lines = ["| table | what is held | on erasure | goes by itself |", "|---|---|---|---|"]
    for name, rule in rules().tables.items():
        if rule.whose == "insurer":
            continue
        lines.append(f"| `{name}` | {rule.holds} | {_erasure(rule)} | {_periods(rule)} |")
    return "\n".join(lines)


def _erasure(rule: TableRule) -> str:
    if rule.whose == "system":
        return "stays; nothing in it is about a person"
    if rule.erasure == "delete":
        return "deleted"
    if rule.with_:
        return f"kept without identity, with `{rule.with_}`"
    law = rules().laws[rule.law]
    return f"kept without identity, {law.years} years ({law.because})"


def _periods(rule: TableRule) -> str:
    if not rule.retention:
        return "with what it belongs to" if rule.whose == "customer" else "-"
    return "; ".join(_period(period) for period in rule.retention)


def _period(period: Period) -> str:
    length = f"{period.days} days" if period.days else f"{period.years} years"
    told = f"{length} after `{period.after}`"
    if period.where:
        told += " where " + " and ".join(f"`{name}` is {_values(values)}" for name, values in period.where.items())
    if period.unless_in:
        told += " unless in " + ", ".join(f"`{name}`" for name in period.unless_in)
    return told


def _values(values: list[object]) -> str:
    return " or ".join("empty" if value is None else str(value) for value in values)
