"""WAGate refuses with a status, and tells quota and device."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import requests

from bot.simulator.server import Simulator
from tests.simulator.calls import WAGATE, WAGATE_QUOTA, WAGATE_SESSION, ApiCall

Make = Callable[[ApiCall], requests.Response]


LONG = "a" * 5001
WAGATE_WRONG = {
    "no token": (WAGATE.with_headers(Authorization=None), 401),
    "another token": (WAGATE.with_headers(Authorization="Bearer x"), 401),
    "unknown address": (replace(WAGATE, path="/wagate/api/v1/send"), 404),
    "another session": (replace(WAGATE_SESSION, path="/wagate/api/webhook/send/wa-x"), 404),
    "GET": (replace(WAGATE, method="GET"), 404),
    "no JSON": (replace(WAGATE, body=b"halo"), 422),
    "a form": (WAGATE.with_headers(Content_Type="application/x-www-form-urlencoded"), 422),
    "no recipient": (WAGATE.with_fields(recipient=None), 422),
    "a plus sign": (WAGATE.with_fields(recipient="+6281200000001"), 422),
    "a number of home": (WAGATE.with_fields(recipient="081200000001"), 422),
    "the other API's field": (WAGATE_SESSION.with_fields(to=None, recipient="62812000001"), 422),
    "no message": (WAGATE.with_fields(message=""), 422),
    "long message": (WAGATE.with_fields(message=LONG), 422),
}


@pytest.mark.parametrize("case", WAGATE_WRONG)
def test_wagate_refuses_with_a_status(case: str, simulator: Simulator, make: Make) -> None:
    call, status = WAGATE_WRONG[case]

    response = make(call)

    assert (response.status_code, response.json()["success"]) == (status, False)
    assert simulator.sent == []


def test_wagate_names_the_field_that_is_wrong(make: Make) -> None:
    response = make(WAGATE.with_fields(recipient="08120"))

    assert list(response.json()["errors"]) == ["recipient"]


def test_wagate_tells_no_id_unless_asked_to_show_typing(simulator: Simulator, make: Make) -> None:
    older = make(WAGATE).json()["data"]
    newer = make(WAGATE.with_fields(show_typing=True)).json()["data"]

    assert "message_id" not in older
    assert newer["message_id"] == simulator.sent[1].external_id


def test_wagate_refuses_an_empty_quota_differently_at_its_two_addresses(
    simulator: Simulator, make: Make
) -> None:
    simulator.quota.limit = 0

    direct, session = make(WAGATE), make(WAGATE_SESSION)

    assert (direct.status_code, direct.json()["remaining_quota"]) == (403, 0)
    assert session.status_code == 429


def test_wagate_counts_what_was_sent_and_received(simulator: Simulator, make: Make) -> None:
    simulator.quota.limit = 10
    simulator.quota.received = 3
    make(WAGATE)
    make(WAGATE_SESSION)

    told = make(WAGATE_QUOTA).json()["data"]

    assert (told["quota_limit"], told["quota_used"], told["quota_remaining"]) == (10, 5, 5)
    assert (told["quota_sent"], told["quota_received"]) == (2, 3)


def test_wagate_says_when_the_device_is_not_connected(simulator: Simulator, make: Make) -> None:
    simulator.set_offline("wagate", "wa-melati")

    response = make(WAGATE)

    assert response.status_code == 403
    assert response.json()["device_status"] == "disconnected"
