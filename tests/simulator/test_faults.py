"""What is planned to go wrong does, for the calls that are meant, as often as planned."""

import socket
import time
from collections.abc import Callable

import pytest
import requests
from pydantic import ValidationError

from bot.simulator.apis import APIS
from bot.simulator.faults import Fault, FaultKind, On
from bot.simulator.server import Simulator
from tests.simulator.calls import META, RIJAN, SENDS, WAGATE_QUOTA, ApiCall, rijan_status

Make = Callable[[ApiCall], requests.Response]

REFUSALS = [(gateway, name) for gateway, api in APIS.items() for name in api.refusals]


@pytest.mark.parametrize(("gateway", "refusal"), REFUSALS)
def test_refuses_once_without_sending_and_then_sends(
    gateway: str, refusal: str, simulator: Simulator, make: Make
) -> None:
    right = make(SENDS[gateway])
    simulator.desk.record.clear()
    simulator.plan(gateway, Fault(kind=FaultKind.FAIL, refusal=refusal))

    refused = make(SENDS[gateway])

    assert refused.content != right.content
    assert simulator.sent == []
    assert make(SENDS[gateway]).status_code == 200
    assert len(simulator.sent) == 1


def test_fails_with_any_status_and_body_as_often_as_planned(
    make: Make, simulator: Simulator
) -> None:
    fault = Fault(kind=FaultKind.FAIL, times=2, status=502, body="<html>", retry_after=7)
    simulator.plan("meta", fault)

    responses = [make(META) for _ in range(3)]

    assert [response.status_code for response in responses] == [502, 502, 200]
    assert (responses[0].text, responses[0].headers["Retry-After"]) == ("<html>", "7")


def test_fails_until_cleared(make: Make, simulator: Simulator) -> None:
    simulator.plan("meta", Fault(kind=FaultKind.FAIL, times=None))
    failed = [make(META).status_code for _ in range(3)]
    simulator.desk.faults.clear("meta")

    assert failed == [500, 500, 500]
    assert make(META).status_code == 200


def test_fails_for_one_recipient_only(make: Make, simulator: Simulator) -> None:
    simulator.plan("meta", Fault(kind=FaultKind.FAIL, match="+6281200000002"))

    assert make(META).status_code == 200
    assert make(META.with_fields(to="+6281200000002")).status_code == 500


def test_fails_at_one_gateway_only(make: Make, simulator: Simulator) -> None:
    simulator.plan("rijan", Fault(kind=FaultKind.FAIL))

    assert make(META).status_code == 200
    assert make(RIJAN).status_code == 500


def test_a_wrong_call_gets_its_own_error_and_uses_up_no_fault(
    make: Make, simulator: Simulator
) -> None:
    simulator.plan("meta", Fault(kind=FaultKind.FAIL, status=503))

    assert make(META.with_headers(Authorization="Bearer x")).status_code == 401
    assert make(META).status_code == 503


def test_a_question_fails_apart_from_a_send(make: Make, simulator: Simulator) -> None:
    simulator.plan("wagate", Fault(kind=FaultKind.FAIL, on=On.ASK, status=503))

    assert make(SENDS["wagate"]).status_code == 200
    assert make(WAGATE_QUOTA).status_code == 503
    assert make(WAGATE_QUOTA).status_code == 200


def test_answers_late(make: Make, simulator: Simulator) -> None:
    simulator.plan("meta", Fault(kind=FaultKind.DELAY, seconds=0.2))
    began = time.monotonic()

    response = make(META)

    assert response.status_code == 200
    assert time.monotonic() - began >= 0.2


@pytest.mark.parametrize("records", [True, False])
@pytest.mark.parametrize("kind", [FaultKind.RESET, FaultKind.HALF])
def test_breaks_the_connection_after_or_before_sending(
    kind: FaultKind, *, records: bool, make: Make, simulator: Simulator
) -> None:
    simulator.plan("meta", Fault(kind=kind, records=records))

    with pytest.raises((requests.ConnectionError, requests.exceptions.ChunkedEncodingError)):
        make(META)

    assert len(simulator.sent) == int(records)


def test_a_reset_is_no_orderly_end(simulator: Simulator) -> None:
    simulator.plan("meta", Fault(kind=FaultKind.RESET))
    host, port = simulator.url.removeprefix("http://").split(":")
    head = [f"POST {META.path} HTTP/1.1", "Host: x", f"Content-Length: {len(META.body)}"]
    head += [f"{name}: {value}" for name, value in META.headers.items()]

    with socket.create_connection((host, int(port)), timeout=5) as connection:
        connection.sendall("\r\n".join([*head, "", ""]).encode() + META.body)
        with pytest.raises(ConnectionResetError):
            connection.recv(1)


@pytest.mark.parametrize("records", [True, False])
def test_never_answers_whether_it_sent_or_not(*, records: bool, simulator: Simulator) -> None:
    simulator.plan("meta", Fault(kind=FaultKind.SILENCE, records=records))

    with pytest.raises(requests.ReadTimeout):
        requests.post(simulator.url + META.path, data=META.body, headers=META.headers, timeout=0.2)

    assert len(simulator.sent) == int(records)


def test_ends_while_somebody_waits_for_an_answer(simulator: Simulator) -> None:
    simulator.plan("meta", Fault(kind=FaultKind.SILENCE))
    with pytest.raises(requests.ReadTimeout):
        requests.post(simulator.url + META.path, data=META.body, headers=META.headers, timeout=0.1)
    began = time.monotonic()

    simulator.stop()

    assert time.monotonic() - began < 1.5


def test_repeats_the_answer_that_broke_off_under_the_same_idempotency_key(
    make: Make, simulator: Simulator
) -> None:
    simulator.plan("rijan", Fault(kind=FaultKind.RESET))
    with pytest.raises(requests.ConnectionError):
        make(RIJAN)

    response = make(RIJAN)

    assert response.json()["messageId"] == simulator.sent[0].external_id
    assert len(simulator.sent) == 1


def test_takes_a_message_and_loses_it(make: Make, simulator: Simulator) -> None:
    simulator.plan("rijan", Fault(kind=FaultKind.LOST))

    queued = make(RIJAN)

    assert queued.status_code == 200
    assert make(rijan_status(queued.json()["messageId"])).json()["waMessageId"] == ""
    assert simulator.sent == []


def test_knows_which_refusals_a_gateway_has(simulator: Simulator) -> None:
    with pytest.raises(ValueError, match="meta refuses with rate limit"):
        simulator.plan("meta", Fault(kind=FaultKind.FAIL, refusal="quota"))


def test_does_not_plan_for_an_unknown_gateway(simulator: Simulator) -> None:
    with pytest.raises(ValueError, match="no such gateway"):
        simulator.plan("telegram", Fault(kind=FaultKind.FAIL))


def test_does_not_plan_a_fault_that_never_happens() -> None:
    with pytest.raises(ValidationError):
        Fault(kind=FaultKind.FAIL, times=0)
