"""Where a place is, by its postcode or its town's name, from `crm/reference/places.toml`."""

import math
import re

from crm import normalise, reference

Position = tuple[float, float]  # latitude and longitude in degrees

_EARTH_KM = 6371.0
_AREA = re.compile(r"\b([a-z]{1,3}) ?\d")


def locate(place: str) -> Position | None:
    """The position of a postcode or a town named in `place`; None when it is not on the map."""
    said = normalise.plain(place)
    areas: dict[str, dict] = reference.table("places")["areas"]
    for found in _AREA.finditer(said):
        if found[1].upper() in areas:
            return _position(areas[found[1].upper()])
    named = [(len(name), area) for area in areas.values() for name in area["names"] if name in said]
    if named:
        return _position(max(named, key=lambda hit: hit[0])[1])
    return _position(areas[said.upper()]) if said.upper() in areas else None


def distance_km(one: Position, other: Position) -> float:
    """The distance on the globe, in kilometres."""
    (lat1, lon1), (lat2, lon2) = (tuple(map(math.radians, at)) for at in (one, other))
    half = math.sin((lat2 - lat1) / 2) ** 2 + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    return 2 * _EARTH_KM * math.asin(min(1.0, math.sqrt(half)))


def _position(area: dict) -> Position:
    latitude, longitude = area["at"]
    return float(latitude), float(longitude)
