"""What becomes of an alert, and when people hear of it."""

from datetime import UTC, datetime, timedelta

import pytest

from bot.alerts.finding import Finding
from bot.alerts.kinds import GOOD_NEWS, AlertKind, Telling
from bot.alerts.plan import Change, Standing, Told, plan

NOW = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
OFFLINE = AlertKind.DEVICE_OFFLINE
MINUTE = timedelta(minutes=1)


def finding(kind: AlertKind = OFFLINE, *, count: int = 1, level: int = 0) -> Finding:
    return Finding(kind=kind, gateway="wagate", device="wa-melati", count=count, level=level)


def told(telling: Telling = Telling.OPEN, *, count: int = 1, ago: timedelta = MINUTE) -> Told:
    return Told(telling=telling, at=NOW - ago, count=count, level=0, number=1)


def standing(
    kind: AlertKind = OFFLINE,
    *,
    before: Told | None = None,
    closed: timedelta | None = None,
    since: timedelta = MINUTE,
    seen: timedelta = timedelta(),
) -> Standing:
    return Standing(
        id=1,
        key=(kind, "wagate", "wa-melati"),
        count=1,
        since=NOW - since,
        seen_at=NOW - seen,
        closed_at=None if closed is None else NOW - closed,
        told=before,
    )


def only(changes: list[Change]) -> Change:
    [change] = changes
    return change


def test_what_is_found_opens_and_is_told() -> None:
    change = only(plan([finding()], [], now=NOW))

    assert (change.telling, change.standing) == (Telling.OPEN, None)


def test_what_is_found_again_is_nothing_new() -> None:
    assert plan([finding()], [standing(before=told())], now=NOW) == []


def test_that_it_is_still_so_is_written_once_a_minute_and_not_told() -> None:
    change = only(plan([finding()], [standing(before=told(), seen=MINUTE)], now=NOW))

    assert change.telling is None


@pytest.mark.parametrize(("count", "telling"), [(9, None), (10, Telling.STILL)])
def test_tells_again_only_what_is_ten_times_worse(count: int, telling: Telling | None) -> None:
    found = finding(AlertKind.MESSAGE_DEAD, count=count)

    change = only(plan([found], [standing(AlertKind.MESSAGE_DEAD, before=told())], now=NOW))

    assert change.telling == telling


def test_tells_again_what_has_got_worse_in_kind() -> None:
    found = finding(AlertKind.WEBHOOK_FAILING, level=1)

    change = only(plan([found], [standing(AlertKind.WEBHOOK_FAILING, before=told())], now=NOW))

    assert change.telling is Telling.STILL


@pytest.mark.parametrize(("hours", "count"), [(23, 0), (24, 1)])
def test_tells_again_after_a_day(hours: int, count: int) -> None:
    before = told(ago=timedelta(hours=hours))

    assert len(plan([finding()], [standing(before=before)], now=NOW)) == count


@pytest.mark.parametrize("kind", AlertKind)
def test_tells_the_end_of_what_people_wait_for(kind: AlertKind) -> None:
    change = only(plan([], [standing(kind, before=told())], now=NOW))

    assert change.finding is None
    assert change.telling == (Telling.CLOSED if kind in GOOD_NEWS else None)


def test_the_end_of_what_nobody_was_told_is_not_told() -> None:
    assert only(plan([], [standing()], now=NOW)).telling is None


def test_what_comes_back_soon_opens_in_silence() -> None:
    before = standing(before=told(Telling.CLOSED), closed=timedelta(minutes=14))

    change = only(plan([finding()], [before], now=NOW))

    assert (change.standing, change.telling) == (before, None)


def test_what_comes_back_later_is_a_new_alert() -> None:
    before = standing(before=told(Telling.CLOSED), closed=timedelta(minutes=15))

    change = only(plan([finding()], [before], now=NOW))

    assert (change.standing, change.telling) == (None, Telling.OPEN)


@pytest.mark.parametrize(("minutes", "count"), [(14, 0), (15, 1)])
def test_what_came_back_and_stays_is_told_after_all(minutes: int, count: int) -> None:
    back = standing(before=told(Telling.CLOSED), since=timedelta(minutes=minutes))

    assert [change.telling for change in plan([finding()], [back], now=NOW)] == [
        Telling.OPEN
    ] * count


def test_what_came_back_in_silence_goes_in_silence() -> None:
    assert only(plan([], [standing(before=told(Telling.CLOSED))], now=NOW)).telling is None


def test_a_flapping_device_is_told_of_twice_at_most() -> None:
    """It is away for a minute and back for a minute, for six hours."""
    tellings: list[Telling] = []
    row: Standing | None = None
    for minute in range(360):
        now = NOW + minute * MINUTE
        findings = [finding()] if minute % 2 == 0 else []
        for change in plan(findings, [row] if row else [], now=now):
            row, telling = after(change, row, now=now)
            tellings += [telling] if telling else []

    assert tellings == [Telling.OPEN, Telling.CLOSED]


def after(
    change: Change, row: Standing | None, *, now: datetime
) -> tuple[Standing, Telling | None]:
    """Return the alert as it is written after a change."""
    before = row.told if row else None
    telling = change.telling or (Telling.CLOSED if not change.finding else None)
    remembered = Told(telling=telling, at=now, count=1, level=0, number=1) if telling else before
    return (
        Standing(
            id=1,
            key=(OFFLINE, "wagate", "wa-melati"),
            count=1,
            since=now,
            seen_at=now,
            closed_at=None if change.finding else now,
            told=remembered,
        ),
        change.telling,
    )


def test_a_low_quota_goes_without_saying_while_it_is_exhausted() -> None:
    low, exhausted = AlertKind.QUOTA_LOW, AlertKind.QUOTA_EXHAUSTED

    opened = plan([finding(low), finding(exhausted)], [], now=NOW)
    rows = [standing(low, before=told()), standing(exhausted, before=told())]
    closed = plan([], rows, now=NOW)

    assert {change.kind: change.telling for change in opened} == {
        low: None,
        exhausted: Telling.OPEN,
    }
    assert {change.kind: change.telling for change in closed} == {
        low: None,
        exhausted: Telling.CLOSED,
    }


def test_what_went_without_saying_is_written_once() -> None:
    low, exhausted = AlertKind.QUOTA_LOW, AlertKind.QUOTA_EXHAUSTED
    rows = [standing(low), standing(exhausted, before=told())]

    assert plan([finding(low), finding(exhausted)], rows, now=NOW) == []


def test_a_low_quota_is_told_when_the_other_alert_is_over() -> None:
    rows = [standing(AlertKind.QUOTA_LOW)]

    assert only(plan([finding(AlertKind.QUOTA_LOW)], rows, now=NOW)).telling is Telling.OPEN
