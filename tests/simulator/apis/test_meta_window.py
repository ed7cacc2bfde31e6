"""Meta's 24 hours: a text goes only to who has written lately."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import requests

from bot.simulator.compose import DEVICES, GROUP, SENDER, compose
from bot.simulator.server import Simulator
from tests.simulator.calls import META, ApiCall
from tests.simulator.conftest import CUSTOMERS
from tests.simulator.gateways import account_of

NOW = datetime.now(UTC)
ID = {"name": "kabar", "language": {"code": "id"}}
TEMPLATE = META.with_fields(type="template", template=ID)


@pytest.fixture
def strict() -> Iterator[Simulator]:
    accounts = {name: [account_of(name)] for name in ("meta", "whatsgate")}
    with Simulator(CUSTOMERS, accounts=accounts, window=True) as running:
        yield running


def make(simulator: Simulator, call: ApiCall) -> Any:
    response = requests.post(
        simulator.url + call.path, headers=call.headers, data=call.body, timeout=5
    )
    return response.json().get("error", {}).get("code", response.status_code)


def write(
    simulator: Simulator,
    case: str = "text",
    *,
    hours: float = 0,
    sender: str = SENDER,
    device: str = DEVICES["meta"],
) -> None:
    """Let somebody write so many hours ago: sign their webhook, for whoever posts it."""
    now = NOW - timedelta(hours=hours)
    body = compose("meta", case, now=now, sender=sender, device=device, message_id="wamid.A")
    simulator.aftermath.sign("meta", body)


def test_only_a_template_goes_to_who_has_never_written(strict: Simulator) -> None:
    assert make(strict, META) == 131047
    assert make(strict, TEMPLATE) == 200
    assert [sent.kind for sent in strict.sent] == ["template"]


@pytest.mark.parametrize(("hours", "code"), [(0, 200), (23, 200), (24.1, 131047)])
def test_a_text_goes_within_a_day(hours: float, code: int, strict: Simulator) -> None:
    write(strict, hours=hours)

    assert make(strict, META) == code


def test_the_last_message_counts(strict: Simulator) -> None:
    write(strict, hours=1)
    write(strict, hours=30)

    assert make(strict, META) == 200


def test_a_call_opens_the_window(strict: Simulator) -> None:
    write(strict, "call")

    assert make(strict, META) == 200


def test_a_status_opens_nothing(strict: Simulator) -> None:
    write(strict, "status")

    assert make(strict, META) == 131047


@pytest.mark.parametrize(
    ("sender", "device"), [("6281200000002", DEVICES["meta"]), (SENDER, "100200300400599")]
)
def test_nobody_writes_for_another(sender: str, device: str, strict: Simulator) -> None:
    write(strict, sender=sender, device=device)

    assert make(strict, META) == 131047


def test_a_member_writes_for_the_group_and_not_for_himself(strict: Simulator) -> None:
    write(strict, "group")

    assert make(strict, META.with_fields(to=GROUP, recipient_type="group")) == 200
    assert make(strict, META) == 131047


def test_without_the_order_to_be_strict_everything_goes(simulator: Simulator) -> None:
    assert make(simulator, META) == 200


def test_what_another_gateway_signs_says_nothing(strict: Simulator) -> None:
    strict.aftermath.sign("whatsgate", compose("whatsgate", "text", now=NOW))

    assert make(strict, META) == 131047
