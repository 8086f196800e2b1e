"""When a schedule falls due next, and when active hours begin. Pure: the time is given."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from croniter import croniter

from rasid.domain.rule import ActiveHours


def next_time(schedule: str, after: datetime) -> datetime:
    """Give the first time after `after` that a cron expression (UTC) names."""
    found: datetime = croniter(schedule, after).get_next(datetime)
    return found


def is_open(hours: ActiveHours, now: datetime) -> bool:
    """Tell whether alerts may go out at `now`."""
    local = now.astimezone(ZoneInfo(hours.timezone))
    minute = local.hour * 60 + local.minute
    if hours.start <= hours.end:
        return local.weekday() in hours.days and hours.start <= minute < hours.end
    # Over midnight, what is left of the night belongs to the day on which it began.
    if minute >= hours.start:
        return local.weekday() in hours.days
    return minute < hours.end and (local.weekday() - 1) % 7 in hours.days


def next_opening(hours: ActiveHours, now: datetime) -> datetime:
    """Give the next time at which alerts may go out, to the minute; a year ahead at most."""
    zone = ZoneInfo(hours.timezone)
    local = now.astimezone(zone)
    for days in range(8):
        day = local.date() + timedelta(days=days)
        opening = datetime(day.year, day.month, day.day, hours.start // 60, hours.start % 60, tzinfo=zone)
        if opening > local and day.weekday() in hours.days:
            return opening.astimezone(now.tzinfo)
    return now + timedelta(days=7)
