"""What was acknowledged is answered once and in order, whatever the machine does."""

import tempfile
from pathlib import Path

import pytest

from tests.chaos.conftest import NewStage
from tests.chaos.faults import BY_NAME, NO_LIMITS
from tests.chaos.postgres import new_postgres
from tests.chaos.rehearsal import look_back, rehearse
from tests.chaos.stage import Stage

CUSTOMERS = 15
# On a machine that does much else, all of it takes long.
pytestmark = pytest.mark.timeout(300)


def rehearse_each(stage: Stage, *names: str) -> None:
    """Let faults happen, each in a round of its own, and look at all of it in the end."""
    stage.start()
    rounds = [rehearse(stage, BY_NAME[name], customers=CUSTOMERS) for name in names]
    assert [found.verdict.findings for found in rounds] == [()] * len(names)
    assert [found.verdict.held for found in rounds] == [0] * len(names)
    assert look_back(stage, rounds).findings == ()


def test_outlives_postgresql_that_is_killed() -> None:
    with (
        new_postgres() as postgres,
        tempfile.TemporaryDirectory(prefix="balas") as folder,
        Stage(Path(folder), postgres.url, postgres=postgres) as stage,
    ):
        rehearse_each(stage, "PostgreSQL killed")


@pytest.mark.skipif(bool(NO_LIMITS), reason=NO_LIMITS)
def test_outlives_a_disk_that_is_full(new_stage: NewStage) -> None:
    rehearse_each(new_stage(), "disk full")


def test_outlives_clocks_that_jump(new_stage: NewStage) -> None:
    rehearse_each(new_stage(), "clocks jump an hour ahead", "clocks jump an hour back")
