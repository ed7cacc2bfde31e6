"""Meta and Rijan refuse what comes too fast, where that is asked for."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime

import pytest
import requests

from bot.simulator.apis import APIS
from bot.simulator.calls import Sent
from bot.simulator.limits import LIMITS, Meter
from bot.simulator.server import Simulator
from tests.simulator.calls import META, RIJAN, ApiCall
from tests.simulator.conftest import CUSTOMERS

Make = Callable[[ApiCall], requests.Response]
TO = "+6281200000001"


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def meter(clock: Clock) -> Meter:
    return Meter(clock)


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator(CUSTOMERS, strict_rates=True) as running:
        yield running


def sent(gateway: str, *, to: str = TO, device: str = "1", kind: str = "text") -> Sent:
    return Sent(
        gateway=gateway,
        device=device,
        to=to,
        text="halo",
        kind=kind,
        external_id="x",
        whatsapp_id="x",
        at=datetime.now(UTC),
    )


def refusal(meter: Meter, message: Sent) -> str:
    exceeded = meter.take(message)
    return exceeded.limit.refusal if exceeded else ""


def test_meta_takes_45_messages_to_one_recipient_in_270_seconds(meter: Meter, clock: Clock) -> None:
    for _ in range(45):
        assert refusal(meter, sent("meta")) == ""
        clock.now += 1

    assert refusal(meter, sent("meta")) == "pair rate"
    assert refusal(meter, sent("meta", to="+6281200000002")) == ""
    clock.now += 270 - 45
    assert refusal(meter, sent("meta")) == ""
    assert refusal(meter, sent("meta")) == "pair rate"


def test_meta_takes_80_messages_of_a_device_in_a_second(meter: Meter, clock: Clock) -> None:
    for number in range(80):
        assert refusal(meter, sent("meta", to=f"+62812000{number}")) == ""

    assert refusal(meter, sent("meta")) == "rate limit"
    assert refusal(meter, sent("meta", device="2")) == ""
    clock.now += 1
    assert refusal(meter, sent("meta")) == ""


@pytest.mark.parametrize(("kind", "times"), [("text", 60), ("voice", 30), ("contacts", 40)])
def test_rijan_counts_each_kind_by_itself(
    meter: Meter, clock: Clock, kind: str, times: int
) -> None:
    for _ in range(times):
        assert meter.take(sent("rijan", kind=kind)) is None
    clock.now += 20

    exceeded = meter.take(sent("rijan", kind=kind))

    assert exceeded
    assert exceeded.wait == 40
    assert refusal(meter, sent("rijan", kind="reaction")) == ""


def test_what_is_refused_does_not_count(meter: Meter, clock: Clock) -> None:
    for _ in range(100):
        meter.take(sent("rijan"))
    clock.now += 60

    assert meter.take(sent("rijan")) is None
    assert meter.refused == {"rijan rate limit": 40}


def test_gateways_that_name_no_limit_take_everything(meter: Meter) -> None:
    assert [meter.take(sent("wagate")) for _ in range(500)] == [None] * 500


def test_each_limit_names_a_refusal_of_its_gateway() -> None:
    for gateway, limits in LIMITS.items():
        assert {limit.refusal for limit in limits} <= APIS[gateway].refusals.keys()


def test_a_refused_message_is_not_sent(simulator: Simulator, make: Make) -> None:
    answers = [make(META) for _ in range(46)]

    assert answers[-1].json()["error"]["code"] == 131056
    assert len(simulator.sent) == 45
    assert simulator.refused == {"meta pair rate": 1}


def test_rijan_tells_how_long_to_wait(simulator: Simulator, make: Make) -> None:
    answers = [make(RIJAN.with_fields(idempotencyKey=f"kunci-{number}")) for number in range(61)]

    assert answers[-1].status_code == 500
    assert "Rate limit exceeded" in answers[-1].json()["error"]["message"]
    assert 1 <= int(answers[-1].headers["Retry-After"]) <= 60
    told = requests.get(f"{simulator.url}/_simulator/refused", timeout=5).json()
    assert told == {"rijan rate limit": 1}


def test_a_simulator_takes_everything_unless_told() -> None:
    with Simulator(CUSTOMERS) as lenient, requests.Session() as session:
        for _ in range(46):
            url = lenient.url + META.path
            assert session.post(url, headers=META.headers, data=META.body, timeout=5).ok
