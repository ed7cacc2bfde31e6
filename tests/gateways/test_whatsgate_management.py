"""What WhatsGate is asked and told besides messages: marks, files, sessions, webhooks, the past."""

import json
import tracemalloc
from base64 import b64encode
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from bot.events import DeviceState, MediaReference
from bot.gateways.base import (
    MIB,
    DeviceReport,
    Exchange,
    FetchedMedia,
    Finding,
    HttpRequest,
    HttpResponse,
    MissedPage,
    Webhook,
)
from bot.gateways.errors import (
    DeviceOffline,
    NotAuthorised,
    NotSupported,
    Rejected,
    SendError,
    TransientError,
)
from bot.gateways.exchange import T
from bot.gateways.whatsgate import Whatsgate
from bot.simulator.files import sample
from tests.gateways.contract import CASES, account_of, answer, drive, parse

DEVICE = "191c0ffee01"
CUSTOMER = "6281200000011@c.us"
LONG_ID = f"false_{CUSTOMER}_3EB0A"
OURS = "https://toko.contoh.invalid/webhook/whatsgate/token-rahasia"
SINCE = datetime(2026, 11, 18, 12, 30, tzinfo=UTC)
BODIES = [file for name, file in CASES if name == "whatsgate"]
HASH_LENGTH = 64


def whatsgate(**fields: Any) -> Whatsgate:
    account = {"api_key": "kunci-api", "api_url": "https://whatsgate.contoh.invalid/api/v1"}
    return Whatsgate([account_of("whatsgate", "token-rahasia", **{**account, **fields})])


def asked(exchange: Exchange[T], *answers: Any) -> tuple[T | SendError, str, dict[str, Any]]:
    """Return the result, the command and the fields of an exchange of one question."""
    result, (request,) = drive(exchange, [answer(200, each) for each in answers])
    assert (request.method, request.headers["X-Api-Key"]) == ("POST", "kunci-api")
    assert request.is_safe
    return result, request.url.rpartition("/")[2], json.loads(request.body)


def session(**fields: Any) -> dict[str, Any]:
    return {
        "id": 151,
        "name": "Toko",
        "unique_id": DEVICE,
        "status": "READY",
        "callback": OURS,
        "status_name": "Working",
        "pushname": "Kopi Kenanga",
        "wid": "6281200000099@c.us",
        "qr_link": "",
        **fields,
    }


def listing(*sessions: Any) -> dict[str, Any]:
    return {"result": "OK", "pages": 1, "elements": len(sessions), "page": 1, "data": [*sessions]}


def findings(*sessions: Any, device: str = DEVICE) -> list[Finding]:
    result, _, _ = asked(whatsgate().inspect(device), listing(*sessions))
    assert isinstance(result, list)
    return result


@pytest.mark.parametrize(("method", "command"), [("mark_read", "seen"), ("show_typing", "typing")])
@pytest.mark.parametrize("address", [CUSTOMER, "6281200000011", "120363040000000021@g.us"])
def test_marks_the_chat_of_an_address(method: str, command: str, address: str) -> None:
    exchange = getattr(whatsgate(), method)(DEVICE, address, "3EB0A")

    result, asked_for, fields = asked(exchange, {"result": "OK"})

    chat = CUSTOMER if "g.us" not in address else address
    assert (result, asked_for) == (None, command)
    assert fields == {"WhatsappID": DEVICE, "recipient": {"id": chat}}


@pytest.mark.parametrize(("data", "is_there"), [(True, True), (False, False), (None, False)])
def test_checks_a_number(data: object, is_there: bool) -> None:
    exchange = whatsgate().check_number(DEVICE, "0812-0000-0011")

    result, command, fields = asked(exchange, {"result": "OK", "data": data})

    assert (result, command, fields["number"]) == (is_there, "check", "6281200000011")


def test_checks_nothing_that_is_no_number() -> None:
    result, requests = drive(whatsgate().check_number(DEVICE, "Pak Budi"), [])
    assert (type(result), requests) == (Rejected, [])


def test_fetches_a_file_by_the_long_id_of_its_message() -> None:
    mimetype, content = sample("image")
    media = {"mimetype": mimetype, "filename": "foto.png", "data": b64encode(content).decode()}
    exchange = whatsgate().fetch_media(DEVICE, MediaReference(id=LONG_ID))

    result, (request,) = drive(exchange, [answer(200, {"result": "OK", "media": media})])

    assert result == FetchedMedia(content=content, mimetype=mimetype, filename="foto.png")
    assert request.url.endswith("/get-messagemedia")
    assert (request.method, request.media, request.is_safe) == ("POST", True, True)
    assert json.loads(request.body) == {"WhatsappID": DEVICE, "MessageID": LONG_ID}


def test_fetches_a_file_by_its_key_where_the_message_has_no_long_id() -> None:
    exchange = whatsgate().fetch_media(DEVICE, MediaReference(id="key:a3VuY2k="))
    media = {"result": "OK", "media": {"data": "YQ=="}}

    result, command, fields = asked(exchange, media)

    assert result == FetchedMedia(content=b"a")
    assert (command, fields["mediaKey"]) == ("get-media", "a3VuY2k=")


@pytest.mark.parametrize("data", ["YWJj", "YW\nJj\r\n", "data:text/plain;base64,YWJj"])
def test_reads_base64_however_it_is_wrapped(data: str) -> None:
    exchange = whatsgate().fetch_media(DEVICE, MediaReference(id=LONG_ID))
    result, _, _ = asked(exchange, {"result": "OK", "media": {"data": data}})
    assert isinstance(result, FetchedMedia)
    assert result.content == b"abc"


@pytest.mark.parametrize(
    "media", [None, [], {}, {"data": ""}, {"data": 5}, {"data": "bukan base64!"}, {"data": "YWJ"}]
)
def test_gives_up_a_file_that_is_none(media: object) -> None:
    exchange = whatsgate().fetch_media(DEVICE, MediaReference(id=LONG_ID))
    result, _, _ = asked(exchange, {"result": "OK", "media": media})
    assert type(result) is Rejected


@pytest.mark.parametrize(
    "part", ["{}", "[]", "1", '"aa"'], ids=["objects", "arrays", "numbers", "texts"]
)
@pytest.mark.parametrize("reference", [LONG_ID, "key:a3VuY2k="])
def test_reads_no_answer_that_only_fills_the_memory(part: str, reference: str) -> None:
    exchange = whatsgate().fetch_media(DEVICE, MediaReference(id=reference))
    next(exchange)
    response = HttpResponse(status=200, body=f"[{','.join([part] * 700_000)}]".encode())

    tracemalloc.start()
    with pytest.raises(Rejected, match="parts"):
        exchange.send(response)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()

    assert peak < MIB


def test_reads_a_large_file_in_an_answer() -> None:
    large = bytes(5 * MIB)
    exchange = whatsgate().fetch_media(DEVICE, MediaReference(id=LONG_ID))

    result, _, _ = asked(
        exchange, {"result": "OK", "media": {"data": b64encode(large).decode(), "filename": "a,b"}}
    )

    assert isinstance(result, FetchedMedia)
    assert result.content == large


def test_fetches_no_file_without_an_id() -> None:
    result, requests = drive(whatsgate().fetch_media(DEVICE, MediaReference()), [])
    assert (type(result), requests) == (Rejected, [])


@pytest.mark.parametrize(
    ("status", "state", "reason"),
    [
        ("READY", DeviceState.CONNECTED, ""),
        ("AUTH", DeviceState.QR, "Authorization"),
        ("PENDING", DeviceState.DISCONNECTED, "Authorization"),
        ("OTHER", None, "Authorization"),
    ],
)
def test_reports_how_a_session_is(status: str, state: DeviceState | None, reason: str) -> None:
    told = session(status=status, status_name="Authorization")

    result, command, fields = asked(whatsgate().device_report(DEVICE), listing(told))

    assert (command, fields) == ("sessions-get", {"WhatsappID": DEVICE})
    assert result == DeviceReport(
        device=DEVICE, state=state, reason=reason, phone="6281200000099", name="Kopi Kenanga"
    )


@pytest.mark.parametrize("others", [[], [session(unique_id="lain")], ["rusak", None, {}]])
def test_reports_a_session_that_is_not_there_as_disconnected(others: Sequence[Any]) -> None:
    result, _, _ = asked(whatsgate().device_report(DEVICE), listing(*others))
    assert isinstance(result, DeviceReport)
    assert (result.state, result.reason) == (
        DeviceState.DISCONNECTED,
        "WhatsGate has no such session",
    )


def test_reports_on_the_configured_session_where_none_is_named() -> None:
    _, _, fields = asked(whatsgate(whatsapp_id=DEVICE).device_report(""), listing(session()))
    assert fields == {"WhatsappID": DEVICE}


def test_finds_nothing_wrong_with_a_session_that_posts_to_us() -> None:
    assert [finding.ok for finding in findings(session())] == [True, True]


@pytest.mark.parametrize(
    "callback",
    [
        "",
        None,
        "https://lain.contoh.invalid/",
        "https://toko.contoh.invalid/webhook/whatsgate/token-lama",
        "http://toko.contoh.invalid/webhook/whatsgate/token-rahasia",
        "https://[rusak/token-rahasia",
    ],
)
def test_finds_a_webhook_that_does_not_lead_to_us(callback: str | None) -> None:
    ready, webhook = findings(session(callback=callback))
    assert (ready.ok, webhook.ok) == (True, False)
    assert "flask webhooks register" in webhook.advice


def test_takes_the_token_in_the_query_for_ours() -> None:
    url = "https://toko.contoh.invalid/webhook/whatsgate?token=token-rahasia"
    assert all(finding.ok for finding in findings(session(callback=url)))


def test_finds_a_session_that_is_not_ready_or_not_there() -> None:
    assert not findings(session(status="AUTH"))[0].ok
    [missing] = findings()
    assert not missing.ok


def test_looks_at_every_session_where_none_is_named() -> None:
    both = findings(session(), session(unique_id="191c0ffee02"), device="")
    assert len(both) == 4


def test_tells_no_secret_of_a_webhook_in_what_it_finds() -> None:
    lead_elsewhere = session(callback="https://lain.contoh.invalid/rahasia-orang")
    for finding in [*findings(session()), *findings(lead_elsewhere)]:
        assert "rahasia" not in f"{finding.what} {finding.advice}"


def test_registers_a_webhook_by_its_url() -> None:
    exchange = whatsgate().register_webhook(DEVICE, OURS)

    result, command, fields = asked(exchange, {"result": "OK"})

    assert (command, fields) == ("set-hook", {"WhatsappID": DEVICE, "callback": OURS})
    assert result == Webhook(id=DEVICE, url=OURS, active=True)


@pytest.mark.parametrize(
    "exchange",
    [
        whatsgate().delete_webhook(DEVICE, ""),
        whatsgate().delete_webhook("", DEVICE),
        whatsgate().update_webhook(DEVICE, "", active=False),
    ],
)
def test_switches_a_webhook_off_by_an_empty_url(exchange: Exchange[Any]) -> None:
    _, command, fields = asked(exchange, {"result": "OK"})
    assert (command, fields) == ("set-hook", {"WhatsappID": DEVICE, "callback": ""})


def test_updates_the_url_of_a_webhook() -> None:
    exchange = whatsgate().update_webhook("", DEVICE, url=OURS)
    result, _, fields = asked(exchange, {"result": "OK"})
    assert fields["callback"] == OURS
    assert result == Webhook(id=DEVICE, url=OURS, active=True)


def test_has_nothing_but_the_url_of_a_webhook_to_update() -> None:
    result, requests = drive(whatsgate().update_webhook(DEVICE, "", active=True), [])
    assert (type(result), requests) == (Rejected, [])


@pytest.mark.parametrize(
    "exchange",
    [
        whatsgate().register_webhook(DEVICE, OURS, ["message"]),
        whatsgate().update_webhook(DEVICE, "", url=OURS, events=["message"]),
    ],
)
def test_has_no_choice_of_events(exchange: Exchange[Any]) -> None:
    with pytest.raises(NotSupported):
        drive(exchange, [])


def test_lists_the_webhooks_of_the_sessions_that_have_one() -> None:
    sessions = listing(session(), session(unique_id="191c0ffee02", callback=""))
    result, _, fields = asked(whatsgate().list_webhooks(""), sessions)
    assert result == [Webhook(id=DEVICE, url=OURS, active=True)]
    assert "WhatsappID" not in fields


@pytest.mark.parametrize("since", [SINCE, SINCE.astimezone(timezone(timedelta(hours=7)))])
def test_asks_for_the_past_by_pages_of_a_hundred(since: datetime) -> None:
    page = {"result": "OK", "pages": 3, "elements": 250, "page": 2, "data": [{"id": 1}]}

    result, command, fields = asked(whatsgate().missed_webhooks(DEVICE, since=since, page=2), page)

    assert command == "events-get"
    assert fields == {
        "WhatsappID": DEVICE,
        "date": "2026-11-18 12:30:00",
        "page_cnt": "100",
        "page": "2",
    }
    assert isinstance(result, MissedPage)
    assert result.next_page == 3


@pytest.mark.parametrize(
    "page",
    [
        {"pages": 1, "data": [{"id": 1}]},
        {"pages": 9, "data": []},
        {"pages": "9" * 5000, "data": [{"id": 1}]},
        {"data": [{"id": 1}]},
        {"pages": None, "data": "rusak"},
    ],
)
def test_ends_with_the_last_page(page: dict[str, Any]) -> None:
    exchange = whatsgate().missed_webhooks(DEVICE, since=SINCE, page=1)
    result, _, _ = asked(exchange, {"result": "OK", **page})
    assert isinstance(result, MissedPage)
    assert result.next_page is None


def as_posted(event: dict[str, Any]) -> dict[str, Any]:
    return event


def as_columns(event: dict[str, Any]) -> dict[str, Any]:
    """Write an event as a row of a table might be written, its content as text."""
    content = json.dumps(event["event_data"]) if event.get("event_data") else None
    return {
        "event_id": event.get("id"),
        "action": event.get("event_action"),
        "date": event.get("event_date"),
        "data": content,
    }


@pytest.mark.parametrize("written", [as_posted, as_columns])
@pytest.mark.parametrize("file", BODIES, ids=lambda file: file.stem)
def test_gives_an_event_of_the_past_the_key_of_its_webhook(file: Path, written: Any) -> None:
    raw = file.read_bytes()
    gateway = whatsgate()
    [posted] = parse(gateway, raw)
    exchange = gateway.missed_webhooks(posted.device or DEVICE, since=SINCE)

    result, _, _ = asked(exchange, {"result": "OK", "data": [written(json.loads(raw))]})

    assert isinstance(result, MissedPage)
    [event] = parse(gateway, result.bodies[0])
    assert (event.device, event.kind) == (posted.device, posted.kind)
    # One without any id is known by every byte that it has.
    assert event.key == posted.key or (written is as_columns and len(posted.key) == HASH_LENGTH)


def test_asks_for_the_past_of_every_session_where_none_is_named() -> None:
    _, _, fields = asked(whatsgate().missed_webhooks("", since=SINCE), {"result": "OK"})
    assert "WhatsappID" not in fields


@pytest.mark.parametrize(
    ("name", "message", "kind"),
    [
        ("Unauthorized", "Your request was made with invalid credentials.", NotAuthorised),
        ("Exception", "the session is not ready", DeviceOffline),
        ("Exception", "Evaluation failed: TypeError", TransientError),
        ("Exception", "message not found or without media", Rejected),
        ("Bad Request", "MessageID is required", Rejected),
    ],
)
@pytest.mark.parametrize(
    "ask",
    [
        lambda gateway: gateway.fetch_media(DEVICE, MediaReference(id=LONG_ID)),
        lambda gateway: gateway.mark_read(DEVICE, CUSTOMER, "3EB0A"),
        lambda gateway: gateway.check_number(DEVICE, "6281200000011"),
        lambda gateway: gateway.device_report(DEVICE),
        lambda gateway: gateway.register_webhook(DEVICE, OURS),
        lambda gateway: gateway.missed_webhooks(DEVICE, since=SINCE),
    ],
)
def test_reads_what_the_error_of_a_question_means(
    ask: Any, name: str, message: str, kind: type[SendError]
) -> None:
    refusal = answer(500, {"name": name, "message": message, "code": 0})
    result, _ = drive(ask(whatsgate()), [refusal])
    assert type(result) is kind


def test_does_not_take_any_200_for_an_answer() -> None:
    result, _ = drive(whatsgate().register_webhook(DEVICE, OURS), [answer(200, b"<html></html>")])
    assert type(result) is TransientError


@pytest.mark.parametrize(
    "exchange",
    [
        whatsgate(api_key=None).device_report(DEVICE),
        whatsgate(api_key=None).missed_webhooks(DEVICE, since=SINCE),
        whatsgate().mark_read("", CUSTOMER, "3EB0A"),
        whatsgate().register_webhook("", OURS),
    ],
)
def test_asks_nothing_without_a_key_or_a_session(exchange: Exchange[Any]) -> None:
    requests: list[HttpRequest]
    result, requests = drive(exchange, [])
    assert isinstance(result, NotAuthorised | Rejected)
    assert requests == []
