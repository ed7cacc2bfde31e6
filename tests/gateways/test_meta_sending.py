"""What Meta is sent, and what each of its answers means."""

import json
from typing import Any

import pytest

from bot import content
from bot.gateways.base import HttpRequest, HttpResponse, OutgoingMessage, SentMessage
from bot.gateways.errors import (
    NotAuthorised,
    OutcomeUnknown,
    OutsideWindow,
    RateLimited,
    Rejected,
    Scope,
    SendError,
    TransientError,
)
from bot.gateways.meta import Meta
from tests.gateways.contract import (
    CURRENT,
    account_of,
    answer,
    drive,
)

PHONE_NUMBER_ID = "106540000000021"
TOKEN = "token-akses-rahasia"


@pytest.fixture
def meta() -> Meta:
    account = account_of(
        "meta",
        CURRENT,
        access_token=TOKEN,
        phone_number_id=PHONE_NUMBER_ID,
        verify_token="kata-sandi",
        api_url="https://graph.example/v23.0/",
    )
    return Meta([account])


def outgoing(address: str = "6281200000011", device: str = PHONE_NUMBER_ID) -> OutgoingMessage:
    return OutgoingMessage(
        device=device,
        address=address,
        content=content.Text(text="Halo, Sari 😀"),
        reference="pesan-17",
        idempotency_key="kunci-17",
    )


def send(
    meta: Meta, response: HttpResponse, **kwargs: str
) -> tuple[SentMessage | SendError, HttpRequest]:
    result, requests = drive(meta.send(outgoing(**kwargs)), [response])
    (request,) = requests
    return result, request


def taken(external_id: str = "wamid.TERKIRIM1") -> HttpResponse:
    return answer(
        200,
        {
            "messaging_product": "whatsapp",
            "contacts": [{"input": "+6281200000011", "wa_id": "6281200000011"}],
            "messages": [{"id": external_id, "message_status": "accepted"}],
        },
    )


def refusal(status: int, code: Any, **more: Any) -> HttpResponse:
    error = {"message": f"(#{code}) judul", "type": "OAuthException", "code": code, **more}
    return answer(status, {"error": error})


def test_sends_a_text_to_a_number_with_its_plus_sign(meta: Meta) -> None:
    result, request = send(meta, taken())

    assert result == SentMessage(external_id="wamid.TERKIRIM1")
    assert request.method == "POST"
    assert request.url == f"https://graph.example/v23.0/{PHONE_NUMBER_ID}/messages"
    assert request.headers["Authorization"] == f"Bearer {TOKEN}"
    assert request.headers["Content-Type"] == "application/json"
    assert json.loads(request.body) == {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": "+6281200000011",
        "type": "text",
        "text": {"body": "Halo, Sari 😀"},
        "biz_opaque_callback_data": "pesan-17",
    }


def test_sends_to_a_business_scoped_user_id_as_recipient(meta: Meta) -> None:
    _, request = send(meta, taken(), address="ID.13490000000002")

    body = json.loads(request.body)
    assert body["recipient"] == "ID.13490000000002"
    assert "to" not in body


def test_sends_to_a_group(meta: Meta) -> None:
    _, request = send(meta, taken(), address="Y2FwaV9ncm91cDoxMjM")

    body = json.loads(request.body)
    assert (body["recipient_type"], body["to"]) == ("group", "Y2FwaV9ncm91cDoxMjM")


def test_answers_from_the_device_that_was_written_to(meta: Meta) -> None:
    _, request = send(meta, taken(), device="106540000000099")

    assert "/106540000000099/messages" in request.url


def test_sends_from_its_own_number_when_nobody_names_a_device(meta: Meta) -> None:
    _, request = send(meta, taken(), device="")

    assert f"/{PHONE_NUMBER_ID}/messages" in request.url


def test_a_hostile_device_does_not_leave_its_place_in_the_url(meta: Meta) -> None:
    _, request = send(meta, taken(), device="../me?x=")

    assert request.url == "https://graph.example/v23.0/..%2Fme%3Fx%3D/messages"


@pytest.mark.parametrize(
    "fields", [{}, {"access_token": TOKEN}, {"access_token": "", "phone_number_id": "1"}]
)
def test_sends_nothing_without_its_settings(fields: dict[str, str]) -> None:
    meta = Meta([account_of("meta", CURRENT, **fields)])

    result, requests = drive(meta.send(outgoing(device="")), [])

    assert isinstance(result, NotAuthorised)
    assert requests == []


CODES = [
    (401, 0, NotAuthorised, Scope.DEVICE),
    (401, 190, NotAuthorised, Scope.DEVICE),
    (500, 3, NotAuthorised, Scope.DEVICE),
    (403, 10, NotAuthorised, Scope.DEVICE),
    (403, 200, NotAuthorised, Scope.DEVICE),
    (403, 299, NotAuthorised, Scope.DEVICE),
    (403, 131005, NotAuthorised, Scope.DEVICE),
    (403, 368, NotAuthorised, Scope.DEVICE),
    (403, 131031, NotAuthorised, Scope.DEVICE),
    (403, 130497, Rejected, Scope.RECIPIENT),
    (400, 4, RateLimited, Scope.DEVICE),
    (429, 80007, RateLimited, Scope.DEVICE),
    (400, 130429, RateLimited, Scope.DEVICE),
    (400, 131048, RateLimited, Scope.DEVICE),
    (400, 131056, RateLimited, Scope.RECIPIENT),
    (400, 1, TransientError, Scope.MESSAGE),
    (503, 2, TransientError, Scope.GATEWAY),
    (400, 33, NotAuthorised, Scope.DEVICE),
    (400, 100, Rejected, Scope.MESSAGE),
    (400, 130472, Rejected, Scope.RECIPIENT),
    (500, 131000, TransientError, Scope.MESSAGE),
    (400, 131008, Rejected, Scope.MESSAGE),
    (400, 131009, Rejected, Scope.MESSAGE),
    (400, 131021, Rejected, Scope.RECIPIENT),
    (400, 131051, Rejected, Scope.MESSAGE),
    (500, 131016, TransientError, Scope.GATEWAY),
    (400, 131026, Rejected, Scope.RECIPIENT),
    (400, 131030, Rejected, Scope.RECIPIENT),
    (400, 131037, NotAuthorised, Scope.DEVICE),
    (400, 131042, NotAuthorised, Scope.DEVICE),
    (500, 131045, NotAuthorised, Scope.DEVICE),
    (400, 131047, OutsideWindow, Scope.RECIPIENT),
    (400, 131049, Rejected, Scope.RECIPIENT),
    (400, 131050, Rejected, Scope.RECIPIENT),
    (400, 131052, TransientError, Scope.MESSAGE),
    (400, 131053, Rejected, Scope.MESSAGE),
    (500, 131057, TransientError, Scope.DEVICE),
    (400, 132000, Rejected, Scope.MESSAGE),
    (404, 132001, Rejected, Scope.MESSAGE),
    (400, 132005, Rejected, Scope.MESSAGE),
    (400, 132007, Rejected, Scope.MESSAGE),
    (400, 132012, Rejected, Scope.MESSAGE),
    (400, 132015, Rejected, Scope.MESSAGE),
    (400, 132016, Rejected, Scope.MESSAGE),
    (400, 132068, Rejected, Scope.MESSAGE),
    (400, 132069, Rejected, Scope.MESSAGE),
    (503, 133004, TransientError, Scope.GATEWAY),
    (400, 133010, NotAuthorised, Scope.DEVICE),
    (400, 133016, NotAuthorised, Scope.DEVICE),
    (400, 135000, Rejected, Scope.MESSAGE),
    (400, 139999, Rejected, Scope.MESSAGE),
    (500, 139999, TransientError, Scope.MESSAGE),
    (200, 131047, OutsideWindow, Scope.RECIPIENT),
    (400, "131047", OutsideWindow, Scope.RECIPIENT),
]


@pytest.mark.parametrize(("status", "code", "error", "scope"), CODES)
def test_judges_a_refusal_by_its_code(
    meta: Meta, status: int, code: Any, error: type[SendError], scope: Scope
) -> None:
    result, _ = send(meta, refusal(status, code))

    assert type(result) is error
    assert (result.code, result.scope) == (str(code), scope)


def test_every_documented_code_has_a_reason_of_its_own(meta: Meta) -> None:
    listed = {code for _, code, *_ in CODES if isinstance(code, int)} - {139999}
    for code in listed:
        result, _ = send(meta, refusal(400, code))
        assert isinstance(result, SendError)
        assert result.reason != "unlisted error", code


@pytest.mark.parametrize(("code", "tries"), [(1, 3), (131052, 2), (131000, None), (2, None)])
def test_what_repeating_hardly_mends_is_tried_a_few_times(
    meta: Meta, code: int, tries: int | None
) -> None:
    result, _ = send(meta, refusal(400, code))

    assert isinstance(result, TransientError)
    assert result.tries == tries


def test_knows_a_number_that_is_not_ours_by_its_subcode(meta: Meta) -> None:
    result, _ = send(meta, refusal(400, 100, error_subcode=33))

    assert isinstance(result, NotAuthorised)


STATUSES_WITHOUT_CODE = [
    (301, TransientError),
    (302, TransientError),
    (400, TransientError),
    (404, TransientError),
    (401, NotAuthorised),
    (403, NotAuthorised),
    (429, RateLimited),
    (408, OutcomeUnknown),
    (500, OutcomeUnknown),
    (502, OutcomeUnknown),
    (504, OutcomeUnknown),
]


@pytest.mark.parametrize(("status", "error"), STATUSES_WITHOUT_CODE)
@pytest.mark.parametrize(
    "body",
    [b"", b"<html>", b'{"error":"x"}', b'{"error":{"code":"x"}}', b'{"error":{"code":true}}'],
)
def test_judges_an_answer_without_a_code_by_its_status(
    meta: Meta, status: int, error: type[SendError], body: bytes
) -> None:
    result, _ = send(meta, answer(status, body))

    assert type(result) is error


@pytest.mark.parametrize(
    "body", [b"", b"OK", b"{}", b'{"messages":[]}', b'{"messages":[{}]}', b'{"messages":"x"}']
)
def test_a_success_without_a_message_id_proves_nothing(meta: Meta, body: bytes) -> None:
    result, _ = send(meta, answer(200, body))

    assert isinstance(result, OutcomeUnknown)


def test_waits_as_long_as_meta_asks(meta: Meta) -> None:
    error = {"error": {"code": 130429}}
    result, _ = send(meta, answer(400, error, Retry_After="17"))

    assert isinstance(result, RateLimited)
    assert result.retry_after == 17


USAGE = '{"90":[{"type":"whatsapp","estimated_time_to_regain_access":%s}]}'


@pytest.mark.parametrize(
    ("code", "headers", "seconds"),
    [
        (4, {}, 600),
        (80007, {"X_Business_Use_Case_Usage": USAGE % 19}, 19 * 60),
        (130429, {"X_Business_Use_Case_Usage": USAGE % '"2.5"'}, 150),
        (4, {"X_Business_Use_Case_Usage": USAGE % 1, "Retry_After": "90"}, 90),
        (4, {"X_Business_Use_Case_Usage": USAGE % 2, "Retry_After": "90"}, 120),
        (80007, {"X_Business_Use_Case_Usage": USAGE % 0}, 600),
        (80007, {"X_Business_Use_Case_Usage": '{"90":[{},7],"91":8}'}, 600),
        (80007, {"X_Business_Use_Case_Usage": "["}, 600),
        (80007, {"X_Business_Use_Case_Usage": USAGE % -3}, 600),
        (80007, {"X_Business_Use_Case_Usage": USAGE % ("9" * 400)}, 600),
        (80007, {"X_Business_Use_Case_Usage": USAGE % 99999}, 86_400),
        # The use of the API says nothing about who marked messages as spam.
        (131048, {"X_Business_Use_Case_Usage": USAGE % 1}, 3 * 3600),
    ],
)
def test_a_device_rests_until_meta_lets_it_in_again(
    meta: Meta, code: int, headers: dict[str, str], seconds: float
) -> None:
    result, _ = send(meta, answer(400, {"error": {"code": code}}, **headers))

    assert isinstance(result, RateLimited)
    assert (result.scope, result.retry_after) == (Scope.DEVICE, seconds)


def test_leaves_the_backoff_for_one_recipient_to_the_outbox(meta: Meta) -> None:
    result, _ = send(meta, refusal(400, 131056))

    assert isinstance(result, RateLimited)
    assert result.retry_after is None


def test_errors_hold_no_text_number_or_secret(meta: Meta) -> None:
    for status, code, *_ in CODES:
        details = {"details": "Halo, Sari 😀 to +6281200000011", "messaging_product": "whatsapp"}
        result, _ = send(meta, refusal(status, code, error_data=details))
        assert not any(word in repr(result) for word in ("Sari", "6281200000011", TOKEN, "judul"))
