"""Calendar days as the business counts them."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy.orm import Session

from crm.services._rows import business_value
from crm.services.organisation import business_hours


def today(session: Session, now: datetime) -> date:
    """The day it is where the business is."""
    return now.astimezone(ZoneInfo(business_value(session, "time_zone", "UTC"))).date()


def business_days_after(session: Session, start: date, days: int) -> date:
    """The day `days` business days after `start`: weekdays from Monday to Friday that are not closed days."""
    closed = business_hours(session).closed_on
    day = start
    while days > 0:
        day += timedelta(days=1)
        days -= day.weekday() < 5 and day not in closed
    return day
