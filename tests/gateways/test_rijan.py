"""What only Rijan does: its signature and token, its answers, its sending."""

import json
from typing import Any

import pytest

from bot import content
from bot.events import MessageReceived
from bot.gateways.base import HttpResponse, OutgoingMessage, SentMessage, WebhookRequest
from bot.gateways.errors import (
    DeviceOffline,
    Forged,
    NotAuthorised,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    Scope,
    SendError,
    TransientError,
)
from bot.gateways.rijan import Account, Rijan
from bot.gateways.signatures import hmac_sha256
from tests.gateways.contract import account_of, answer, drive, parse

SECRET, TOKEN = "rahasia-rijan", "token-bersama"
BODY = '{"event":"message.received","data":{"from":"62812@s.whatsapp.net","text":"☕"}}'.encode()
SIGNATURE = hmac_sha256(SECRET, BODY)
SENT = answer(200, {"id": "msg_1", "messageId": "msg_1", "status": "queued"})


def rijan(**fields: Any) -> Rijan:
    return Rijan([account_of("rijan", SECRET, **fields)])


def webhook(signature: str = SIGNATURE, **fields: Any) -> WebhookRequest:
    return WebhookRequest(headers={"x-rijan-signature": signature}, body=BODY, **fields)


def outgoing(
    address: str = "6281200000011@s.whatsapp.net", device: str = "toko 1/a"
) -> OutgoingMessage:
    return OutgoingMessage(
        device=device,
        address=address,
        content=content.Text(text="Siap ☕"),
        reference="42",
        idempotency_key="42-1",
    )


def send(*responses: HttpResponse, message: OutgoingMessage | None = None) -> Any:
    gateway = rijan(api_key="kunci-api", api_url="http://rijan.contoh.invalid/")
    return drive(gateway.send(message or outgoing()), responses)


def failed(
    status: int, message: str = "", code: str = "INTERNAL_ERROR", **headers: str
) -> SendError:
    body = {"success": False, "error": {"code": code, "message": message}, "requestId": "r1"}
    result, _ = send(answer(status, body, **headers))
    assert isinstance(result, SendError)
    return result


@pytest.mark.parametrize(
    "signature", [SIGNATURE.upper(), f"sha256={SIGNATURE}", SIGNATURE[:-1], f"{SIGNATURE}0", ""]
)
def test_refuses_a_signature_in_another_form(signature: str) -> None:
    with pytest.raises(Forged, match="signature"):
        rijan().verify(webhook(signature))


def test_signs_the_raw_bytes_and_not_what_they_mean() -> None:
    escaped = json.dumps(json.loads(BODY), separators=(",", ":")).encode()
    request = WebhookRequest(headers={"x-rijan-signature": SIGNATURE}, body=escaped)

    with pytest.raises(Forged):
        rijan().verify(request)


@pytest.mark.parametrize(
    "place",
    [{"query": {"token": TOKEN}}, {"token": TOKEN}, {"token": TOKEN, "query": {"token": ""}}],
)
def test_finds_the_shared_token_in_the_query_or_the_path(place: dict[str, Any]) -> None:
    gateway = rijan(webhook_token=TOKEN)
    assert gateway.verify(webhook(**place)) == gateway.accounts


@pytest.mark.parametrize(
    "place", [{}, {"query": {"token": "salah"}}, {"token": "salah"}, {"token": TOKEN.upper()}]
)
def test_refuses_a_signed_webhook_without_the_shared_token(place: dict[str, Any]) -> None:
    with pytest.raises(Forged, match="token"):
        rijan(webhook_token=TOKEN).verify(webhook(**place))


def test_refuses_the_shared_token_without_a_signature() -> None:
    with pytest.raises(Forged, match="signature"):
        rijan(webhook_token=TOKEN).verify(webhook("", token=TOKEN))


def test_asks_for_no_token_where_the_setting_is_empty() -> None:
    gateway = rijan(webhook_token="")
    assert gateway.verify(webhook()) == gateway.accounts


def test_tells_which_of_two_accounts_signed() -> None:
    first, second = account_of("rijan", "lain", device="a"), account_of("rijan", SECRET, device="b")
    assert Rijan([first, second]).verify(webhook()) == (second,)


def test_acknowledges_a_repeat_as_a_duplicate() -> None:
    answers = [rijan().acknowledge(webhook(), duplicate=repeat).body for repeat in (False, True)]
    assert answers == [b'{"received":true}', b'{"received":true,"duplicate":true}']


def test_keeps_the_key_of_a_message_that_a_backfill_sends_slimmer() -> None:
    key = {"remoteJid": "120000000000011@lid", "id": "3EB0A", "fromMe": False}
    full = {"key": {**key, "remoteJidAlt": "6281200000011@s.whatsapp.net"}, "pushName": "Siti"}
    keys = [
        event.key
        for data in (full, {"key": key})
        for event in parse(
            rijan(), json.dumps({"eventType": "message.received", "data": data}).encode()
        )
    ]
    assert keys[0] == keys[1] == "message:120000000000011@lid:3EB0A"


def test_gives_receipts_the_same_keys_in_any_batch() -> None:
    receipts = [
        {"key": {"id": f"3EB0{n}", "remoteJid": "1@g.us"}, "receipt": {"readTimestamp": n}}
        for n in range(1, 4)
    ]
    envelope = {"eventType": "receipt.delivery", "deviceId": "d", "event_id": "evt_1"}

    def keys(data: list[Any]) -> list[str]:
        body = json.dumps({**envelope, "timestamp": len(data), "data": data}).encode()
        return [event.key for event in parse(rijan(), body)]

    assert keys(receipts) == [key for receipt in receipts for key in keys([receipt])]


def test_tells_two_unknown_webhooks_without_content_apart() -> None:
    bodies = (b'{"event":"x","a":1}', b'{"event":"x","a":2}')
    first, second = (parse(rijan(), body)[0] for body in bodies)
    assert first.key != second.key


def test_cleans_what_a_database_refuses() -> None:
    body = b'{"event":"message.received","data":{"from":"a@g.us","text":"x\\u0000y\\ud83d"}}'
    (event,) = parse(rijan(), body)
    assert isinstance(event, MessageReceived)
    assert event.text == "x\ufffdy\ufffd"


def test_sends_a_text() -> None:
    result, (request,) = send(SENT)

    assert result == SentMessage(external_id="msg_1")
    assert request.method == "POST"
    assert request.url == "http://rijan.contoh.invalid/v1/devices/toko%201%2Fa/messages/text"
    assert request.headers["Authorization"] == "Bearer kunci-api"
    assert request.headers["Content-Type"] == "application/json"
    assert request.body == (
        '{"to":"6281200000011@s.whatsapp.net","text":"Siap ☕","idempotencyKey":"42-1"}'.encode()
    )


@pytest.mark.parametrize(
    ("address", "to"),
    [
        ("6281200000011", "6281200000011@s.whatsapp.net"),
        ("+62 812-0000-0011", "6281200000011@s.whatsapp.net"),
        ("6281200000011@c.us", "6281200000011@s.whatsapp.net"),
        ("6281200000011:12@s.whatsapp.net", "6281200000011@s.whatsapp.net"),
        ("120363040000000021@g.us", "120363040000000021@g.us"),
    ],
)
def test_addresses_people_and_groups_as_rijan_wants_them(address: str, to: str) -> None:
    _, (request,) = send(SENT, message=outgoing(address))
    assert json.loads(request.body)["to"] == to


@pytest.mark.parametrize(
    "address",
    [
        "120000000000011@lid",
        "status@broadcast",
        "1@newsletter",
        "",
        "@s.whatsapp.net",
        "bukan nomor",
        "ID.6281200000011",
    ],
)
def test_refuses_an_address_that_rijan_would_refuse_before_any_request(address: str) -> None:
    result, requests = send(message=outgoing(address))

    assert isinstance(result, Rejected)
    assert result.scope is Scope.RECIPIENT
    assert requests == []


@pytest.mark.parametrize(
    ("account", "device", "kind"),
    [
        ({}, "d", NotAuthorised),
        ({"api_key": ""}, "d", NotAuthorised),
        ({"api_key": "k"}, "", Rejected),
    ],
)
def test_sends_nothing_without_a_key_or_a_device(
    account: dict[str, str], device: str, kind: type[SendError]
) -> None:
    result, requests = drive(rijan(**account).send(outgoing(device=device)), [])

    assert isinstance(result, kind)
    assert requests == []


def test_takes_a_device_that_is_not_connected_for_offline() -> None:
    assert isinstance(failed(400, "Device is not connected", "VALIDATION_ERROR"), DeviceOffline)


@pytest.mark.parametrize(
    ("status", "code"), [(401, "UNAUTHORIZED"), (401, "INVALID_API_KEY"), (403, "FORBIDDEN")]
)
def test_takes_refused_credentials_for_not_authorised(status: int, code: str) -> None:
    error = failed(status, "no", code)
    assert isinstance(error, NotAuthorised)
    assert error.code == code


def test_takes_an_unknown_device_for_rejected() -> None:
    error = failed(404, "Device not found", "NOT_FOUND")
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
    assert isinstance(failed(status, message), Rejected)


@pytest.mark.parametrize("status", [429, 500])
def test_waits_as_long_as_the_limit_of_a_device_asks(status: int) -> None:
    error = failed(status, "Rate limit exceeded for text", retry_after="17")
    assert isinstance(error, RateLimited)
    assert (error.scope, error.retry_after) == (Scope.DEVICE, 17.0)


def test_takes_an_error_without_a_message_but_with_a_wait_for_the_limit_of_the_gateway() -> None:
    error = failed(500, "", retry_after="60")
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
    assert isinstance(failed(200, "no", "INVALID_API_KEY"), NotAuthorised)


def test_repeats_no_words_of_the_gateway_that_could_hold_a_number() -> None:
    error = failed(500, "cannot reach 6281200000011", "number 6281200000011 is bad")
    assert "6281200000011" not in f"{error} {error.reason} {error.code}"


def test_shows_no_secret_of_an_account() -> None:
    account = account_of("rijan", SECRET, api_key="kunci-api", webhook_token=TOKEN)
    assert isinstance(account, Account)
    assert not any(secret in repr(account) for secret in (SECRET, "kunci-api", TOKEN))
