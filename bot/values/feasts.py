"""Feast days that fall on another day each year: Chinese ones, by the moon or the sun."""

from datetime import date, timedelta

_FIRST_YEAR = 2015
# One day a year from 2015 on, as month * 100 + day.
_DAYS = {
    "spring_festival": (219, 208, 128, 216, 205, 125, 212, 201, 122, 210, 129, 217, 206, 126, 213, 203, 123, 211),
    "tomb_sweeping": (405, 404, 404, 405, 405, 404, 404, 405, 405, 404, 404, 405, 405, 404, 404, 405),
    "dragon_boat": (620, 609, 530, 618, 607, 625, 614, 603, 622, 610, 531, 619, 609, 528, 616, 605),
    "mid_autumn": (927, 915, 1004, 924, 913, 1001, 921, 910, 929, 917, 1006, 925, 915, 1003, 922, 912),
    "winter_solstice": (1222, 1221, 1222, 1222, 1222, 1221, 1221, 1222, 1222, 1221, 1221, 1222, 1222, 1221, 1221, 1222),
}
_COUNTED_FROM = {"new_year_eve": ("spring_festival", -1), "lantern_festival": ("spring_festival", 14)}


def day_of(feast: str, year: int) -> date | None:
    """Returns the day of a feast in a year; None for a feast or a year that is not listed."""
    name, shift = _COUNTED_FROM.get(feast, (feast, 0))
    listed, place = _DAYS.get(name, ()), year - _FIRST_YEAR
    if not 0 <= place < len(listed):
        return None
    month, day = divmod(listed[place], 100)
    return date(year, month, day) + timedelta(days=shift)
