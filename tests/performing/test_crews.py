"""What belongs to the user keeps nothing else waiting: no other effect, no process that ends."""

import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import Engine, select

from bot.effects import EffectKind, NewEffect, add
from bot.lanes import LANES
from bot.performing import Performer
from bot.performing.performer import TASK_THREADS
from models import Effect, reading, writing
from tests.performing.outside import BODY, PLACE, Stage

MODULE = """
import time
from pathlib import Path
from bot.extend import listener, task

@listener("message.received")
def wait(occasion):
    while not Path(__file__).with_suffix(".end").exists():
        time.sleep(0.02)

@task("tunggu")
def wait_too(occasion):
    wait(occasion)

@task("resi")
def receipt(occasion):
    return "sampai"
"""
PATIENCE = 5.0


@pytest.fixture
def stage(engine: Engine, tmp_path: Path) -> Iterator[Stage]:
    stage = Stage(engine, tmp_path, "http://127.0.0.1:9")
    stage.write(MODULE)
    yield stage
    (tmp_path / "toko.end").touch()


def put(stage: Stage, kind: EffectKind, name: str, *, times: int = 1) -> None:
    gateway, device, address = PLACE
    effects = [
        NewEffect(
            kind=kind,
            key=f"{name}:{number}",
            gateway=gateway,
            device=device,
            address=address,
            details={"name": name, "body": BODY, "place": "resi", "rule": "resi"},
        )
        for number in range(times)
    ]
    with writing(stage.engine) as session:
        add(session, effects, now=datetime.now(UTC))


def perform(performer: Performer) -> None:
    for lane in range(LANES):
        performer.perform(lane)


def comes_true(is_so: Callable[[], bool]) -> bool:
    end = time.monotonic() + PATIENCE
    while not (found := is_so()) and time.monotonic() < end:
        time.sleep(0.02)
    return found


def done(stage: Stage) -> list[str]:
    with reading(stage.engine) as session:
        return list(session.scalars(select(Effect.kind).where(Effect.done_at.is_not(None))))


def test_slow_listeners_keep_no_task_waiting(stage: Stage, tmp_path: Path) -> None:
    performer = Performer(stage.desk)
    put(stage, EffectKind.TELL_LISTENER, "wait", times=TASK_THREADS)
    put(stage, EffectKind.RUN_TASK, "resi")

    perform(performer)

    assert comes_true(lambda: done(stage) == [EffectKind.RUN_TASK])
    (tmp_path / "toko.end").touch()
    assert performer.finish(seconds=PATIENCE)


@pytest.mark.parametrize(
    ("kind", "name"), [(EffectKind.RUN_TASK, "tunggu"), (EffectKind.TELL_LISTENER, "wait")]
)
def test_what_hangs_keeps_no_process_from_its_end(
    stage: Stage, tmp_path: Path, kind: EffectKind, name: str
) -> None:
    def waited_for() -> set[threading.Thread]:
        return {thread for thread in threading.enumerate() if not thread.daemon}

    before = waited_for()
    performer = Performer(stage.desk)
    put(stage, kind, name)

    perform(performer)

    assert not performer.finish(seconds=0.3)
    assert waited_for() <= before
    (tmp_path / "toko.end").touch()
    assert performer.finish(seconds=PATIENCE)
