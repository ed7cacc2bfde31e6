"""Draining a slice of the inbox, and the sweep that finds what a lost nudge left behind."""

import time
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from sqlalchemy import Engine, update

from bot.config import read_settings
from bot.draining import InboxDrain
from bot.inbox import Spool
from bot.lanes import LANES, Lanes
from bot.rules import Shelf
from bot.runtime import Runtime
from bot.sweeping import sweep
from models import Event, Message, writing
from tests.conftest import Valkey
from tests.making import ECHO, all_events, arrivals, gateways, outgoing, receive


@pytest.fixture
def runtime(engine: Engine, shared_valkey: Valkey, redis: Redis, tmp_path: Path) -> Runtime:
    redis.flushall()
    rules = tmp_path / "rules.yaml"
    rules.write_text(ECHO)
    settings = read_settings(
        {
            "REDIS_URL": shared_valkey.url,
            "RULES_FILE": str(rules),
            "DATA_DIR": str(tmp_path),
            "DEVICE_POLL_SECONDS": "0",
        }
    )
    runtime = Runtime(settings=settings, gateways=gateways())
    runtime.__dict__["engine"] = engine  # the fixture's database instead of the settings'
    return runtime


def drain(runtime: Runtime) -> None:
    drain_lane = InboxDrain(runtime, Shelf(runtime.settings.rules_file))
    for lane in range(LANES):
        drain_lane(lane)


def queued(lanes: Lanes, box: str) -> list[str]:
    jobs: list[Any] = lanes.queue(box).jobs
    return sorted(job.args[0] for job in jobs)


def test_an_inbox_job_drains_the_spool_before_it_reads_a_lane(
    runtime: Runtime, redis: Redis
) -> None:
    runtime.spool.add(arrivals(now=datetime.now(UTC), text="dari spool"))
    drain(runtime)
    assert [reply.text for reply in outgoing(runtime.engine)] == ["balas dari spool"]


def test_a_slice_goes_on_until_the_lane_is_empty(runtime: Runtime) -> None:
    now = datetime.now(UTC)
    for number in range(250):
        receive(runtime.engine, arrivals(now=now, text=f"{number}", message_id=f"M{number}"))
    drain(runtime)
    assert all(event.processed_at for event in all_events(runtime.engine))


def test_the_sweep_wakes_lanes_whose_nudge_was_lost(runtime: Runtime, redis: Redis) -> None:
    now = datetime.now(UTC)
    [row] = arrivals(now=now)
    receive(runtime.engine, [row])
    lanes = Lanes(redis)
    sweep(runtime, lanes, now=now + timedelta(seconds=2))
    assert queued(lanes, "inbox") == []
    sweep(runtime, lanes, now=now + timedelta(seconds=4))
    assert queued(lanes, "inbox") == [f"inbox:{row.lane}"]


def test_the_sweep_does_not_look_at_flags(runtime: Runtime, redis: Redis) -> None:
    """A flag says that a job was enqueued; its job may have died with its worker."""
    now = datetime.now(UTC)
    [row] = arrivals(now=now)
    receive(runtime.engine, [row])
    lanes = Lanes(redis)
    lanes.wake([f"inbox:{row.lane}"])
    redis.delete("rq:queue:inbox")
    sweep(runtime, lanes, now=now + timedelta(seconds=4))
    assert queued(lanes, "inbox") == [f"inbox:{row.lane}"]


def test_the_sweep_wakes_messages_that_nobody_took(runtime: Runtime, redis: Redis) -> None:
    now = datetime.now(UTC)
    receive(runtime.engine, arrivals(now=now))
    drain(runtime)
    lanes = Lanes(redis)
    redis.delete("rq:queue:outbox")
    [reply] = outgoing(runtime.engine)
    sweep(runtime, lanes, now=datetime.now(UTC) + timedelta(seconds=4))
    assert queued(lanes, "outbox") == [f"outbox:{reply.lane}"]


def test_the_sweep_frees_what_a_dead_process_held(runtime: Runtime, redis: Redis) -> None:
    now = datetime.now(UTC)
    receive(runtime.engine, arrivals(now=now))
    drain(runtime)
    with writing(runtime.engine) as session:
        session.execute(
            update(Message)
            .where(Message.direction == "out")
            .values(status="claimed", claimed_at=now - timedelta(seconds=21))
        )
    sweep(runtime, Lanes(redis), now=now)
    assert [reply.status for reply in outgoing(runtime.engine)] == ["queued"]


def test_the_sweep_empties_the_spool(runtime: Runtime, redis: Redis) -> None:
    now = datetime.now(UTC)
    Spool(redis, "auto").add(arrivals(now=now - timedelta(seconds=10)))
    lanes = Lanes(redis)
    sweep(runtime, lanes, now=now)
    assert len(all_events(runtime.engine)) == 1
    assert len(queued(lanes, "inbox")) == 1


def test_a_full_queue_is_not_filled_further(redis: Redis) -> None:
    """While no worker runs, each sweep would add a job for each lane, for ever."""
    lanes = Lanes(redis)
    for _ in range(50):
        lanes.sweep([f"inbox:{lane}" for lane in range(LANES)])
    assert lanes.queue("inbox").count <= 11 * LANES


def test_a_lane_is_woken_for_what_another_lane_has_for_it(runtime: Runtime, redis: Redis) -> None:
    rules = runtime.settings.rules_file
    rules.write_text(ECHO + 'admins: {pemilik: {to: "6281200000077"}}\n')
    [order] = arrivals(now=datetime.now(UTC), sender="6281200000077", text="#bot off 6281200000005")
    [contact] = arrivals(sender="6281200000005")
    receive(runtime.engine, [order])
    InboxDrain(runtime, Shelf(rules))(order.lane)
    lanes = Lanes(redis)

    for _ in range(200):
        if queued(lanes, "inbox"):
            break
        time.sleep(0.01)
    assert contact.lane != order.lane
    assert queued(lanes, "inbox") == [f"inbox:{contact.lane}"]


def test_the_sweep_leaves_what_is_to_come_until_it_comes(runtime: Runtime, redis: Redis) -> None:
    now = datetime.now(UTC)
    [row] = arrivals(now=now)
    later = now + timedelta(minutes=30)
    receive(runtime.engine, [replace(row, kind="flow.timeout", received_at=later, due_at=later)])
    with writing(runtime.engine) as session:
        session.execute(update(Event).values(occurred_at=now))
    lanes = Lanes(redis)
    sweep(runtime, lanes, now=now + timedelta(minutes=29))
    assert queued(lanes, "inbox") == []
    sweep(runtime, lanes, now=later + timedelta(seconds=4))
    assert queued(lanes, "inbox") == [f"inbox:{row.lane}"]
