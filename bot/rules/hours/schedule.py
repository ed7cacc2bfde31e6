"""When something is open."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from bot.rules.hours.clock import moment

DAY = timedelta(days=1)
DAY_MINUTES = 24 * 60
# How far ahead is looked: a year, with the days around it.
AHEAD = 368
# What is longer ago makes no difference to anybody.
LONGEST = timedelta(days=60)

# From when to when, in minutes from midnight; what ends on the next day ends after 1440.
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Holiday:
    """A day with hours of its own; without any it is closed."""

    name: str = ""
    spans: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Schedule:
    """Opening hours in one time zone, for each day of the week from Monday on. Times are aware.

    A night belongs to the day on which it begins: what opened before a holiday goes on into it.
    Spans are in their order and do not touch. A dated holiday counts before a yearly one.
    """

    name: str
    zone: str
    week: tuple[tuple[Span, ...], ...] = ((),) * 7
    holidays: Mapping[date, Holiday] = field(default_factory=dict)
    yearly: Mapping[tuple[int, int], Holiday] = field(default_factory=dict)

    def is_open(self, at: datetime) -> bool:
        """Return whether it is open at a time."""
        local = at.astimezone(ZoneInfo(self.zone))
        if local.fold:
            # The clock shows this for the second time, so what it shows does not tell.
            return self._closing(at) is not None
        minute, day = local.hour * 60 + local.minute, local.date()
        return _covers(self._spans(day), minute) or (
            day > date.min and _covers(self._spans(day - DAY), minute + DAY_MINUTES)
        )

    def next_open(self, at: datetime) -> datetime | None:
        """Return when it opens next, after `at`; None if never within a year."""
        return next((opens for opens, _, _ in self._open_times(at) if opens > at), None)

    def closes(self, at: datetime) -> datetime | None:
        """Return when it closes, if it is open now; None if it is closed or never closes."""
        found = self._closing(at)
        return found[0] if found and not found[1] else None

    def holiday(self, at: datetime) -> Holiday | None:
        """Return the holiday that a time falls on; None on any other day."""
        return self._holiday(at.astimezone(ZoneInfo(self.zone)).date())

    def between(self, since: datetime, until: datetime) -> timedelta:
        """Return how much of the time from `since` to `until` it is open."""
        since = max(since.astimezone(UTC), until.astimezone(UTC) - LONGEST)
        days = (until - since) // DAY + 3
        return sum(
            (
                max(timedelta(), min(closes, until) - max(opens, since))
                for opens, closes, _ in self._open_times(since, days=days)
            ),
            timedelta(),
        )

    def _closing(self, at: datetime) -> tuple[datetime, bool] | None:
        """Return the end of the open time around `at`, and whether it is only out of sight."""
        for opens, closes, is_endless in self._open_times(at):
            if opens > at:
                return None
            if at < closes:
                return closes, is_endless
        return None

    def _open_times(
        self, at: datetime, *, days: int = AHEAD
    ) -> Iterator[tuple[datetime, datetime, bool]]:
        """Yield each open time from the day before `at` on, and whether it outlasts the days."""
        zone = ZoneInfo(self.zone)
        today = at.astimezone(zone).date()
        first = today - DAY if today > date.min else today
        # Nothing comes after the end of the calendar.
        days = min(days, (date.max - first).days - 2)
        midnight = datetime.combine(first, time())
        for begins, ends in self._runs(first, days):
            opens = moment(midnight + timedelta(minutes=begins), zone)
            closes = moment(midnight + timedelta(minutes=ends), zone)
            if opens < closes:
                yield opens, closes, ends >= days * DAY_MINUTES

    def _runs(self, first: date, days: int) -> Iterator[Span]:
        """Yield the open times in minutes from the first midnight on, those that touch as one."""
        if not any(self.week) and not self.holidays and not self.yearly:
            return
        run: Span | None = None
        for number in range(days):
            for begins, ends in self._spans(first + number * DAY):
                begins, ends = begins + number * DAY_MINUTES, ends + number * DAY_MINUTES
                if run is None or begins > run[1]:
                    if run:
                        yield run
                    run = begins, ends
                else:
                    run = run[0], max(run[1], ends)
        if run:
            yield run

    def _spans(self, day: date) -> tuple[Span, ...]:
        holiday = self._holiday(day)
        return self.week[day.weekday()] if holiday is None else holiday.spans

    def _holiday(self, day: date) -> Holiday | None:
        if not self.holidays and not self.yearly:
            return None
        return self.holidays.get(day) or self.yearly.get((day.month, day.day))


def _covers(spans: tuple[Span, ...], minute: int) -> bool:
    return any(begins <= minute < ends for begins, ends in spans)
