"""Devices are asked about and connected anew, not more often than helps."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select, update

from bot.client import Client
from bot.effects import EffectKind, NewEffect, add
from bot.events import DeviceChanged, DeviceState
from bot.gateways.base import Quota
from bot.gateways.errors import TransientError
from bot.inbox.changes import Pending
from bot.inbox.errands import RESTART_SECONDS, new_restart, restart
from bot.lanes import LANES
from bot.performing import Performer
from bot.performing.desk import Desk
from models import Device, Effect, reading, writing
from tests.making import NOW, arrivals, gateways, process_all, receive, responder
from tests.teluk import NAME, Teluk, teluk

RIJAN = {"RIJAN_RESTART": "true"}


class Stage:
    """A performer between a database and the gateway."""

    def __init__(self, engine: Engine, gateway: Teluk) -> None:
        self.engine, self.gateway = engine, gateway
        self.woken: set[str] = set()
        self.performer = Performer(
            Desk(
                engine=engine,
                client=Client(),
                gateways={NAME: gateway},
                wake=lambda names, **options: self.woken.update(names),
                quota_reserve_percent=2,
            )
        )

    def put(self, *effects: NewEffect, at: datetime | None = None) -> None:
        with writing(self.engine) as session:
            add(session, effects, now=at or datetime.now(UTC))

    def perform(self) -> None:
        for lane in range(LANES):
            self.performer.perform(lane)
        assert self.performer.finish(seconds=20)

    def rest(self, why: str, **values: object) -> None:
        """Let the device rest for an hour more, since an hour ago."""
        hour, now = timedelta(hours=1), datetime.now(UTC)
        rests = {"pauses": 1, "rested_at": now - hour, "paused_until": now + hour}
        with writing(self.engine) as session:
            device = {"gateway": NAME, "device": "toko-1", "pause_reason": why}
            session.add(Device(**{**device, **rests, **values}))

    @property
    def device(self) -> Device:
        with reading(self.engine) as session:
            return session.scalars(select(Device)).one()

    @property
    def effects(self) -> Sequence[Effect]:
        with reading(self.engine) as session:
            return session.scalars(select(Effect).order_by(Effect.id)).all()


@pytest.fixture
def stage(engine: Engine) -> Stage:
    return Stage(engine, teluk({"device": "toko-1", "restart": True}))


def question() -> NewEffect:
    return NewEffect(
        kind=EffectKind.REPORT_DEVICE, key="1:csku/toko-1", gateway=NAME, device="toko-1"
    )


def wanted(at: datetime) -> NewEffect:
    return new_restart(NAME, "toko-1", at=at)


def restarts(stage: Stage) -> int:
    return len(stage.gateway.asked("restart_device"))


@pytest.mark.parametrize("state", [DeviceState.CONNECTED, DeviceState.QR])
def test_what_a_gateway_says_of_a_device_is_kept(stage: Stage, state: DeviceState) -> None:
    stage.gateway.states["toko-1"] = state
    stage.put(question())

    stage.perform()

    assert (stage.device.state, stage.device.name) == (state, "Toko Teluk")
    assert [each.kind for each in stage.effects] == ["report_device"]


def test_what_a_gateway_says_is_left_is_kept(stage: Stage) -> None:
    stage.gateway.left = Quota(limit=1000, remaining=912)
    stage.put(question())

    stage.perform()

    row = stage.device
    assert (row.quota_limit, row.quota_remaining, row.quota_reserve) == (1000, 912, 20)
    assert stage.woken == set()


def test_quota_that_is_back_ends_the_rest_and_wakes_every_lane(stage: Stage) -> None:
    stage.gateway.left = Quota(limit=1000, remaining=1000)
    stage.rest("QuotaExhausted: no quota is left")
    stage.put(question())

    stage.perform()

    assert (stage.device.paused_until, stage.device.pauses) == (None, 0)
    assert stage.woken == {f"outbox:{lane}" for lane in range(LANES)}


def test_a_device_without_quota_rests_on(stage: Stage) -> None:
    stage.gateway.left = Quota(limit=1000, remaining=0, resets_at=NOW)
    stage.rest("QuotaExhausted: no quota is left")
    stage.put(question())

    stage.perform()

    assert stage.device.paused_until is not None
    assert stage.woken == set()


def test_quota_does_not_end_a_rest_for_another_reason(stage: Stage) -> None:
    stage.gateway.left = Quota(limit=1000, remaining=1000)
    stage.rest("RateLimited: slow down", quota_remaining=0)
    stage.put(question())

    stage.perform()

    assert stage.device.paused_until is not None
    assert stage.woken == {f"outbox:{lane}" for lane in range(LANES)}


def test_a_quota_that_is_not_told_leaves_the_rest_of_the_answer(stage: Stage) -> None:
    stage.gateway.no_quota = TransientError("the answer holds no quota")
    stage.gateway.states["toko-1"] = DeviceState.QR
    stage.put(question())

    stage.perform()

    assert (stage.device.state, stage.device.quota_remaining) == ("qr", None)
    assert stage.effects[0].done_at is not None


def test_a_device_that_is_found_disconnected_is_restarted(stage: Stage) -> None:
    stage.gateway.states["toko-1"] = DeviceState.DISCONNECTED
    stage.put(question())

    stage.perform()
    stage.perform()

    assert restarts(stage) == 1


def test_a_device_is_left_alone_where_nobody_asked_for_restarts(engine: Engine) -> None:
    stage = Stage(engine, teluk({"device": "toko-1"}))
    stage.gateway.states["toko-1"] = DeviceState.DISCONNECTED
    stage.put(question())

    stage.perform()
    stage.perform()

    assert restarts(stage) == 0


def test_a_device_that_connected_meanwhile_is_not_restarted(stage: Stage) -> None:
    with writing(stage.engine) as session:
        session.add(Device(gateway=NAME, device="toko-1", state="connected"))
    stage.put(wanted(datetime.now(UTC)))

    stage.perform()

    assert restarts(stage) == 0
    assert stage.effects[0].done_at is not None


@pytest.mark.parametrize(("seconds", "count"), [(30, 1), (RESTART_SECONDS + 1, 2)])
def test_two_restarts_lie_ten_minutes_apart_wherever_a_slot_ends(
    stage: Stage, seconds: int, count: int
) -> None:
    slot = int(datetime.now(UTC).timestamp()) // RESTART_SECONDS - 1
    end_of_a_slot = datetime.fromtimestamp(RESTART_SECONDS * slot - 10, UTC)
    later = end_of_a_slot + timedelta(seconds=seconds)
    first, second = wanted(end_of_a_slot), wanted(later)
    assert first.key != second.key
    stage.put(first, at=end_of_a_slot)
    stage.put(second, at=later)

    stage.perform()

    assert restarts(stage) == count


def test_a_restart_that_failed_is_tried_again(stage: Stage) -> None:
    stage.gateway.refusal = TransientError("status 503")
    stage.put(wanted(datetime.now(UTC)))
    stage.perform()
    stage.gateway.refusal = None
    with writing(stage.engine) as session:
        session.execute(update(Effect).values(due_at=datetime.now(UTC)))

    stage.perform()

    assert restarts(stage) == 2


def disconnected(**changes: Any) -> DeviceChanged:
    values = {"gateway": NAME, "device": "toko-1", "key": "k", "raw": b"", "occurred_at": NOW}
    return DeviceChanged(**{**values, "state": DeviceState.DISCONNECTED, **changes})


def errand(event: DeviceChanged) -> list[NewEffect]:
    gateway = teluk({"restart": True})
    pending = Pending(id=1, event=event, place=None, received_at=NOW)
    return list(restart(pending, event, gateway))


def test_a_disconnection_of_yesterday_restarts_nothing() -> None:
    assert errand(disconnected(occurred_at=NOW - timedelta(days=1))) == []
    assert len(errand(disconnected(occurred_at=None))) == 1


@pytest.mark.parametrize("length", [195, 300])
def test_a_device_with_a_long_name_is_restarted_in_each_slot(length: int) -> None:
    first = new_restart(NAME, "x" * length, at=NOW)
    second = new_restart(NAME, "x" * length, at=NOW + timedelta(hours=1))

    assert first.key != second.key
    assert max(len(first.key), len(first.device)) <= 200


def test_a_webhook_about_a_disconnection_leads_to_one_restart(engine: Engine) -> None:
    for seconds in (0, 30, 60):
        now = NOW + timedelta(seconds=seconds)
        receive(engine, arrivals("rijan", "disconnected", device="device_melati", now=now))
        process_all(engine, responder(**RIJAN), now=now)

    with reading(engine) as session:
        found = session.scalars(select(Effect)).all()
    assert [(each.kind, each.gateway, each.device) for each in found] == [
        ("restart_device", "rijan", "device_melati")
    ]


def test_a_webhook_about_a_disconnection_leads_to_none_where_nobody_asked(engine: Engine) -> None:
    receive(engine, arrivals("rijan", "disconnected", device="device_melati"))
    process_all(engine, responder())

    with reading(engine) as session:
        assert session.scalars(select(Effect)).all() == []
    assert not gateways()["rijan"].accounts[0].restarts_device
