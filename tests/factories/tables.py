"""Small tables of customers, some of whom buy."""

import numpy as np
import polars as pl

CITIES = ("Springfield", "Riverside", "Fairview", "Lakewood")


def customers(rows: int = 300, seed: int = 1, **extra: list) -> pl.DataFrame:
    """Customers of whom the older, in one city, buy more often; `extra` adds columns."""
    rng = np.random.default_rng(seed)
    age = rng.integers(18, 80, rows)
    city = rng.choice(CITIES, rows)
    premium = np.round(rng.lognormal(6, 0.5, rows), 2)
    odds = (age - 50) / 12 + 1.5 * (city == "Lakewood")
    bought = rng.random(rows) < 1 / (1 + np.exp(-odds))
    base = {"age": age, "city": city, "premium": premium, **extra}
    return pl.DataFrame({**base, "bought": np.where(bought, "yes", "no")})
