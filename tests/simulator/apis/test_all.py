"""Each send API takes the right call; an address of none of them is refused."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import requests

from bot.simulator.server import Simulator
from tests.simulator.calls import META, SENDS, ApiCall

Make = Callable[[ApiCall], requests.Response]


RECIPIENTS = {
    "meta": "+6281200000001",
    "wagate": "6281200000001",
    "rijan": "6281200000001@s.whatsapp.net",
    "csku": "conv_1",
    "whatsgate": "6281200000001@c.us",
}


@pytest.mark.parametrize("gateway", SENDS)
def test_takes_a_right_call_and_records_it(gateway: str, simulator: Simulator, make: Make) -> None:
    response = make(SENDS[gateway])

    assert response.status_code == 200
    [sent] = simulator.sent
    assert (sent.gateway, sent.to, sent.text) == (gateway, RECIPIENTS[gateway], "Pesanan siap")


def test_knows_no_other_gateway(make: Make) -> None:
    assert make(replace(META, path="/telegram/v1/send")).status_code == 404


def test_wants_the_length_of_a_body(simulator: Simulator) -> None:
    with requests.Session() as session:
        session.trust_env = False
        response = session.post(simulator.url + META.path, data=iter([b"{}"]), timeout=5)

    assert response.status_code == 411
