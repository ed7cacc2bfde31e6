"""A quota that runs low is told to the inbox once."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, update

from bot.lanes import lane_of
from bot.low_quotas import announce_low
from models import Device, writing
from tests.making import all_events

NOW = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
RESETS_AT = datetime(2026, 4, 1, tzinfo=UTC)


def add(engine: Engine, **values: object) -> None:
    known = {
        "gateway": "wagate",
        "device": "wa-melati",
        "quota_limit": 1000,
        "quota_remaining": 100,
        "quota_resets_at": RESETS_AT,
    }
    with writing(engine) as session:
        session.add(Device(**{**known, **values}))


def change(engine: Engine, **values: object) -> None:
    with writing(engine) as session:
        session.execute(update(Device).values(**values))


def announce(engine: Engine, *, now: datetime = NOW, percent: int = 10) -> set[int]:
    return announce_low(engine, percent=percent, now=now)


def test_a_low_quota_becomes_an_event_of_its_device(engine: Engine) -> None:
    add(engine)

    lanes = announce(engine)

    [event] = all_events(engine)
    assert lanes == {event.lane} == {lane_of("wagate", "wa-melati", None)}
    assert (event.kind, event.address, event.due_at) == ("quota.low", None, NOW)
    assert json.loads(event.payload) == {
        "remaining": 100,
        "limit": 1000,
        "resets_at": "2026-04-01T00:00:00+00:00",
    }


def test_enough_is_not_told(engine: Engine) -> None:
    add(engine, quota_remaining=101)

    assert announce(engine) == set()
    assert all_events(engine) == []


def test_one_quota_is_told_once_however_it_goes_on(engine: Engine) -> None:
    add(engine)
    announce(engine)
    change(engine, quota_remaining=3)
    announce(engine, now=NOW + timedelta(days=3))
    change(engine, quota_remaining=500)
    announce(engine)
    change(engine, quota_remaining=0)

    assert announce(engine) == set()
    assert len(all_events(engine)) == 1


@pytest.mark.parametrize(
    "values", [{"quota_resets_at": RESETS_AT + timedelta(days=30)}, {"quota_limit": 1001}]
)
def test_the_next_quota_is_told_again(engine: Engine, values: dict[str, object]) -> None:
    add(engine)
    announce(engine)
    change(engine, **values)

    announce(engine)

    assert len(all_events(engine)) == 2


def test_a_quota_whose_end_nobody_tells_is_told_once_a_month(engine: Engine) -> None:
    add(engine, quota_resets_at=None)
    for now in (NOW, NOW + timedelta(days=1), NOW + timedelta(days=31)):
        announce(engine, now=now)

    assert len(all_events(engine)) == 2


def test_each_device_is_told_of_by_itself(engine: Engine) -> None:
    add(engine)
    add(engine, device="wa-mawar")

    announce(engine)

    assert {event.device for event in all_events(engine)} == {"wa-melati", "wa-mawar"}


def test_nothing_is_told_with_a_share_of_zero(engine: Engine) -> None:
    add(engine, quota_remaining=0)

    assert announce(engine, percent=0) == set()
