"""What Meta is asked and told besides messages: marks, phone numbers, and how the set-up is."""

import json
from typing import Any

import pytest

from bot.events import DeviceState
from bot.gateways.base import DeviceReport, Exchange, Finding, HttpRequest, HttpResponse
from bot.gateways.errors import (
    NotAuthorised,
    Rejected,
    SendError,
    TransientError,
)
from bot.gateways.meta import Meta
from tests.gateways.contract import CURRENT, account_of, answer, drive

URL = "https://graph.example/v23.0"
ACCOUNT = "900100200300400"
HOOK = "https://balas.example/webhook/meta"
DONE = answer(200, {"success": True})
NUMBER = {
    "display_phone_number": "+62 812-0000-0099",
    "verified_name": "Toko Melati",
    "quality_rating": "GREEN",
    "name_status": "APPROVED",
    "status": "CONNECTED",
    "id": "1065",
}
APP = {"whatsapp_business_api_data": {"id": "67001", "name": "Toko Melati", "link": "x"}}
# Which Meta subscribes by itself to the account of its test numbers.
FOREIGN = {"whatsapp_business_api_data": {"id": "22001", "name": "WA DevX Webhook Events 1P App"}}
OURS = answer(200, {"id": "67001"})


def meta_of(**fields: Any) -> Meta:
    known = {
        "access_token": "token",
        "phone_number_id": "1065",
        "verify_token": "kata-sandi",
        "business_account_id": ACCOUNT,
        "api_url": URL,
    }
    return Meta([account_of("meta", CURRENT, **{**known, **fields})])


def refusal(code: int, **more: Any) -> HttpResponse:
    return answer(400, {"error": {"code": code, "message": "judul", **more}})


def told(exchange: Exchange[Any], *responses: HttpResponse) -> tuple[Any, list[HttpRequest]]:
    return drive(exchange, responses)


def test_marks_a_message_as_read() -> None:
    result, (request,) = told(meta_of().mark_read("1065", "6281200000011", "wamid.A"), DONE)

    assert result is None
    assert request.url == f"{URL}/1065/messages"
    assert request.is_safe
    assert json.loads(request.body) == {
        "messaging_product": "whatsapp",
        "status": "read",
        "message_id": "wamid.A",
    }


def test_shows_that_somebody_is_typing() -> None:
    _, (request,) = told(meta_of().show_typing("1065", "6281200000011", "wamid.A"), DONE)

    assert json.loads(request.body)["typing_indicator"] == {"type": "text"}
    assert json.loads(request.body)["message_id"] == "wamid.A"


@pytest.mark.parametrize(
    ("response", "error"),
    [
        (refusal(131009), Rejected),
        (refusal(190), NotAuthorised),
        (answer(502, b""), TransientError),
        (answer(200, {"success": False}), TransientError),
    ],
)
def test_a_mark_that_is_not_taken_leaves_nothing_in_doubt(
    response: HttpResponse, error: type[SendError]
) -> None:
    result, _ = told(meta_of().mark_read("1065", "6281200000011", "wamid.A"), response)

    assert type(result) is error


def test_cannot_mark_what_has_no_id() -> None:
    result, requests = told(meta_of().show_typing("1065", "6281200000011", ""))

    assert isinstance(result, Rejected)
    assert requests == []


def test_reports_a_phone_number() -> None:
    result, (request,) = told(meta_of().device_report("1065"), answer(200, NUMBER))

    assert request.url.startswith(f"{URL}/1065?fields=display_phone_number")
    assert result == DeviceReport(
        device="1065",
        state=DeviceState.CONNECTED,
        reason="quality GREEN, name APPROVED, status CONNECTED",
        phone="6281200000099",
        name="Toko Melati",
    )


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("CONNECTED", DeviceState.CONNECTED),
        ("FLAGGED", DeviceState.CONNECTED),
        ("RESTRICTED", DeviceState.CONNECTED),
        ("BANNED", DeviceState.DISCONNECTED),
        ("PENDING", DeviceState.DISCONNECTED),
        ("DISCONNECTED", DeviceState.DISCONNECTED),
        ("MIGRATED", DeviceState.DISCONNECTED),
        ("OFFLINE", DeviceState.DISCONNECTED),
        ("DELETED", DeviceState.DISCONNECTED),
        ("UNVERIFIED", DeviceState.DISCONNECTED),
        ("RATE_LIMITED", None),
        ("SOMETHING_NEW", None),
        (7, None),
        (None, None),
    ],
)
def test_reads_the_status_of_a_phone_number(status: Any, state: DeviceState | None) -> None:
    result, _ = told(meta_of().device_report("1065"), answer(200, {**NUMBER, "status": status}))

    assert result.state == state


@pytest.mark.parametrize(
    ("written", "phone"),
    [
        ("62 812-0000-0099", "6281200000099"),
        ("1-555-123-4567", "15551234567"),
        ("+250 788 123 200", "250788123200"),
        ("rahasia", None),
        (None, None),
    ],
)
def test_reads_a_number_however_it_is_written(written: Any, phone: str | None) -> None:
    numbered = answer(200, {**NUMBER, "display_phone_number": written})
    result, _ = told(meta_of().device_report("1065"), numbered)

    assert result.phone == phone


def test_finds_a_set_up_that_is_right() -> None:
    subscribed = answer(200, {"data": [FOREIGN, APP]})
    findings, (*_, asked) = told(meta_of().inspect("1065"), answer(200, NUMBER), subscribed, OURS)

    assert [finding.ok for finding in findings] == [True, True, True]
    assert "Toko Melati" in findings[-1].what
    assert asked.url == f"{URL}/app?fields=id"


def problems(*responses: HttpResponse, **fields: Any) -> list[Finding]:
    findings, _ = told(meta_of(**fields).inspect(""), *responses)
    found = [finding for finding in findings if not finding.ok]
    assert all(finding.advice for finding in found)
    return found


def test_finds_a_token_that_is_not_valid() -> None:
    first, second = problems(refusal(190), refusal(190))

    assert "META_ACCESS_TOKEN" in first.advice
    assert "account" in second.what


def test_finds_a_number_that_is_not_registered() -> None:
    numbered = answer(200, {**NUMBER, "status": "PENDING"})
    (found,) = problems(numbered, answer(200, {"data": [APP]}), OURS)

    assert "PENDING" in found.what


def test_finds_an_app_that_is_not_subscribed() -> None:
    (found,) = problems(answer(200, NUMBER), answer(200, {"data": []}))

    assert "flask webhooks register meta" in found.advice


def test_finds_that_only_another_app_is_subscribed() -> None:
    (found,) = problems(answer(200, NUMBER), answer(200, {"data": [FOREIGN]}), OURS)

    assert "only other apps" in found.what
    assert "WA DevX" in found.what
    assert "flask webhooks register meta" in found.advice


@pytest.mark.parametrize("told_of_us", [refusal(100), answer(200, {})])
def test_says_when_it_does_not_know_which_app_is_ours(told_of_us: HttpResponse) -> None:
    (found,) = problems(answer(200, NUMBER), answer(200, {"data": [APP]}), told_of_us)

    assert "not known" in found.what
    assert "Toko Melati" in found.what


def test_says_what_it_cannot_look_at() -> None:
    (unknown,) = problems(answer(200, NUMBER), business_account_id="")
    (nowhere,) = problems(answer(200, {"data": [APP]}), OURS, phone_number_id="")

    assert "META_BUSINESS_ACCOUNT_ID" in unknown.advice
    assert "META_PHONE_NUMBER_ID" in nowhere.advice
