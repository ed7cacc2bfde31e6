"""Hours that are the same on every day, in the time of one place. Pure."""

import re
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator

DAY = timedelta(days=1)
# What is longer ago makes no difference to anybody.
LONGEST = timedelta(days=60)
_WRITTEN = re.compile(r"(\d{1,2})[:.](\d{2})\s*[-–]\s*(\d{1,2})[:.](\d{2})")


@dataclass(frozen=True, slots=True)
class OpenHours:
    """From when to when, counted from midnight; an end that is not later is on the next day."""

    begins: timedelta
    ends: timedelta

    def between(self, since: datetime, until: datetime, *, zone: str) -> timedelta:
        """Return how much of the time from `since` to `until` lies within the opening hours."""
        place = ZoneInfo(zone)
        since = max(since, until - LONGEST)
        day = since.astimezone(place).date() - DAY
        last = until.astimezone(place).date()
        found = timedelta()
        while day <= last:
            midnight = datetime.combine(day, time())
            opens = (midnight + self.begins).replace(tzinfo=place)
            closes = (midnight + self.ends).replace(tzinfo=place)
            # Compared as moments, not as what the clock shows: the clock may be put forward.
            opened, closed = opens.astimezone(since.tzinfo), closes.astimezone(since.tzinfo)
            found += max(timedelta(), min(closed, until) - max(opened, since))
            day += DAY
        return found


def read_hours(written: object) -> OpenHours:
    """Return what "08:00-20:00" says. Raises ValueError."""
    found = _WRITTEN.fullmatch(written.strip()) if isinstance(written, str) else None
    if found is None:
        raise ValueError('expected hours such as "08:00-20:00"')
    hour, minute, end_hour, end_minute = map(int, found.groups())
    begins = timedelta(hours=hour, minutes=minute)
    ends = timedelta(hours=end_hour, minutes=end_minute)
    if max(minute, end_minute) > 59 or begins >= DAY or ends > DAY:
        raise ValueError('expected hours such as "08:00-20:00"')
    return OpenHours(begins, ends if ends > begins else ends + DAY)


Hours = Annotated[OpenHours, BeforeValidator(read_hours)]
# Where nothing says when people write.
USUAL = read_hours("08:00-20:00")
