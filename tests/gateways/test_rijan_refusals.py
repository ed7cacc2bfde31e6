"""What it means when Rijan refuses to send."""

import pytest

from bot.gateways.base import HttpResponse
from bot.gateways.errors import (
    DeviceOffline,
    NotAuthorised,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    Scope,
    SendError,
    TransientError,
)
from tests.gateways.contract import answer
from tests.gateways.rijan_calls import (
    failure,
    send,
)


def refused(
    status: int, message: str = "", code: str = "INTERNAL_ERROR", **headers: str
) -> SendError:
    result, _ = send(failure(status, message, code, **headers))
    assert isinstance(result, SendError)
    return result


def test_takes_a_device_that_is_not_connected_for_offline() -> None:
    assert isinstance(refused(400, "Device is not connected", "VALIDATION_ERROR"), DeviceOffline)


@pytest.mark.parametrize(
    ("status", "code"), [(401, "UNAUTHORIZED"), (401, "INVALID_API_KEY"), (403, "FORBIDDEN")]
)
def test_takes_refused_credentials_for_not_authorised(status: int, code: str) -> None:
    error = refused(status, "no", code)
    assert isinstance(error, NotAuthorised)
    assert error.code == code


def test_takes_an_unknown_device_for_rejected() -> None:
    error = refused(404, "Device not found", "NOT_FOUND")
    assert isinstance(error, Rejected)
    assert error.scope is Scope.DEVICE


@pytest.mark.parametrize(
    ("status", "message"),
    [
        (400, "Invalid JID format"),
        (400, "something else"),
        (500, "body must have required property 'to'"),
        (500, "Body is not valid JSON but content-type is set to 'application/json'"),
        (500, "Unsupported Media Type"),
        (500, "Request body is too large"),
    ],
)
def test_takes_a_mistake_of_ours_for_rejected_whatever_its_status(
    status: int, message: str
) -> None:
    assert isinstance(refused(status, message), Rejected)


@pytest.mark.parametrize("status", [429, 500])
def test_waits_as_long_as_the_limit_of_a_device_asks(status: int) -> None:
    error = refused(status, "Rate limit exceeded for text", retry_after="17")
    assert isinstance(error, RateLimited)
    assert (error.scope, error.retry_after) == (Scope.DEVICE, 17.0)


def test_takes_an_error_without_a_message_but_with_a_wait_for_the_limit_of_the_gateway() -> None:
    error = refused(500, "", retry_after="60")
    assert isinstance(error, RateLimited)
    assert (error.scope, error.retry_after) == (Scope.GATEWAY, 60.0)


@pytest.mark.parametrize(
    "response",
    [
        answer(500, {"success": False, "error": {"code": "INTERNAL_ERROR", "message": "boom"}}),
        answer(502, b"<html>bad gateway</html>"),
        answer(503, b""),
        answer(408, b""),
        answer(200, {"status": "queued"}),
        answer(200, b"<html>login</html>"),
        answer(204, b""),
    ],
)
def test_does_not_know_the_outcome_where_nothing_proves_it(response: HttpResponse) -> None:
    result, _ = send(response)
    assert isinstance(result, OutcomeUnknown)


@pytest.mark.parametrize("status", [301, 302, 307])
def test_takes_a_redirect_for_a_gateway_that_is_elsewhere(status: int) -> None:
    result, _ = send(answer(status, b"", location="https://lain.contoh.invalid/"))
    assert type(result) is TransientError
    assert result.scope is Scope.GATEWAY


def test_reads_a_refusal_in_a_response_that_looks_well() -> None:
    assert isinstance(refused(200, "no", "INVALID_API_KEY"), NotAuthorised)


@pytest.mark.parametrize(
    ("status", "kind"),
    [(302, TransientError), (400, Rejected), (403, NotAuthorised), (502, OutcomeUnknown)],
)
def test_takes_nothing_for_done_that_does_not_come_with_success(
    status: int, kind: type[SendError]
) -> None:
    result, _ = send(answer(status, {"id": "msg_1", "messageId": "msg_1", "status": "queued"}))
    assert type(result) is kind


def test_repeats_no_words_of_the_gateway_that_could_hold_a_number() -> None:
    error = refused(500, "cannot reach 6281200000011", "number 6281200000011 is bad")
    assert "6281200000011" not in f"{error} {error.reason} {error.code}"


def test_takes_a_device_that_nobody_started_for_offline() -> None:
    assert isinstance(refused(500, "Device not found"), DeviceOffline)


def test_waits_until_the_limit_is_reset_where_nothing_else_is_said() -> None:
    error = refused(500, "Rate limit exceeded for media", x_ratelimit_reset="42")
    assert isinstance(error, RateLimited)
    assert error.retry_after == 42.0


def test_takes_an_error_beside_the_usual_limit_headers_for_no_limit() -> None:
    assert isinstance(refused(500, "", x_ratelimit_reset="42"), OutcomeUnknown)
