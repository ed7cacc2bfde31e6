"""What only WhatsGate does: the token in the URL, the id in the answer, errors that are all 500."""

import json
from typing import Any

import pytest

from bot import content
from bot.events import MessageEcho, MessageReceived
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
from bot.gateways.whatsgate import Whatsgate
from tests.gateways.contract import account_of, answer, drive, parse

TOKEN = "token-rahasia"
CUSTOMER = "6281200000011@c.us"


def whatsgate(**fields: Any) -> Whatsgate:
    return Whatsgate([account_of("whatsgate", TOKEN, **fields)])


def outgoing(address: str = CUSTOMER, device: str = "191c0ffee01") -> OutgoingMessage:
    return OutgoingMessage(
        device=device,
        address=address,
        content=content.Text(text="Siap kak ☕"),
        reference="42",
        idempotency_key="42-1",
    )


def send(*responses: HttpResponse, message: OutgoingMessage | None = None) -> Any:
    gateway = whatsgate(api_key="kunci-api", api_url="https://whatsgate.contoh.invalid/api/v1/")
    return drive(gateway.send(message or outgoing()), responses)


def failed(name: str, message: str, status: int = 500) -> SendError:
    result, _ = send(answer(status, {"name": name, "message": message, "code": 0}))
    assert isinstance(result, SendError)
    return result


@pytest.mark.parametrize("place", [{"token": TOKEN}, {"query": {"token": TOKEN}}])
def test_accepts_the_token_in_the_path_or_the_query(place: dict[str, Any]) -> None:
    gateway = whatsgate()
    assert gateway.verify(WebhookRequest(**place)) == gateway.accounts


@pytest.mark.parametrize(
    "place", [{}, {"token": TOKEN[:-1]}, {"token": f"a/{TOKEN}"}, {"query": {"Token": TOKEN}}]
)
def test_refuses_a_webhook_without_the_token(place: dict[str, Any]) -> None:
    with pytest.raises(Forged):
        whatsgate().verify(WebhookRequest(**place))


@pytest.mark.parametrize("envelope_id", ["18", '"a18"', "1.5", "null"])
def test_gives_the_id_of_the_envelope_back_as_it_came(envelope_id: str) -> None:
    body = b'{"id":%s,"event_data":{"message":{"id":"lain"}}}' % envelope_id.encode()
    kept = whatsgate().acknowledge(WebhookRequest(body=body), duplicate=False)
    assert kept.body == b'{"result":"OK","id":%s}' % envelope_id.encode()


@pytest.mark.parametrize("body", [b"", b"{}", b"[18]", b'{"id":{}}', b'{"id":NaN}', b"\xff"])
def test_acknowledges_a_webhook_without_an_id(body: bytes) -> None:
    kept = whatsgate().acknowledge(WebhookRequest(body=body), duplicate=True)
    assert kept.body == b'{"result":"OK","id":null}'


@pytest.mark.parametrize("prefix", ["true", "false"])
@pytest.mark.parametrize(
    ("action", "kind", "address"),
    [("message", MessageReceived, "1@c.us"), ("create", MessageEcho, "2@c.us")],
)
def test_believes_the_action_and_not_the_prefix(
    prefix: str, action: str, kind: type, address: str
) -> None:
    message = {"_id": "3EB0A", "id": f"{prefix}_2@c.us_3EB0A", "from": "1@c.us", "to": "2@c.us"}
    body = {"event_action": action, "event_data": {"message": message}}
    (event,) = parse(whatsgate(), json.dumps(body).encode())

    assert type(event) is kind
    assert event.address == address


def test_gives_a_message_the_same_key_however_its_chat_is_named() -> None:
    keys = set()
    for jid in (CUSTOMER, "120000000000011@lid"):
        message = {"id": f"false_{jid}_3EB0A", "from": jid, "type": "chat", "body": "halo"}
        body = {"event_action": "message", "event_data": {"message": message}}
        keys |= {event.key for event in parse(whatsgate(), json.dumps(body).encode())}
    assert keys == {"message:3EB0A"}


def test_sends_a_text_and_waits_for_it() -> None:
    message = {"_id": "3EB0B", "id": f"true_{CUSTOMER}_3EB0B", "from_name": "Kopi"}
    result, (request,) = send(answer(200, {"result": message}))

    assert result == SentMessage(external_id="3EB0B")
    assert request.method == "POST"
    assert request.url == "https://whatsgate.contoh.invalid/api/v1/send"
    assert request.headers["X-Api-Key"] == "kunci-api"
    assert json.loads(request.body) == {
        "WhatsappID": "191c0ffee01",
        "async": False,
        "recipient": {"id": CUSTOMER},
        "message": {"type": "text", "body": "Siap kak ☕"},
    }


@pytest.mark.parametrize(
    ("result", "external_id"),
    [
        ({"id": f"true_{CUSTOMER}_3EB0C"}, "3EB0C"),
        ({"id": {"remote": CUSTOMER, "id": "3EB0D"}}, "3EB0D"),
        ({"ack": 1}, None),
        ("OK", None),
    ],
)
def test_finds_the_id_of_what_it_sent_where_there_is_one(
    result: object, external_id: str | None
) -> None:
    sent, _ = send(answer(200, {"result": result}))
    assert sent == SentMessage(external_id=external_id)


@pytest.mark.parametrize(
    ("address", "recipient"),
    [
        ("6281200000011", CUSTOMER),
        ("081200000011", CUSTOMER),
        ("6281200000011@s.whatsapp.net", CUSTOMER),
        ("6281200000011:12@s.whatsapp.net", CUSTOMER),
        ("120363040000000021@g.us", "120363040000000021@g.us"),
        ("120000000000011@lid", "120000000000011@lid"),
    ],
)
def test_addresses_people_and_groups_as_whatsgate_wants_them(address: str, recipient: str) -> None:
    _, (request,) = send(answer(200, {"result": "OK"}), message=outgoing(address))
    assert json.loads(request.body)["recipient"] == {"id": recipient}


@pytest.mark.parametrize("address", ["", "bukan nomor", "@c.us", "62812@"])
def test_refuses_an_address_that_is_none_before_any_request(address: str) -> None:
    result, requests = send(message=outgoing(address))
    assert isinstance(result, Rejected)
    assert requests == []


def test_sends_from_the_configured_device_where_the_message_names_none() -> None:
    gateway = whatsgate(api_key="kunci-api", whatsapp_id="191c0ffee02")
    _, (request,) = drive(gateway.send(outgoing(device="")), [answer(200, {"result": "OK"})])
    assert json.loads(request.body)["WhatsappID"] == "191c0ffee02"


@pytest.mark.parametrize(
    ("account", "kind"), [({}, NotAuthorised), ({"api_key": "kunci-api"}, Rejected)]
)
def test_sends_nothing_without_a_key_or_a_device(
    account: dict[str, str], kind: type[SendError]
) -> None:
    result, requests = drive(whatsgate(**account).send(outgoing(device="")), [])
    assert isinstance(result, kind)
    assert requests == []


@pytest.mark.parametrize("status", [200, 401, 500])
def test_takes_refused_credentials_for_not_authorised(status: int) -> None:
    error = failed("Unauthorized", "Your request was made with invalid credentials.", status)
    assert isinstance(error, NotAuthorised)


def test_takes_an_unknown_contact_for_a_recipient_who_is_refused() -> None:
    error = failed("Error", "Specified number not in your contact list")
    assert isinstance(error, Rejected)
    assert error.scope is Scope.RECIPIENT


@pytest.mark.parametrize("message", ["Session not found", "WhatsApp session is not ready"])
def test_takes_a_session_that_is_not_there_for_offline(message: str) -> None:
    assert isinstance(failed("Not Found", message), DeviceOffline)


@pytest.mark.parametrize(
    "response",
    [
        answer(500, {"name": "Error", "message": "Evaluation failed: TypeError", "code": 0}),
        answer(500, b""),
        answer(504, b"<html></html>"),
        answer(200, {"result": {}}),
        answer(200, {"result": "QUEUED"}),
        answer(200, b""),
    ],
)
def test_does_not_know_the_outcome_where_nothing_proves_it(response: HttpResponse) -> None:
    result, _ = send(response)
    assert isinstance(result, OutcomeUnknown)


@pytest.mark.parametrize(
    ("status", "kind"),
    [(302, TransientError), (400, Rejected), (403, NotAuthorised), (429, RateLimited)],
)
def test_judges_by_the_status_what_has_no_words(status: int, kind: type[SendError]) -> None:
    result, _ = send(answer(status, b""))
    assert type(result) is kind


def test_repeats_no_words_of_the_gateway_that_could_hold_a_number() -> None:
    error = failed("Number 6281200000011", "cannot reach 6281200000011")
    assert "6281200000011" not in f"{error} {error.code}"
