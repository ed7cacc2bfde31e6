"""How much of a time lies within the opening hours."""

from datetime import UTC, datetime, timedelta

import pytest

from bot import rules
from bot.alerts.watch import open_between
from bot.open_hours import OpenHours, read_hours

# A Wednesday. Jakarta is seven hours ahead: its 08:00 is 01:00 UTC.
DAY = datetime(2026, 3, 4, tzinfo=UTC)
JAKARTA = "Asia/Jakarta"


def at(hour: float, day: int = 0) -> datetime:
    return DAY + timedelta(days=day, hours=hour)


@pytest.mark.parametrize(
    ("since", "until", "hours"),
    [
        (at(2), at(5), 3),
        (at(0), at(2), 1),
        (at(12), at(15), 1),
        (at(14), at(22), 0),
        (at(12), at(2, day=1), 2),
        (at(1), at(1, day=3), 36),
        (at(5), at(2), 0),
    ],
    ids=["inside", "before", "after", "night", "over night", "three days", "backwards"],
)
def test_counts_only_the_time_in_which_the_shop_is_open(
    since: datetime, until: datetime, hours: float
) -> None:
    found = read_hours("08:00-20:00").between(since, until, zone=JAKARTA)

    assert found == timedelta(hours=hours)


def test_hours_may_end_on_the_next_day() -> None:
    # 20:00 to 04:00 in Jakarta is 13:00 to 21:00 UTC.
    found = read_hours("20:00-04:00").between(at(12), at(23), zone=JAKARTA)

    assert found == timedelta(hours=8)


def test_the_whole_day_is_open_where_that_is_said() -> None:
    assert read_hours("00:00-24:00").between(at(3), at(9, day=1), zone=JAKARTA) == timedelta(
        hours=30
    )


def test_a_clock_that_is_put_forward_takes_an_hour_away() -> None:
    # Berlin, 2026-03-29: 02:00 becomes 03:00.
    since, until = datetime(2026, 3, 28, 23, tzinfo=UTC), datetime(2026, 3, 29, 22, tzinfo=UTC)

    found = read_hours("00:00-24:00").between(since, until, zone="Europe/Berlin")

    assert found == timedelta(hours=23)


def test_a_silence_of_years_is_counted_at_once() -> None:
    found = read_hours("08:00-20:00").between(at(0, day=-5000), at(0), zone=JAKARTA)

    assert timedelta(days=29) < found < timedelta(days=31)


@pytest.mark.parametrize("written", ["", "8-20", "25:00-26:00", "08:60-09:00", "08:00", None, 8])
def test_refuses_what_are_no_hours(written: object) -> None:
    with pytest.raises(ValueError, match="08:00-20:00"):
        read_hours(written)


# Which hours count for the alert about silence.

BOOK = """
version: 1
settings: {timezone: Asia/Jakarta}
%s
rules:
  - {id: halo, match: {words: [halo]}, reply: Halo}
"""
TWO = """
hours:
  toko: {senin-jumat: 09:00-17:00, holidays: [2026-03-05]}
  gudang: {setiap hari: 24 jam}
"""


@pytest.mark.parametrize(
    ("setting", "hours", "expected"),
    [
        # Wednesday from 09:00 to 17:00; Thursday is a holiday.
        (None, TWO, 8),
        (read_hours("10:00-12:00"), TWO, 4),
        (None, "", 24),
    ],
    ids=["the first of the rules", "the setting", "neither"],
)
def test_people_are_expected_to_write_while_the_shop_is_open(
    setting: OpenHours | None, hours: str, expected: float
) -> None:
    between = open_between(setting, rules.read(BOOK % hours))

    # Two days of Jakarta.
    assert between(at(-7), at(41)) == timedelta(hours=expected)
