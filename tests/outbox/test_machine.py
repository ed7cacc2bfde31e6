"""The outbox keeps its promises (see promises.py) whatever happens, in whatever order."""

import os
from typing import Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test
from sqlalchemy import event

from models import make_engine
from tests.outbox.machine import OutboxMachine

# For more than a test has time for: OUTBOX_EXAMPLES=2000 pytest tests/outbox/test_machine.py
EXAMPLES = int(os.environ.get("OUTBOX_EXAMPLES", "60"))
SETTINGS = settings(
    max_examples=EXAMPLES,
    stateful_step_count=40,
    deadline=None,
    derandomize="OUTBOX_EXAMPLES" not in os.environ,
    database=None,
    suppress_health_check=list(HealthCheck),
)


# Nobody pulls the plug here, and to sync each step would take most of the time.
DO_NOT_SYNC = {"sqlite": "PRAGMA synchronous=OFF", "postgresql": "SET synchronous_commit TO off"}


@pytest.mark.timeout(600)
def test_the_outbox_keeps_its_promises(database_url: str) -> None:
    engine = make_engine(database_url)

    @event.listens_for(engine, "connect")
    def do_not_sync(connection: Any, _record: object) -> None:
        connection.execute(DO_NOT_SYNC[engine.dialect.name])

    class Machine(OutboxMachine):
        def __init__(self) -> None:
            super().__init__(engine)

    run_state_machine_as_test(Machine, settings=SETTINGS)
    engine.dispose()
