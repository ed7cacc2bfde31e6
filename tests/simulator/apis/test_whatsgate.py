"""WhatsGate refuses everything with 500 and a name."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import requests

from bot.simulator.server import Simulator
from tests.simulator.calls import WHATSGATE, ApiCall

Make = Callable[[ApiCall], requests.Response]


def _whatsgate_to(**recipient: str) -> ApiCall:
    return WHATSGATE.with_fields(recipient=recipient)


WHATSGATE_WRONG = {
    "no key": (WHATSGATE.with_headers(X_Api_Key=None), "Unauthorized"),
    "another key": (WHATSGATE.with_headers(X_Api_Key="x"), "Unauthorized"),
    "another device": (WHATSGATE.with_fields(WhatsappID="x"), "Not Found"),
    "another command": (replace(WHATSGATE, path="/whatsgate/api/v1/kirim"), "Not Found"),
    "no JSON": (replace(WHATSGATE, body=b"<x>"), "Bad Request"),
    "no flag": (WHATSGATE.with_fields(**{"async": None}), "Bad Request"),
    "a bare number": (_whatsgate_to(id="6281200000001"), "Bad Request"),
    "a number without a type": (_whatsgate_to(number="6281200000001"), "Bad Request"),
    "Rijan's JID": (_whatsgate_to(id="6281200000001@s.whatsapp.net"), "Bad Request"),
    "no text": (WHATSGATE.with_fields(message={"type": "text"}), "Bad Request"),
    "unknown type": (WHATSGATE.with_fields(message={"type": "x", "body": "a"}), "Bad Request"),
}


@pytest.mark.parametrize("case", WHATSGATE_WRONG)
def test_whatsgate_refuses_everything_with_500(case: str, simulator: Simulator, make: Make) -> None:
    call, name = WHATSGATE_WRONG[case]

    response = make(call)

    assert (response.status_code, response.json()["name"]) == (500, name)
    assert simulator.sent == []


def test_whatsgate_takes_a_number_with_a_type(simulator: Simulator, make: Make) -> None:
    make(_whatsgate_to(number="6281200000001", type="contact"))

    assert [sent.to for sent in simulator.sent] == ["6281200000001@c.us"]


def test_whatsgate_tells_the_id_only_when_it_sends_at_once(
    simulator: Simulator, make: Make
) -> None:
    now = make(WHATSGATE).json()["result"]
    later = make(WHATSGATE.with_fields(**{"async": True})).json()["result"]

    assert now["_id"] == simulator.sent[0].external_id
    assert later == "OK"
    assert simulator.sent[1].external_id == ""
