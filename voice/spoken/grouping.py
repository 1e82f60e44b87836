"""How people break a row of digits."""

_SIZES = {7: (3, 4), 8: (4, 4), 10: (3, 3, 4), 11: (3, 4, 4)}


def groups(digits: str) -> list[str]:
    """1234567: 123, 4567; as most numbers of customers are read and written down."""
    sizes = _SIZES.get(len(digits)) or (3,) * (len(digits) // 3)
    cut, parts = 0, []
    for size in sizes:
        parts.append(digits[cut : cut + size])
        cut += size
    return [part for part in [*parts, digits[cut:]] if part]
