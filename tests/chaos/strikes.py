"""How each fault is done to a stage. What nobody else would start again is started here."""

import shutil
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import timedelta

import psutil

from bot.simulator.faults import Fault as GatewayFault
from bot.simulator.faults import FaultKind
from tests.chaos.settings import GATEWAYS
from tests.chaos.stage import Stage
from tests.chaos.waiting import WAIT_SECONDS, wait_until

Strike = Callable[[Stage], None]

# Longer than a hiccup, shorter than anybody gives up.
AWAY_SECONDS = 2.0
# So many sends of each gateway go wrong.
TROUBLES = 2
HOUR = timedelta(hours=1)
PAGE = 4096
# How each gateway says that it is asked too much, without saying for how long.
LIMITED: Mapping[str, GatewayFault] = {
    "meta": GatewayFault(kind=FaultKind.FAIL, refusal="rate limit", times=TROUBLES),
    "rijan": GatewayFault(kind=FaultKind.FAIL, status=429, times=TROUBLES),
    "csku": GatewayFault(kind=FaultKind.FAIL, refusal="rate limit", times=TROUBLES),
    "whatsgate": GatewayFault(kind=FaultKind.FAIL, status=429, times=TROUBLES),
    "wagate": GatewayFault(kind=FaultKind.FAIL, status=429, times=TROUBLES),
}


def kill_web(stage: Stage) -> None:
    """Kill the web with all its processes."""
    stage.kill("web")
    stage.start_web()


def kill_web_worker(stage: Stage) -> None:
    """Kill one of the processes that take webhooks."""
    psutil.Process(stage.processes["web"].pid).children()[0].kill()


def kill_worker(box: str) -> Strike:
    """Kill the worker of a box."""

    def strike(stage: Stage) -> None:
        # It may just be starting, after another fault.
        wait_until(lambda: stage.worker(box))
        worker = stage.worker(box)
        assert worker is not None, "there is nothing to kill"
        worker.kill()

    return strike


def kill_supervisor(stage: Stage) -> None:
    """Kill the supervisor; its workers must end by themselves."""
    stage.processes["worker"].kill()
    stage.processes["worker"].wait()
    wait_until(lambda: not stage.has_workers())
    stage.start_worker()


def kill_valkey(stage: Stage) -> None:
    """Kill Valkey, and start it on its file."""
    stage.kill("valkey")
    time.sleep(AWAY_SECONDS)
    stage.start_valkey()


def lose_valkey(stage: Stage) -> None:
    """Kill Valkey, and start it without its file."""
    stage.kill("valkey")
    shutil.rmtree(stage.folder / "valkey")
    time.sleep(AWAY_SECONDS)
    stage.start_valkey()


def kill_postgresql(stage: Stage) -> None:
    """Kill PostgreSQL, and start it on its files."""
    assert stage.postgres is not None, "there is nothing to kill"
    stage.postgres.kill()
    time.sleep(AWAY_SECONDS)
    stage.postgres.start()


def stop_workers(stage: Stage) -> None:
    """Tell the workers to end, and start new ones."""
    stage.processes["worker"].terminate()
    stage.processes["worker"].wait(WAIT_SECONDS)
    stage.start_worker()


def fill_disk(stage: Stage) -> None:
    """Let no process write any file beyond its first page, for a while."""
    _, hard = psutil.Process().rlimit(psutil.RLIMIT_FSIZE)
    _limit_files(stage, (PAGE, hard))
    time.sleep(AWAY_SECONDS / 4)
    kept = stage.events()
    time.sleep(AWAY_SECONDS)
    assert stage.events() == kept, "the disk is not full"
    for _ in range(2):  # a process that was just being started inherits the limit
        _limit_files(stage, (hard, hard))


def _limit_files(stage: Stage, limits: tuple[int, int]) -> None:
    for process in stage.family():
        with suppress(psutil.NoSuchProcess):  # ended meanwhile, for want of room
            process.rlimit(psutil.RLIMIT_FSIZE, limits)


def set_clocks(ahead: timedelta) -> Strike:
    """Let all clocks jump, and wait until a process has seen it."""

    def strike(stage: Stage) -> None:
        stage.set_clocks(ahead)
        wait_until(lambda: abs(stage.now() - stage.last_kept_at()) < HOUR / 2)

    return strike


def plan(*faults: GatewayFault) -> Strike:
    """Let sends of every gateway go wrong like this, one after the other."""

    def strike(stage: Stage) -> None:
        for gateway in GATEWAYS:
            for fault in faults:
                stage.simulator.plan(gateway, fault)

    return strike


def limit_sends(stage: Stage) -> None:
    """Let every gateway say that it is asked too much."""
    for gateway, fault in LIMITED.items():
        stage.simulator.plan(gateway, fault)


def broken(kind: FaultKind, **more: float) -> Strike:
    """Let sends break, half of them after the message was taken."""
    return plan(
        *(
            GatewayFault.model_validate({"kind": kind, "records": records, "times": 1, **more})
            for records in (True, False) * (TROUBLES // 2)
        )
    )
