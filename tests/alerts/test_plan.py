"""What becomes of an alert, and when people hear of it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from bot.alerts.finding import Finding
from bot.alerts.kinds import EACH_COUNTS, GOOD_NEWS, AlertKind, Telling, Way
from bot.alerts.plan import Change, Standing, Told, plan

NOW = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
OFFLINE = AlertKind.DEVICE_OFFLINE
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def finding(kind: AlertKind = OFFLINE, *, reasons: Sequence[str] = (), **values: Any) -> Finding:
    details = {"reasons": dict.fromkeys(reasons, 1)} if reasons else {}
    return Finding(kind=kind, gateway="wagate", device="wa-melati", details=details, **values)


def told(
    telling: Telling = Telling.OPEN, *, ago: timedelta = MINUTE, reasons: Sequence[str] = ()
) -> dict[Way, Told]:
    """Return that it was told in both ways."""
    at = NOW - ago
    one = Told(
        telling=telling, at=at, open_at=at, count=1, level=0, number=1, reasons=frozenset(reasons)
    )
    return dict.fromkeys(Way, one)


def both(telling: Telling | None) -> dict[Way, Telling]:
    return dict.fromkeys(Way, telling) if telling else {}


def standing(
    kind: AlertKind = OFFLINE,
    *,
    before: dict[Way, Told] | None = None,
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
        told=before or {},
    )


def only(changes: list[Change]) -> Change:
    [change] = changes
    return change


def test_what_is_found_opens_and_is_told() -> None:
    change = only(plan([finding()], [], now=NOW))

    assert (change.tellings, change.standing) == (both(Telling.OPEN), None)


def test_what_is_found_again_is_nothing_new() -> None:
    assert plan([finding()], [standing(before=told())], now=NOW) == []


def test_that_it_is_still_so_is_written_once_a_minute_and_not_told() -> None:
    change = only(plan([finding()], [standing(before=told(), seen=MINUTE)], now=NOW))

    assert change.tellings == {}


@pytest.mark.parametrize(("count", "telling"), [(9, None), (10, Telling.STILL)])
def test_tells_again_only_what_is_ten_times_worse(count: int, telling: Telling | None) -> None:
    found = finding(AlertKind.MESSAGE_DEAD, count=count)

    change = only(plan([found], [standing(AlertKind.MESSAGE_DEAD, before=told())], now=NOW))

    assert change.tellings == both(telling)


def test_tells_again_what_has_got_worse_in_kind() -> None:
    found = finding(AlertKind.WEBHOOK_FAILING, level=1)

    change = only(plan([found], [standing(AlertKind.WEBHOOK_FAILING, before=told())], now=NOW))

    assert change.tellings == both(Telling.STILL)


@pytest.mark.parametrize(("hours", "count"), [(23, 0), (24, 1)])
def test_tells_again_after_a_day(hours: int, count: int) -> None:
    before = told(ago=timedelta(hours=hours))

    assert len(plan([finding()], [standing(before=before)], now=NOW)) == count


@pytest.mark.parametrize("kind", AlertKind)
def test_tells_the_end_of_what_people_wait_for(kind: AlertKind) -> None:
    """However short it was. Whatever opened something at an address closes it there."""
    change = only(plan([], [standing(kind, before=told(), since=timedelta(seconds=5))], now=NOW))

    assert change.finding is None
    assert change.tellings == {
        way: Telling.CLOSED for way in Way if way is Way.URL or kind in GOOD_NEWS
    }


@pytest.mark.parametrize("way", Way)
def test_the_end_is_told_to_whom_the_beginning_was_told(way: Way) -> None:
    ended = standing(before={way: told()[way]})

    assert only(plan([], [ended], now=NOW)).tellings == {way: Telling.CLOSED}


def test_nothing_is_posted_where_there_is_no_address() -> None:
    change = only(plan([finding()], [], ways=[Way.ADMIN], now=NOW))

    assert change.tellings == {Way.ADMIN: Telling.OPEN}


def test_the_end_of_what_nobody_was_told_is_not_told() -> None:
    assert only(plan([], [standing(since=HOUR)], now=NOW)).tellings == {}


def test_what_comes_back_soon_opens_in_silence() -> None:
    before = standing(before=told(Telling.CLOSED), closed=timedelta(minutes=14))

    change = only(plan([finding()], [before], now=NOW))

    assert (change.standing, change.tellings) == (before, {})


def test_what_comes_back_later_is_a_new_alert() -> None:
    before = standing(before=told(Telling.CLOSED, ago=HOUR), closed=timedelta(minutes=15))

    change = only(plan([finding()], [before], now=NOW))

    assert (change.standing, change.tellings) == (None, both(Telling.OPEN))


@pytest.mark.parametrize(("minutes", "count"), [(14, 0), (15, 1)])
def test_what_came_back_and_stays_is_told_after_all(minutes: int, count: int) -> None:
    back = standing(before=told(Telling.CLOSED, ago=HOUR), since=timedelta(minutes=minutes))

    assert [change.tellings for change in plan([finding()], [back], now=NOW)] == [
        both(Telling.OPEN)
    ] * count


def test_what_came_back_in_silence_goes_in_silence() -> None:
    ended = standing(before=told(Telling.CLOSED), since=HOUR)

    assert only(plan([], [ended], now=NOW)).tellings == {}


@pytest.mark.parametrize(
    ("kind", "hours"),
    [(OFFLINE, 1), (AlertKind.WEBHOOK_FORGED, 6), (AlertKind.WEBHOOK_FAILING, 6)],
)
def test_what_was_told_not_long_ago_is_not_told_to_admins(kind: AlertKind, hours: int) -> None:
    """It was over for so long that it is a new alert, which is posted."""
    for early, telling in ((MINUTE, None), (timedelta(), Telling.OPEN)):
        before = told(Telling.CLOSED, ago=hours * HOUR - early)
        closed = standing(kind, before=before, closed=16 * MINUTE)

        change = only(plan([finding(kind)], [closed], now=NOW))

        assert change.standing is None
        assert change.tellings.get(Way.ADMIN) == telling
        assert change.tellings[Way.URL] is Telling.OPEN


@pytest.mark.parametrize("opened", [59 * MINUTE, HOUR])
def test_what_opened_in_silence_and_stays_is_told_after_all(opened: timedelta) -> None:
    earlier = standing(before=told(Telling.CLOSED, ago=opened), closed=30 * MINUTE)
    now_open = replace(standing(since=10 * MINUTE), id=2)

    changes = plan([finding()], [earlier, now_open], ways=[Way.ADMIN], now=NOW)

    assert [change.tellings for change in changes] == [{Way.ADMIN: Telling.OPEN}] * (opened == HOUR)


def test_what_is_worse_than_what_was_told_is_told_at_once() -> None:
    kind = AlertKind.WEBHOOK_FAILING
    closed = standing(kind, before=told(Telling.CLOSED), closed=HOUR)

    assert only(plan([finding(kind, level=1)], [closed], now=NOW)).tellings == both(Telling.OPEN)


def test_what_was_told_before_the_clock_was_set_back_silences_nothing() -> None:
    closed = standing(before=told(Telling.CLOSED, ago=-24 * HOUR), closed=HOUR)

    assert only(plan([finding()], [closed], now=NOW)).tellings == both(Telling.OPEN)


def test_what_is_not_sure_opens_nothing_and_leaves_open_what_is() -> None:
    unsure = finding(opens=False)
    closed = standing(before=told(Telling.CLOSED), closed=MINUTE)

    assert plan([unsure], [], now=NOW) == []
    assert plan([unsure], [closed], now=NOW) == []
    assert plan([unsure], [standing(before=told())], now=NOW) == []


def test_a_flapping_device_is_told_of_twice_at_most() -> None:
    """It is away for six minutes and back for six minutes, for an hour."""
    tellings: list[Telling] = []
    row: Standing | None = None
    for minute in range(60):
        now = NOW + minute * MINUTE
        findings = [finding()] if minute % 12 < 6 else []
        for change in plan(findings, [row] if row else [], ways=[Way.ADMIN], now=now):
            tellings += change.tellings.values()
            row = after(change, row, now=now)

    assert tellings == [Telling.OPEN, Telling.CLOSED]


def after(change: Change, row: Standing | None, *, now: datetime) -> Standing:
    """Return the alert as it is written after a change."""
    told = dict(row.told) if row else {}
    if not change.finding:
        told = {way: replace(each, telling=Telling.CLOSED) for way, each in told.items()}
    for way, telling in change.tellings.items():
        open_at = told[way].open_at if telling is Telling.CLOSED else now
        told[way] = Told(telling=telling, at=now, open_at=open_at, count=1, level=0, number=1)
    return Standing(
        id=1,
        key=(OFFLINE, "wagate", "wa-melati"),
        count=1,
        since=row.since if row and not row.closed_at else now,
        seen_at=now,
        closed_at=None if change.finding else now,
        told=told,
    )


@pytest.mark.parametrize("kind", sorted(EACH_COUNTS))
def test_what_is_another_matter_each_time_is_never_silenced(kind: AlertKind) -> None:
    closed = standing(kind, before=told(Telling.CLOSED), closed=MINUTE)

    change = only(plan([finding(kind)], [closed], now=NOW))

    assert (change.standing, change.tellings) == (None, both(Telling.OPEN))


@pytest.mark.parametrize(
    ("reasons", "count"), [(["Rejected"], 0), (["Rejected", "NotAuthorised"], 1)]
)
@pytest.mark.parametrize("kind", sorted(EACH_COUNTS))
def test_a_reason_that_was_not_told_is_told_at_once(
    kind: AlertKind, reasons: list[str], count: int
) -> None:
    before = standing(kind, before=told(reasons=["Rejected", "expired"]))

    changes = plan([finding(kind, reasons=reasons)], [before], now=NOW)

    assert [change.tellings for change in changes] == [both(Telling.STILL)] * count


def test_what_is_not_for_admins_is_posted_only_until_it_is() -> None:
    kind = AlertKind.WEBHOOK_FAILING
    opened = only(plan([finding(kind, for_admins=False)], [], now=NOW))
    row = standing(kind, before={Way.URL: told()[Way.URL]})
    worse = only(plan([finding(kind, level=1)], [row], now=NOW))

    assert opened.tellings == {Way.URL: Telling.OPEN}
    assert worse.tellings == {Way.URL: Telling.STILL, Way.ADMIN: Telling.OPEN}
    assert only(plan([], [row], now=NOW)).tellings == {Way.URL: Telling.CLOSED}


def test_admins_are_not_told_of_a_low_quota_while_it_is_exhausted() -> None:
    low, exhausted = AlertKind.QUOTA_LOW, AlertKind.QUOTA_EXHAUSTED

    opened = plan([finding(low), finding(exhausted)], [], now=NOW)
    rows = [standing(kind, before=told(), since=HOUR) for kind in (low, exhausted)]
    closed = plan([], rows, now=NOW)

    assert {change.kind: change.tellings for change in opened} == {
        low: {Way.URL: Telling.OPEN},
        exhausted: both(Telling.OPEN),
    }
    assert {change.kind: change.tellings for change in closed} == {
        low: {Way.URL: Telling.CLOSED},
        exhausted: both(Telling.CLOSED),
    }


def test_what_went_without_saying_is_written_once() -> None:
    low, exhausted = AlertKind.QUOTA_LOW, AlertKind.QUOTA_EXHAUSTED
    rows = [
        standing(low, before={Way.URL: told()[Way.URL]}),
        standing(exhausted, before=told()),
    ]

    assert plan([finding(low), finding(exhausted)], rows, now=NOW) == []


def test_a_low_quota_is_told_when_the_other_alert_is_over() -> None:
    rows = [standing(AlertKind.QUOTA_LOW, before={Way.URL: told()[Way.URL]})]

    change = only(plan([finding(AlertKind.QUOTA_LOW)], rows, now=NOW))

    assert change.tellings == {Way.ADMIN: Telling.OPEN}
