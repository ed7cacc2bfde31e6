"""What Rijan is asked besides sending: tickets, chats, devices, files."""

from typing import Any

import pytest

from bot.events import DeviceState, MediaReference
from bot.gateways.base import DeviceReport, FetchedMedia, LookedUp
from bot.gateways.errors import DeviceOffline, NotAuthorised, OutcomeUnknown, Rejected
from bot.gateways.rijan import Rijan
from tests.gateways.contract import account_of, answer
from tests.gateways.rijan_calls import (
    DEVICE,
    DEVICE_URL,
    PERSON,
    SECRET,
    URL,
    ask,
    failure,
    fields_of,
    rijan,
)

NOW, LATER = "Fri, 20 Nov 2026 13:00:10 GMT", "Fri, 20 Nov 2026 13:09:00 GMT"
CREATED = 1795179600  # 13:00:00
OK = answer(200, {"success": True})


def look_up(body: Any, *, date: str = NOW) -> Any:
    result, _ = ask(rijan().look_up(DEVICE, "msg_1"), answer(200, body, date=date))
    return result


def ticket(status: str, whatsapp_id: str | None = "", **fields: Any) -> dict[str, Any]:
    return {"id": "msg_1", "status": status, "waMessageId": whatsapp_id, **fields}


def test_asks_for_the_status_of_a_ticket() -> None:
    _, (request,) = ask(rijan().look_up(DEVICE, "msg/1"), answer(200, ticket("queued")))

    assert (request.method, request.url) == ("GET", f"{DEVICE_URL}/messages/msg%2F1/status")
    assert request.headers["Authorization"] == "Bearer kunci-api"


@pytest.mark.parametrize("status", ["sent", "queued", "delivered", "baru"])
def test_learns_the_whatsapp_id_whatever_the_status(status: str) -> None:
    assert look_up(ticket(status, "3EB0A1")) == LookedUp(external_id="3EB0A1")


@pytest.mark.parametrize("status", ["pending", "queued", "sending", "delivered", "baru", ""])
@pytest.mark.parametrize("whatsapp_id", ["", None])
def test_waits_while_a_message_is_under_way(status: str, whatsapp_id: str | None) -> None:
    assert look_up(ticket(status, whatsapp_id)) == LookedUp()


@pytest.mark.parametrize(
    "body",
    [
        ticket("sent", attempts=1),
        ticket("sent", None, attempts=3),
        ticket("failed", attempts=5),
        ticket("failed", attempts=0),
        ticket("sent"),
        {"success": True, "data": ticket("sent", attempts=1)},
    ],
)
def test_takes_what_ended_without_a_whatsapp_id_for_lost(body: dict[str, Any]) -> None:
    assert look_up(body) == LookedUp(is_lost=True)


def test_waits_for_what_is_called_sent_while_its_file_still_uploads() -> None:
    assert look_up(ticket("sent", attempts=0, createdAt=CREATED)) == LookedUp()


def test_takes_what_is_called_sent_for_too_long_for_lost() -> None:
    body = ticket("sent", attempts=0, createdAt=CREATED)
    assert look_up(body, date=LATER) == LookedUp(is_lost=True)


def test_waits_where_no_clock_tells_how_long_it_has_been() -> None:
    assert look_up(ticket("sent", attempts=0, createdAt=CREATED), date="") == LookedUp()


def test_gives_up_a_ticket_that_rijan_does_not_know() -> None:
    result, _ = ask(rijan().look_up(DEVICE, "msg_1"), failure(500, "Message not found"))
    assert isinstance(result, Rejected)


def test_marks_a_chat_as_read_without_risking_anything() -> None:
    result, (request,) = ask(rijan().mark_read(DEVICE, "120000000000011@lid", "3EB0A1"), OK)

    assert result is None
    assert request.url == f"{DEVICE_URL}/chats/120000000000011%40lid/mark-read"
    assert request.is_safe


def test_shows_that_somebody_types() -> None:
    _, (request,) = ask(rijan().show_typing(DEVICE, PERSON, "3EB0A1"), OK)

    assert request.url == f"{DEVICE_URL}/presence"
    assert fields_of(request) == {"to": PERSON, "type": "composing"}
    assert request.is_safe


def test_finds_a_device_offline_when_it_cannot_mark_as_read() -> None:
    result, _ = ask(rijan().mark_read(DEVICE, PERSON, "3EB0A1"), failure(500, "Device not found"))
    assert isinstance(result, DeviceOffline)


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ("connected", DeviceState.CONNECTED),
        ("disconnected", DeviceState.DISCONNECTED),
        ("failed", DeviceState.DISCONNECTED),
        ("pairing", DeviceState.QR),
        ("needs_pairing", DeviceState.QR),
        ("connecting", None),
        ("baru", None),
    ],
)
def test_reports_how_a_device_is(status: str, state: DeviceState | None) -> None:
    device = {"id": "d", "label": "Kasir", "status": status, "phone_number": "6281200000099"}
    body = {"success": True, "data": {"device": device}}

    result, (request,) = ask(rijan().device_report(DEVICE), answer(200, body))

    assert request.url == DEVICE_URL
    assert result == DeviceReport(
        device=DEVICE,
        state=state,
        reason="" if status == "connected" else status,
        phone="6281200000099",
        name="Kasir",
    )


@pytest.mark.parametrize(
    "body",
    [
        {"status": "connected", "waJid": "6281200000099:3@s.whatsapp.net"},
        {"data": {"status": "connected", "phoneNumber": "081200000099"}},
        {"data": {"device": {"status": "connected", "phone_number": "", "wa_jid": PERSON}}},
        {"data": {"device": {"status": "connected"}}},
        {"data": {"device": {"status": "connected", "phone_number": 7, "wa_jid": None}}},
    ],
)
def test_reads_a_device_in_any_form(body: dict[str, Any]) -> None:
    result, _ = ask(rijan().device_report(DEVICE), answer(200, body))
    assert result.state is DeviceState.CONNECTED
    assert result.phone in ("6281200000099", "6281200000011", None)


def test_starts_a_device_with_an_empty_body() -> None:
    result, (request,) = ask(rijan().restart_device(DEVICE), OK)

    assert result is None
    assert (request.method, request.url) == ("POST", f"{DEVICE_URL}/start")
    assert request.body == b""
    assert "Content-Type" not in request.headers
    assert request.is_safe


def test_does_not_believe_that_a_device_was_started_when_it_was_not() -> None:
    result, _ = ask(rijan().restart_device(DEVICE), failure(500, "Device is already starting"))
    assert isinstance(result, OutcomeUnknown)


@pytest.mark.parametrize("url", [f"{URL}/v1/devices/d/media/a.pdf", "/v1/devices/d/media/a.pdf"])
def test_fetches_a_file_that_lies_at_rijan(url: str) -> None:
    file = answer(200, b"%PDF-1.4", content_type="application/pdf")
    reference = MediaReference(url=url, filename="a.pdf")

    result, (request,) = ask(rijan().fetch_media(DEVICE, reference), file)

    assert result == FetchedMedia(content=b"%PDF-1.4", mimetype="application/pdf", filename="a.pdf")
    assert request.media
    assert request.url == f"{URL}/v1/devices/d/media/a.pdf"


@pytest.mark.parametrize(
    "url",
    [
        None,
        "",
        "https://rijan.contoh.invalid/x",
        "http://rijan.contoh.invalid:81/x",
        "http://rijan.contoh.invalid@lain.contoh.invalid/x",
        "//lain.contoh.invalid/x",
        "http://169.254.169.254/latest",
        "file:///etc/passwd",
        "http://[",
    ],
)
def test_fetches_nothing_from_anywhere_else(url: str | None) -> None:
    result, requests = ask(rijan().fetch_media(DEVICE, MediaReference(url=url)))

    assert isinstance(result, Rejected)
    assert requests == []


def test_gives_up_a_file_that_is_not_there_any_more() -> None:
    reference = MediaReference(url=f"{URL}/a.pdf")
    result, _ = ask(rijan().fetch_media(DEVICE, reference), failure(500, "Media not found"))
    assert isinstance(result, Rejected)


def test_asks_nothing_without_a_key() -> None:
    result, requests = ask(Rijan([account_of("rijan", SECRET)]).restart_device("d"))

    assert isinstance(result, NotAuthorised)
    assert requests == []


def test_asks_nothing_about_no_device() -> None:
    result, requests = ask(rijan().restart_device(""))

    assert isinstance(result, Rejected)
    assert requests == []
