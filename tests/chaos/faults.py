"""What can happen to a Balas: the table of all faults that are tried."""

from dataclasses import dataclass, field
from datetime import timedelta

import psutil

from bot.simulator.faults import Fault as GatewayFault
from bot.simulator.faults import FaultKind
from tests.chaos.customers import Habits
from tests.chaos.strikes import (
    HOUR,
    TROUBLES,
    Strike,
    broken,
    fill_disk,
    kill_postgresql,
    kill_supervisor,
    kill_valkey,
    kill_web,
    kill_web_worker,
    kill_worker,
    limit_sends,
    lose_valkey,
    plan,
    set_clocks,
    stop_workers,
)

SQLITE = "sqlite"
POSTGRESQL = "postgresql"
# Linux and FreeBSD only.
NO_LIMITS = "" if hasattr(psutil, "RLIMIT_FSIZE") else "the files of a process cannot be limited"


@dataclass(frozen=True, slots=True)
class Fault:
    """Something that happens in the middle of webhooks and sends.

    `before` is done while all is quiet, so that it meets the first webhook; `strike` when half of
    the webhooks are acknowledged, and it starts again what nobody else would. Gateways take `delay`
    seconds to answer each send.
    """

    name: str
    strike: Strike | None = None
    before: Strike | None = None
    habits: Habits = field(default_factory=Habits)
    delay: float = 0.05
    databases: tuple[str, ...] = (SQLITE, POSTGRESQL)
    # Why it cannot be tried on this machine.
    impossible: str = ""


FAULTS = (
    Fault("none"),
    Fault("web killed", kill_web),
    Fault("web worker killed", kill_web_worker),
    Fault("inbox worker killed", kill_worker("inbox")),
    Fault("outbox worker killed", kill_worker("outbox"), delay=0.3),
    Fault("supervisor killed", kill_supervisor, delay=0.3),
    Fault("workers stopped (SIGTERM)", stop_workers, delay=1.0),
    Fault("Valkey killed", kill_valkey),
    Fault("Valkey lost with its file", lose_valkey),
    Fault("PostgreSQL killed", kill_postgresql, databases=(POSTGRESQL,)),
    Fault("disk full", fill_disk, databases=(SQLITE,), impossible=NO_LIMITS),
    Fault("clocks jump an hour ahead", set_clocks(HOUR), delay=0.3),
    Fault("clocks jump an hour back", set_clocks(timedelta(0)), delay=0.3),
    Fault("gateways slow", delay=3.0),
    Fault(
        "429 with Retry-After",
        before=plan(GatewayFault(kind=FaultKind.FAIL, status=429, retry_after=2, times=TROUBLES)),
    ),
    Fault("429 without", before=limit_sends),
    Fault("500", before=plan(GatewayFault(kind=FaultKind.FAIL, times=TROUBLES))),
    Fault("connections reset", before=broken(FaultKind.RESET)),
    Fault("half responses", before=broken(FaultKind.HALF)),
    Fault("accepted, never answered", before=broken(FaultKind.SILENCE, seconds=30)),
    Fault("webhooks doubled", habits=Habits(copies=2)),
    Fault("webhooks reordered", habits=Habits(is_shuffled=True)),
    Fault("webhooks late", habits=Habits(age=timedelta(minutes=20)), delay=1.0),
)
BY_NAME = {fault.name: fault for fault in FAULTS}
