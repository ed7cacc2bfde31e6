"""Rules are saved while messages come in: none is lost, and none is answered by broken rules."""

import os
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import count
from pathlib import Path

import pytest
from redis import Redis
from sqlalchemy import Engine

from bot.config import read_settings
from bot.draining import InboxDrain
from bot.rules import Shelf
from bot.runtime import Runtime
from tests.conftest import Valkey
from tests.making import all_events, arrivals, gateways, incoming, outgoing, receive

GOOD = """\
version: 1
include: lain.yaml
settings: {loop_guard: {replies: 100, within: 1m, pause: 30m}}
rules:
  - {id: jawab, if: {first: tidak}, reply: "aturan %d: {{ message.text }}"}
fallback: {reply: "aturan %d: {{ message.text }}"}
"""
BROKEN = (
    "version: 1\nrules: [",
    "version: 1\nrules:\n  - {id: salah, mach: {words: a}, reply: salah}\n",
    "version: 1\ninclude: hilang.yaml\nrules:\n  - {id: salah, match: {words: a}, reply: salah}\n",
    "",
)
OTHER = "rules:\n  - {id: lain, match: {exact: lain}, reply: lain}\n"


@pytest.fixture
def runtime(engine: Engine, shared_valkey: Valkey, redis: Redis, tmp_path: Path) -> Runtime:
    redis.flushall()
    save(tmp_path / "lain.yaml", OTHER, number=0)
    save(tmp_path / "rules.yaml", GOOD % (0, 0), number=0)
    settings = read_settings(
        {
            "REDIS_URL": shared_valkey.url,
            "RULES_FILE": str(tmp_path / "rules.yaml"),
            "DATA_DIR": str(tmp_path),
        }
    )
    runtime = Runtime(settings=settings, gateways=gateways())
    runtime.__dict__["engine"] = engine  # the fixture's database instead of the settings'
    return runtime


def save(file: Path, text: str, *, number: int) -> None:
    """Save as editors do: into the file, or beside it and then in its place."""
    written = file if number % 2 else file.with_suffix(".new")
    written.write_text(text)
    os.utime(written, (number + 1, number + 1))
    written.rename(file)


def drain(drain_lane: InboxDrain) -> None:
    for lane in {event.lane for event in all_events(drain_lane.runtime.engine)}:
        drain_lane(lane)


def test_each_message_is_answered_by_the_last_good_rules(runtime: Runtime) -> None:
    seconds = [0.0]
    file = runtime.settings.rules_file
    shelf = Shelf(file, clock=lambda: seconds[0])
    drain_lane = InboxDrain(runtime, shelf)
    expected, versions, good = [], [], 0
    for number in range(1, 21):
        is_good = number % 3 != 0
        text = GOOD % (number, number) if is_good else BROKEN[number % len(BROKEN)]
        good = number if is_good else good
        save(file, text, number=number)
        seconds[0] += 1.5
        now = datetime.now(UTC)
        receive(runtime.engine, arrivals(now=now, text=f"p{number}", message_id=f"M{number}"))
        drain(drain_lane)
        expected.append(f"aturan {good}: p{number}")
        versions.append(shelf.book.version)
        assert (shelf.trouble is None) is is_good

    assert [reply.text for reply in outgoing(runtime.engine)] == expected
    assert all(event.processed_at and not event.error for event in all_events(runtime.engine))
    told = [message.explanation for message in incoming(runtime.engine)]
    assert [each["version"] for each in told if each] == versions


def test_nothing_is_lost_while_files_are_saved_at_every_moment(runtime: Runtime) -> None:
    file, ticks = runtime.settings.rules_file, count()
    # It looks at the file at every turn, and takes nothing for half written.
    shelf = Shelf(file, clock=lambda: float(next(ticks) * 2))
    drain_lane = InboxDrain(runtime, shelf)
    ends = threading.Event()
    saving = threading.Thread(target=keep_saving, args=(file, ends))
    saving.start()
    try:
        for number in range(20):
            now = datetime.now(UTC)
            receive(runtime.engine, arrivals(now=now, text=f"p{number}", message_id=f"M{number}"))
            drain(drain_lane)
    finally:
        ends.set()
        saving.join()

    answers = [str(reply.text) for reply in outgoing(runtime.engine)]
    assert [answer.partition(": ")[2] for answer in answers] == [f"p{n}" for n in range(20)]
    assert all(answer.startswith("aturan ") for answer in answers)
    assert all(event.processed_at and not event.error for event in all_events(runtime.engine))


def keep_saving(file: Path, ends: threading.Event) -> None:
    """Save good and broken rules in turn, each in one piece."""
    for number, text in enumerate(_texts(), start=1):
        if ends.is_set():
            return
        save(file, text, number=number * 2)
        time.sleep(0.002)


def _texts() -> Iterator[str]:
    for number in count(1):
        yield GOOD % (number, number)
        yield BROKEN[number % len(BROKEN)]
