"""What only WAGate does: secrets of devices, two ways to send, and a quota."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from pydantic import ValidationError

from bot import content
from bot.gateways.base import (
    HttpRequest,
    HttpResponse,
    OutgoingMessage,
    Quota,
    SentMessage,
    WebhookRequest,
)
from bot.gateways.errors import (
    DeviceOffline,
    Forged,
    NotAuthorised,
    OutcomeUnknown,
    QuotaExhausted,
    RateLimited,
    Rejected,
    Scope,
    SendError,
    TransientError,
)
from bot.gateways.signatures import hmac_sha256
from bot.gateways.wagate import Wagate
from tests.gateways.contract import CURRENT, account_of, answer, drive

TOKEN = "token-perangkat-rahasia"
MESSAGE = OutgoingMessage(
    device="wa-toko7-1764000000",
    address="6281200000021",
    content=content.Text(text="Siap, kopi café 😀"),
    reference="pesan-17",
    idempotency_key="kunci-17",
)


def wagate(**fields: str) -> Wagate:
    settings = {"api_token": TOKEN, "api_url": "https://wagate.example/api/", **fields}
    return Wagate([account_of("wagate", CURRENT, **settings)])


def send(response: HttpResponse, **fields: str) -> tuple[SentMessage | SendError, HttpRequest]:
    result, requests = drive(wagate(**fields).send(MESSAGE), [response])
    (request,) = requests
    return result, request


def ask_quota(response: HttpResponse) -> tuple[Quota | SendError | None, HttpRequest]:
    result, requests = drive(wagate().quota(MESSAGE.device), [response])
    (request,) = requests
    return result, request


def queued(**more: Any) -> HttpResponse:
    return answer(200, {"success": True, "message": "Message has been queued.", "data": more})


def test_each_device_has_a_secret_of_its_own() -> None:
    first = account_of("wagate", "satu", device="wa-1")
    second = account_of("wagate", "dua", device="wa-2")
    gateway = Wagate([first, second])
    headers = {"x-webhook-signature": hmac_sha256("dua", b"{}"), "x-device-id": "wa-2"}

    accounts = gateway.verify(WebhookRequest(headers=headers, body=b"{}"))

    assert accounts == (second,)
    assert not gateway.serves(accounts, "wa-1")
    assert gateway.serves(accounts, "wa-2")


@pytest.mark.parametrize("secret", ["dua", "semua"])
def test_refuses_a_device_header_that_contradicts_the_signature(secret: str) -> None:
    devices = {"satu": "wa-1", "dua": "wa-2", "semua": ""}
    accounts = [account_of("wagate", key, device=device) for key, device in devices.items()]
    headers = {"x-webhook-signature": hmac_sha256(secret, b"{}"), "x-device-id": "wa-1"}

    with pytest.raises(Forged):
        Wagate(accounts).verify(WebhookRequest(headers=headers, body=b"{}"))


@pytest.mark.parametrize("device", ["", " ", "wa-asing", "é\udcff"])
def test_a_device_header_that_names_nobody_changes_nothing(device: str) -> None:
    accounts = [account_of("wagate", key, device=f"wa-{key}") for key in ("satu", "dua")]
    headers = {"x-webhook-signature": hmac_sha256("dua", b"{}"), "x-device-id": device}

    verified = Wagate(accounts).verify(WebhookRequest(headers=headers, body=b"{}"))

    assert verified == (accounts[1],)


@pytest.mark.parametrize("length", [62, 63, 65])
def test_refuses_a_signature_of_another_length(length: int) -> None:
    signature = (hmac_sha256(CURRENT, b"{}") + "0")[:length]

    with pytest.raises(Forged):
        wagate().verify(WebhookRequest(headers={"x-webhook-signature": signature}, body=b"{}"))


def test_refuses_a_signature_in_capitals() -> None:
    headers = {"x-webhook-signature": hmac_sha256(CURRENT, b"{}").upper()}

    with pytest.raises(Forged):
        wagate().verify(WebhookRequest(headers=headers, body=b"{}"))


def test_acknowledges_with_success() -> None:
    for duplicate in (False, True):
        answered = wagate().acknowledge(WebhookRequest(body=b"x"), duplicate=duplicate)
        assert (answered.status, answered.body) == (200, b'{"success":true}')


def test_keeps_the_bytes_of_a_large_media_as_they_came() -> None:
    body = json.dumps(
        {
            "event": "message",
            "device_id": "wa-1",
            "data": {
                "from": "6281200000021",
                "message_id": "3EB0BESAR",
                "type": "video",
                "media": {"mimetype": "video/mp4", "data": "A" * 5_000_000},
            },
        }
    ).encode()

    (event,) = wagate().parse(WebhookRequest(body=body))

    assert event.raw is body
    assert len(repr(event)) < 1000


def test_sends_through_the_session_when_one_is_set() -> None:
    result, request = send(queued(message_id="3EB0KELUAR01"), session_id="sesi/1")

    assert result == SentMessage(external_id="3EB0KELUAR01")
    assert request.method == "POST"
    assert request.url == "https://wagate.example/api/webhook/send/sesi%2F1"
    assert request.headers["Authorization"] == f"Bearer {TOKEN}"
    assert json.loads(request.body) == {"to": "6281200000021", "message": "Siap, kopi café 😀"}


def test_sends_through_the_device_when_no_session_is_set() -> None:
    result, request = send(queued(recipient="6281200000021"))

    assert result == SentMessage(external_id=None)
    assert request.url == "https://wagate.example/api/v1/send-message"
    assert json.loads(request.body) == {
        "recipient": "6281200000021",
        "message": "Siap, kopi café 😀",
    }


def test_sends_nothing_without_a_token() -> None:
    gateway = Wagate([account_of("wagate", CURRENT)])

    for exchange in (gateway.send(MESSAGE), gateway.quota(MESSAGE.device)):
        result, requests = drive(exchange, [])
        assert isinstance(result, NotAuthorised)
        assert requests == []


def no(message: str, **more: Any) -> dict[str, Any]:
    return {"success": False, "message": message, **more}


OUTCOMES: list[tuple[int, Any, type[SendError]]] = [
    (401, no("Invalid token"), NotAuthorised),
    (401, b"", NotAuthorised),
    (403, no("Device not ready", device_status="disconnected"), DeviceOffline),
    (403, no("Device not ready", data={"device_status": "disconnected"}), DeviceOffline),
    (403, no("Limit", remaining_quota=0), QuotaExhausted),
    (403, no("Limit", data={"remaining_quota": "0"}), QuotaExhausted),
    (403, no("Forbidden", remaining_quota=5), NotAuthorised),
    (403, b"<html>", NotAuthorised),
    (404, no("Session not found"), NotAuthorised),
    (404, b"<html>", TransientError),
    (422, {"message": "x", "errors": {"message": ["terlalu panjang"]}}, Rejected),
    (422, b"", Rejected),
    (429, no("Quota habis"), QuotaExhausted),
    (429, b"", QuotaExhausted),
    (400, no("Bad request"), Rejected),
    (400, b"<html>", TransientError),
    (302, b"", TransientError),
    (408, b"", OutcomeUnknown),
    (500, {"message": "Server Error"}, OutcomeUnknown),
    (500, no("Device disconnected"), DeviceOffline),
    (500, no("Timed out"), OutcomeUnknown),
    (502, b"<html>", OutcomeUnknown),
    (200, no("Kuota habis"), QuotaExhausted),
    (200, no("Perangkat tidak terhubung"), DeviceOffline),
    (200, no("Server sibuk, coba lagi"), TransientError),
    (200, no("Nomor tidak terdaftar"), Rejected),
    (200, {}, OutcomeUnknown),
    (200, b"", OutcomeUnknown),
    (200, b"<html>OK</html>", OutcomeUnknown),
    (200, {"success": "ya"}, OutcomeUnknown),
    (201, [], OutcomeUnknown),
]


@pytest.mark.parametrize(("status", "body", "error"), OUTCOMES)
def test_judges_an_answer_by_its_body_and_status(
    status: int, body: Any, error: type[SendError]
) -> None:
    result, _ = send(answer(status, body))

    assert type(result) is error


def test_a_limit_that_says_how_long_is_no_empty_quota() -> None:
    result, _ = send(answer(429, no("Too many requests"), Retry_After="30"))

    assert isinstance(result, RateLimited)
    assert (result.retry_after, result.scope) == (30, Scope.DEVICE)


def test_an_empty_quota_is_no_passing_limit() -> None:
    body = no("Too many requests", data={"quota_remaining": 0})
    result, _ = send(answer(429, body, Retry_After="30"))

    assert isinstance(result, QuotaExhausted)


def test_says_when_the_quota_comes_back() -> None:
    body = no("Quota habis", data={"quota_reset_at": "2026-01-01T00:00:00Z"})
    result, _ = send(answer(429, body))

    assert isinstance(result, QuotaExhausted)
    assert result.resets_at == datetime(2026, 1, 1, tzinfo=UTC)


def test_names_the_fields_that_are_not_valid_and_nothing_else() -> None:
    errors = {"recipient": ["6281200000021 is not valid"], "message": ["Siap, kopi"]}
    result, _ = send(answer(422, {"message": "6281200000021", "errors": errors}))

    assert str(result) == "not valid: message, recipient"


def test_errors_hold_no_text_number_or_secret() -> None:
    for status in (200, 302, 400, 401, 403, 404, 422, 429, 500):
        echoed = no(f"{MESSAGE.text} to {MESSAGE.address} with {TOKEN}")
        result, _ = send(answer(status, echoed))
        assert isinstance(result, SendError)
        assert not any(word in repr(result) for word in ("kopi", MESSAGE.address, TOKEN))


def test_tells_the_quota_that_is_left() -> None:
    contents = {
        "quota_limit": 1000,
        "quota_used": 234,
        "quota_remaining": 766,
        "quota_reset_at": "2026-01-01T00:00:00Z",
    }
    result, request = ask_quota(answer(200, {"success": True, "data": contents}))

    assert result == Quota(limit=1000, remaining=766, resets_at=datetime(2026, 1, 1, tzinfo=UTC))
    assert (request.method, request.url) == ("GET", "https://wagate.example/api/webhook/quota")
    assert request.headers["Authorization"] == f"Bearer {TOKEN}"


def test_an_empty_quota_is_an_answer_too() -> None:
    contents = {"quota_limit": "1000", "quota_remaining": 0}
    result, _ = ask_quota(answer(200, {"success": True, "data": contents}))

    assert result == Quota(limit=1000, remaining=0)


@pytest.mark.parametrize(
    ("status", "body", "error"),
    [
        (401, no("Invalid token"), NotAuthorised),
        (200, {"success": True, "data": {"quota_limit": 10}}, TransientError),
        (200, b"<html>", TransientError),
        (500, b"", TransientError),
        (302, b"", TransientError),
    ],
)
def test_says_why_the_quota_cannot_be_told(status: int, body: Any, error: type[SendError]) -> None:
    result, _ = ask_quota(answer(status, body))

    assert type(result) is error


def test_a_setting_that_is_refused_is_not_quoted() -> None:
    with pytest.raises(ValidationError) as caught:
        Wagate.account_type.model_validate({"api_token": ["rahasia"], "webhook_secret": "s"})
    assert "rahasia" not in str(caught.value)
