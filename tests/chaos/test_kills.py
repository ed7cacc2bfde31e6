"""What was acknowledged is answered once and in order, whatever is killed."""

from collections.abc import Sequence

import pytest

from bench.databases import Kind
from tests.chaos.conftest import NewStage
from tests.chaos.faults import BY_NAME
from tests.chaos.rehearsal import look_back, rehearse

CUSTOMERS = 20
# On a machine that does much else, all of it takes long.
pytestmark = pytest.mark.timeout(300)


@pytest.mark.parametrize(
    ("kind", "names"),
    [
        (
            Kind.SQLITE,
            [
                "workers stopped (SIGTERM)",
                "web killed",
                "inbox worker killed",
                "Valkey lost with its file",
            ],
        ),
        (
            Kind.POSTGRESQL,
            ["outbox worker killed", "web worker killed", "Valkey killed", "supervisor killed"],
        ),
    ],
    ids=["sqlite", "postgresql"],
)
def test_answers_once_and_in_order_what_was_acknowledged(
    kind: Kind, names: Sequence[str], new_stage: NewStage
) -> None:
    stage = new_stage(kind)
    stage.start()
    found = rehearse(stage, *(BY_NAME[name] for name in names), customers=CUSTOMERS)
    assert found.verdict.findings == ()
    assert found.verdict.events == CUSTOMERS * 3
    # Nobody's send is in doubt where every process was asked to end, or has nothing to send.
    assert found.verdict.held == 0 or "outbox worker killed" in names
    assert look_back(stage, [found]).findings == ()
