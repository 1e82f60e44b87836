"""What a rotation cannot renew by itself: keyed values outside of sealed and blind columns."""

from collections.abc import Callable

from sqlalchemy.orm import Session

Recompute = Callable[[Session, int], int]
HOOKS: dict[str, Recompute] = {}


def recomputed(table: str) -> Callable[[Recompute], Recompute]:
    """Register a function that renews the keyed values of `table` from what they are made of.

    It is called as `renew(session, limit)` until it returns 0: it renews at most `limit` rows that are not under the
    active key yet, in the session's transaction, and returns how many those were. Blind columns need none of this.
    """

    def register(renew: Recompute) -> Recompute:
        HOOKS[table] = renew
        return renew

    return register
