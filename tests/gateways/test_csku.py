"""What only CSKU does: its bare secret, its answers, and sending where the path is known."""

import json
from typing import Any

import pytest

from bot import content
from bot.gateways.base import HttpResponse, OutgoingMessage, SentMessage, WebhookRequest
from bot.gateways.csku import Account, Csku
from bot.gateways.errors import (
    Forged,
    NotAuthorised,
    NotSupported,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    Scope,
    SendError,
    TransientError,
)
from tests.gateways.contract import account_of, answer, drive

SECRET = "Rahasia-CSKU"
MESSAGE = OutgoingMessage(
    device="kanal_kopi",
    address="percakapan/88",
    content=content.Text(text="Siap kak ☕"),
    reference="42",
    idempotency_key="42-1",
)


def csku(**fields: Any) -> Csku:
    return Csku([account_of("csku", SECRET, **fields)])


def webhook(authorization: str) -> WebhookRequest:
    return WebhookRequest(headers={"authorization": authorization}, body=b"{}")


def send(*responses: HttpResponse, path: str = "/v1/message/send") -> Any:
    gateway = csku(
        api_key="kunci-api",
        business_id="bisnis_kopi",
        send_path=path,
        api_url="https://api.contoh.invalid/",
    )
    return drive(gateway.send(MESSAGE), responses)


@pytest.mark.parametrize("given", [SECRET, f"  {SECRET} "])
def test_accepts_the_secret_itself(given: str) -> None:
    gateway = csku()
    assert gateway.verify(webhook(given)) == gateway.accounts


@pytest.mark.parametrize("given", [f"Bearer {SECRET}", SECRET.lower(), f"{SECRET}x", "", " "])
def test_refuses_the_secret_in_another_form(given: str) -> None:
    with pytest.raises(Forged):
        csku().verify(webhook(given))


def test_acknowledges_a_first_and_a_repeated_webhook_alike() -> None:
    first, repeat = (
        csku().acknowledge(webhook(SECRET), duplicate=duplicate) for duplicate in (False, True)
    )
    assert first == repeat
    assert (first.status, first.body, first.content_type) == (200, b"OK", "text/plain")


def test_sends_a_text_the_way_its_webhooks_write_one() -> None:
    result, (request,) = send(answer(200, {"status": 1, "message": "Sukses", "data": {"id": "p9"}}))

    assert result == SentMessage(external_id="p9")
    assert request.method == "POST"
    assert request.url == "https://api.contoh.invalid/v1/message/send"
    assert request.headers["Business"] == "bisnis_kopi"
    assert request.headers["Secret"] == "kunci-api"
    assert json.loads(request.body) == {
        "conversation_id": "percakapan/88",
        "content": {"type": "text", "text": "Siap kak ☕"},
    }


def test_quotes_the_conversation_in_the_path() -> None:
    _, (request,) = send(answer(200, {"status": 1}), path="v1/conversation/{conversation_id}/send")
    assert request.url == "https://api.contoh.invalid/v1/conversation/percakapan%2F88/send"


@pytest.mark.parametrize(
    ("data", "external_id"),
    [
        ({"message_id": "p1"}, "p1"),
        ({"message": {"id": 7}}, "7"),
        ({}, None),
        (None, None),
        ([], None),
    ],
)
def test_finds_the_id_of_what_it_sent_where_there_is_one(
    data: object, external_id: str | None
) -> None:
    result, _ = send(answer(200, {"status": 1, "data": data}))
    assert result == SentMessage(external_id=external_id)


def test_says_which_setting_is_missing_to_send() -> None:
    with pytest.raises(NotSupported, match="CSKU_SEND_PATH"):
        drive(csku(api_key="kunci-api").send(MESSAGE), [])


def test_sends_nothing_without_a_key() -> None:
    result, requests = drive(csku(send_path="/v1/send").send(MESSAGE), [])
    assert isinstance(result, NotAuthorised)
    assert requests == []


@pytest.mark.parametrize("status", [200, 400])
@pytest.mark.parametrize(
    ("rc", "kind"),
    [
        (400, Rejected),
        ("404", Rejected),
        (401, NotAuthorised),
        (403, NotAuthorised),
        (429, RateLimited),
        (500, OutcomeUnknown),
    ],
)
def test_judges_a_refusal_by_the_code_in_its_body(
    status: int, rc: object, kind: type[SendError]
) -> None:
    result, _ = send(answer(status, {"status": 0, "rc": rc, "error_msg": "gagal"}))
    assert type(result) is kind


def test_takes_a_refusal_without_a_code_for_rejected() -> None:
    result, _ = send(answer(200, {"status": 0, "error_msg": "gagal"}))
    assert isinstance(result, Rejected)


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, Rejected),
        (401, NotAuthorised),
        (403, NotAuthorised),
        (404, Rejected),
        (429, RateLimited),
        (500, OutcomeUnknown),
        (502, OutcomeUnknown),
        (302, TransientError),
    ],
)
def test_judges_by_the_status_what_has_no_body(status: int, kind: type[SendError]) -> None:
    result, _ = send(answer(status, b""))
    assert type(result) is kind


def test_waits_as_long_as_it_is_asked() -> None:
    result, _ = send(answer(200, {"status": 0, "rc": 429}, retry_after="9"))
    assert isinstance(result, RateLimited)
    assert (result.retry_after, result.scope) == (9.0, Scope.DEVICE)


@pytest.mark.parametrize("body", [b"", b"OK", {"message": "Sukses"}, [], {"status": 2}])
def test_does_not_know_the_outcome_of_a_response_of_another_shape(body: object) -> None:
    result, _ = send(answer(200, body))
    assert isinstance(result, OutcomeUnknown)


@pytest.mark.parametrize("rc", ["INVALID_KEY", "-1", [], True, None])
def test_judges_by_the_status_what_has_no_code_of_digits(rc: object) -> None:
    result, _ = send(answer(401, {"status": 0, "rc": rc}))
    assert isinstance(result, NotAuthorised)


def test_sends_nothing_from_a_device_that_nobody_configured() -> None:
    gateway = csku(device="kanal_lain", api_key="kunci-api", send_path="/v1/send")

    result, requests = drive(gateway.send(MESSAGE), [])

    assert (type(result), requests) == (NotAuthorised, [])


@pytest.mark.parametrize(
    ("hosts", "expected"),
    [
        ("", ()),
        ("a.invalid, b.invalid", ("a.invalid", "b.invalid")),
        (["c.invalid"], ("c.invalid",)),
    ],
)
def test_reads_the_hosts_that_media_may_come_from(hosts: object, expected: tuple[str, ...]) -> None:
    account = account_of("csku", SECRET, media_hosts=hosts)
    assert isinstance(account, Account)
    assert account.media_hosts == expected
