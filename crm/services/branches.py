"""Branches near a place, and whether somebody is there now."""

from datetime import datetime

from sqlalchemy.orm import Session

from crm import places
from crm.domain import BranchNearby, BranchView
from crm.errors import InvalidInput
from crm.services import organisation


def nearest(
    session: Session,
    *,
    now: datetime,
    place: str | None = None,
    position: places.Position | None = None,
    limit: int = 3,
) -> list[BranchNearby]:
    """The branches nearest to a place, the nearest first; without a place, all by name up to `limit`.

    Args:
        place: a postcode, a town, or a sentence with one of them.
        position: latitude and longitude in degrees; counts more than `place`.

    Raises:
        InvalidInput: `place` is neither on the map nor the town of a branch; `field` is `place`.
    """
    found = organisation.branches(session)
    if position is None and place is not None:
        position = places.locate(place)
        if position is None:
            found = [branch for branch in found if branch.address.city.casefold() in place.casefold()]
            if not found:
                raise InvalidInput("place", "This place is not known here; ask for a postcode or the nearest town.")
    seen = [seen_from(branch, position, now) for branch in found]
    seen.sort(key=lambda near: (near.distance_km is None, near.distance_km or 0.0, near.branch.name))
    return seen[:limit]


def seen_from(branch: BranchView, position: places.Position | None, now: datetime) -> BranchNearby:
    """A branch with its distance from `position` and its doors now; for other services."""
    theirs = places.locate(branch.address.postcode) or places.locate(branch.address.city)
    distance = round(places.distance_km(position, theirs), 1) if position and theirs else None
    today = branch.hours.openings(now.astimezone(branch.hours.zone).date())
    closes_at = next((closes for opens, closes in today if opens <= now < closes), None)
    return BranchNearby(
        branch=branch,
        distance_km=distance,
        is_open=closes_at is not None,
        closes_at=closes_at,
        opens_at=None if closes_at else branch.hours.next_opening(now),
    )
