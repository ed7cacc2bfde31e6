"""Rijan refuses with a code, and carries one idempotency key out once."""

from collections.abc import Callable
from dataclasses import replace

import pytest
import requests

from bot.simulator.server import Simulator
from tests.simulator.calls import RIJAN, ApiCall, rijan_status

Make = Callable[[ApiCall], requests.Response]


RIJAN_WRONG = {
    "no key": (RIJAN.with_headers(Authorization=None), 401, "UNAUTHORIZED"),
    "another key": (RIJAN.with_headers(Authorization="Bearer x"), 401, "INVALID_API_KEY"),
    "unknown device": (
        replace(RIJAN, path="/rijan/v1/devices/x/messages/text"),
        404,
        "NOT_FOUND",
    ),
    "no such route": (replace(RIJAN, path="/rijan/v1/messages"), 404, "NOT_FOUND"),
    "a bare number": (RIJAN.with_fields(to="6281200000001"), 400, "VALIDATION_ERROR"),
    "a hidden identity": (RIJAN.with_fields(to="123@lid"), 400, "VALIDATION_ERROR"),
    "the other library's JID": (
        RIJAN.with_fields(to="6281200000001@c.us"),
        400,
        "VALIDATION_ERROR",
    ),
    "no text": (RIJAN.with_fields(text=None), 500, "INTERNAL_ERROR"),
    "no JSON": (replace(RIJAN, body=b"{"), 500, "INTERNAL_ERROR"),
    "a form": (RIJAN.with_headers(Content_Type="text/plain"), 500, "INTERNAL_ERROR"),
    "too large": (RIJAN.with_fields(text="a" * (1024 * 1024)), 500, "INTERNAL_ERROR"),
}


@pytest.mark.parametrize("case", RIJAN_WRONG)
def test_rijan_refuses_with_a_code(case: str, simulator: Simulator, make: Make) -> None:
    call, status, code = RIJAN_WRONG[case]

    response = make(call)

    assert (response.status_code, response.json()["error"]["code"]) == (status, code)
    assert response.json()["success"] is False
    assert simulator.sent == []


def test_rijan_takes_its_key_in_either_header(simulator: Simulator, make: Make) -> None:
    make(RIJAN.with_headers(Authorization=None, X_API_Key="key-rijan"))

    assert len(simulator.sent) == 1


def test_rijan_looks_at_the_device_before_the_recipient(simulator: Simulator, make: Make) -> None:
    simulator.set_offline("rijan", "device_melati")

    response = make(RIJAN.with_fields(to="6281200000001"))

    assert response.json()["error"]["message"] == "Device is not connected"


def test_rijan_carries_out_a_repeated_idempotency_key_once(
    simulator: Simulator, make: Make
) -> None:
    first, second = make(RIJAN), make(RIJAN)

    assert first.json() == second.json()
    assert first.json()["idempotencyKey"] == "key-1"
    assert len(simulator.sent) == 1


def test_rijan_carries_out_two_idempotency_keys(simulator: Simulator, make: Make) -> None:
    first = make(RIJAN)
    second = make(RIJAN.with_fields(idempotencyKey=None).with_headers(Idempotency_Key="key-2"))

    assert first.json()["id"] != second.json()["id"]
    assert [sent.idempotency_key for sent in simulator.sent] == ["key-1", "key-2"]


def test_rijan_tells_the_whatsapp_id_with_the_status(simulator: Simulator, make: Make) -> None:
    queued = make(RIJAN).json()

    told = make(rijan_status(queued["messageId"])).json()

    assert queued["messageId"].startswith("msg_")
    assert told["waMessageId"] == simulator.sent[0].whatsapp_id != ""


def test_rijan_does_not_know_the_status_of_a_message_that_it_never_took(make: Make) -> None:
    assert make(rijan_status("msg_0")).status_code == 404
