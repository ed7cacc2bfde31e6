"""What WAGate is asked: files at its own address, how a device is, what quota is left."""

from typing import Any

import pytest

from bot.events import DeviceState, MediaReference
from bot.gateways.base import DeviceReport, FetchedMedia, Finding, HttpRequest, HttpResponse
from bot.gateways.errors import NotAuthorised, Rejected, SendError, TransientError
from bot.gateways.wagate import Wagate
from tests.gateways.contract import CURRENT, account_of, answer, drive

TOKEN = "token-perangkat-rahasia"
DEVICE = "wa-toko7-1764000000"


def wagate(**fields: Any) -> Wagate:
    settings = {"api_token": TOKEN, "api_url": "https://wagate.example/api", **fields}
    return Wagate([account_of("wagate", CURRENT, **settings)])


def fetch(url: str | None, response: HttpResponse) -> tuple[Any, list[HttpRequest]]:
    reference = MediaReference(url=url, mimetype="image/jpeg", filename="foto.jpg")
    return drive(wagate().fetch_media(DEVICE, reference), [response])


def test_fetches_a_file_from_its_own_host_with_the_token() -> None:
    file, (request,) = fetch("https://wagate.example/storage/1.jpg", answer(200, b"\xff\xd8\xff"))

    assert file == FetchedMedia(content=b"\xff\xd8\xff", mimetype="image/jpeg", filename="foto.jpg")
    assert (request.method, request.media) == ("GET", True)
    assert request.headers["Authorization"] == f"Bearer {TOKEN}"
    assert wagate().media_hosts(DEVICE) == ()


@pytest.mark.parametrize(
    "url",
    [
        "https://jahat.example/1.jpg",
        "http://wagate.example/1.jpg",
        "https://wagate.example.jahat.example/1.jpg",
        "https://wagate.example@jahat.example/1.jpg",
        "https://wagate.example:444/1.jpg",
        "https://[",
    ],
)
def test_shows_nobody_else_the_token(url: str) -> None:
    _, (request,) = fetch(url, answer(200, b"x"))

    assert not request.headers


def test_a_webhook_that_names_no_file_has_none_to_fetch() -> None:
    result, requests = fetch(None, answer(200, b"x"))

    assert isinstance(result, Rejected)
    assert requests == []


def ask(response: HttpResponse) -> tuple[DeviceReport | SendError, HttpRequest]:
    result, (request,) = drive(wagate().device_report(DEVICE), [response])
    return result, request


def device(**fields: Any) -> dict[str, Any]:
    return {"id": DEVICE, "phone_number": "6281200000099", "status": "connected", **fields}


@pytest.mark.parametrize(
    "body",
    [
        {"success": True, "data": device()},
        {"success": True, "data": {"device": device()}},
        {"success": True, "device": device()},
        {"success": True, **device()},
        device(),
    ],
)
def test_tells_how_a_device_is_wherever_the_answer_says_it(body: dict[str, Any]) -> None:
    report, request = ask(answer(200, body))

    assert report == DeviceReport(
        device=DEVICE, state=DeviceState.CONNECTED, reason="connected", phone="6281200000099"
    )
    assert (request.method, request.url) == ("GET", "https://wagate.example/api/v1/device")


@pytest.mark.parametrize(
    ("word", "state"),
    [
        ("Connected", DeviceState.CONNECTED),
        ("disconnected", DeviceState.DISCONNECTED),
        ("not connected", DeviceState.DISCONNECTED),
        ("scan-qr", DeviceState.QR),
        ("melamun", None),
    ],
)
def test_keeps_the_word_for_how_a_device_is(word: str, state: DeviceState | None) -> None:
    report, _ = ask(answer(200, {"success": True, "data": device(status=word)}))

    assert isinstance(report, DeviceReport)
    assert (report.state, report.reason) == (state, word)


def test_a_refusal_may_tell_that_a_device_is_not_connected() -> None:
    report, _ = ask(answer(403, {"success": False, "device_status": "disconnected"}))

    assert isinstance(report, DeviceReport)
    assert report.state is DeviceState.DISCONNECTED


@pytest.mark.parametrize(
    ("response", "error"),
    [
        (answer(401, {"success": False}), NotAuthorised),
        (answer(500, b""), TransientError),
        (answer(200, {"success": True, "data": []}), TransientError),
        (answer(200, b"<html>"), TransientError),
    ],
)
def test_says_why_it_does_not_know_how_a_device_is(
    response: HttpResponse, error: type[SendError]
) -> None:
    report, _ = ask(response)

    assert type(report) is error


def look(*responses: HttpResponse) -> list[Finding]:
    found, _ = drive(wagate().inspect(DEVICE), responses)
    assert isinstance(found, list)
    return found


def quota(remaining: int, *, limit: int = 1000) -> HttpResponse:
    left = {
        "quota_limit": limit,
        "quota_remaining": remaining,
        "quota_reset_at": "2026-01-01T00:00:00Z",
    }
    return answer(200, {"success": True, "data": left})


def test_finds_a_healthy_device_healthy() -> None:
    found = look(answer(200, {"success": True, "data": device()}), quota(766))

    assert [(each.ok, each.what) for each in found] == [
        (True, "the device is connected"),
        (True, "766 of 1000 messages are left"),
    ]


def test_advises_what_to_do_about_a_device_that_cannot_send() -> None:
    offline, empty = look(
        answer(200, {"success": True, "data": device(status="disconnected")}), quota(0)
    )

    assert (offline.ok, empty.ok) == (False, False)
    assert "QR" in offline.advice
    assert "2026-01-01" in empty.advice
    assert "posts no webhooks" in empty.advice


def test_nothing_left_of_no_limit_is_no_trouble() -> None:
    _, found = look(answer(200, {"success": True, "data": device()}), quota(0, limit=0))

    assert found.ok


def test_advises_to_look_at_the_token_that_is_refused() -> None:
    found = look(answer(401, {"success": False}), answer(401, {"success": False}))

    assert [each.ok for each in found] == [False, False]
    assert all("WAGATE_API_TOKEN" in each.advice for each in found)
