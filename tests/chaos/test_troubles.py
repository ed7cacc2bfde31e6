"""What was acknowledged is answered once and in order, whatever the gateways do."""

import pytest

from tests.chaos.conftest import NewStage
from tests.chaos.faults import BY_NAME
from tests.chaos.rehearsal import look_back, rehearse
from tests.chaos.settings import GATEWAYS
from tests.chaos.strikes import TROUBLES

CUSTOMERS = 25
# More of them in a row would let the gateways rest for longer than a test should take.
NAMES = ("500", "connections reset")
# On a machine that does much else, all of it takes long.
pytestmark = pytest.mark.timeout(300)


def test_holds_only_what_nobody_can_tell(new_stage: NewStage) -> None:
    stage = new_stage()
    stage.start()
    found = rehearse(stage, *(BY_NAME[name] for name in NAMES), customers=CUSTOMERS)
    assert found.verdict.findings == ()
    assert 0 < found.verdict.held <= TROUBLES * len(NAMES) * len(GATEWAYS)
    assert look_back(stage, [found]).findings == ()


def test_answers_webhooks_that_come_twice_late_and_in_another_order(new_stage: NewStage) -> None:
    stage = new_stage()
    stage.start()
    names = ("webhooks doubled", "webhooks reordered", "webhooks late", "429 with Retry-After")
    found = rehearse(stage, *(BY_NAME[name] for name in names), customers=CUSTOMERS)
    assert found.verdict.findings == ()
    assert (found.verdict.events, found.verdict.held) == (CUSTOMERS * 3, 0)
    assert look_back(stage, [found]).findings == ()
