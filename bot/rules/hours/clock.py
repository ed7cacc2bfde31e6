"""What a clock on the wall shows, as a moment, where the clock is put forward and back."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

_SECOND = timedelta(seconds=1)


def moment(shown: datetime, zone: ZoneInfo) -> datetime:
    """Return the first moment at which the clock shows this time, or a later one if it skips it."""
    found = shown.replace(tzinfo=zone).astimezone(UTC)
    if _shown(found, zone) == shown:
        return found
    # The clock was put forward: of the time that it skips, `fold` 1 comes out before that moment.
    before = shown.replace(tzinfo=zone, fold=1).astimezone(UTC)
    while found - before > _SECOND:
        middle = before + (found - before) // _SECOND // 2 * _SECOND
        if _shown(middle, zone) < shown:
            before = middle
        else:
            found = middle
    return found


def _shown(at: datetime, zone: ZoneInfo) -> datetime:
    return at.astimezone(zone).replace(tzinfo=None, fold=0)
