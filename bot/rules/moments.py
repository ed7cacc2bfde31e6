"""Dates with times, as they are written and as they are often written instead."""

from datetime import datetime

WRITTEN = "%Y-%m-%d %H:%M"
# Nobody means others, and sums with them end where the calendar does.
YEARS = range(2000, 2100)
_OTHERS = tuple(
    f"{day}{between}{time}"
    for day in ("%Y-%m-%d", "%d-%m-%Y", "%d/%m/%Y", "%Y/%m/%d")
    for between in (" ", "T")
    for time in ("%H:%M", "%H.%M", "%H:%M:%S")
)


def moment(text: str, form: str = WRITTEN) -> datetime | None:
    """Return the time that a text is, None if it is none."""
    try:
        found = datetime.strptime(text, form)
    except ValueError:
        return None
    return found if found.year in YEARS else None


def moment_meant(text: str) -> str | None:
    """Return how a time is to be written that is written in another way."""
    found = (moment(text, form) for form in _OTHERS)
    return next((each.strftime(WRITTEN) for each in found if each), None)
