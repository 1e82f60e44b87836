"""Which algorithm is best."""

from collections.abc import Sequence

from benchmarks.intent.measure import Result

RULE = "The best has the highest macro F1; of those within one standard error of it, the quickest to answer."


def best(results: Sequence[Result]) -> Result:
    """Returns the best by `RULE`; the standard error is that of the highest macro F1."""
    highest = max(results, key=lambda result: result.f1)
    tied = [result for result in results if result.f1 >= highest.f1 - highest.error]
    return min(tied, key=lambda result: result.latency)
