"""Rijan's webhooks: the program's answers, those of its older guide, and what it does not have."""

from datetime import UTC, datetime
from typing import Any

import pytest

from bot.gateways.base import FailedWebhook, HttpResponse, Webhook
from bot.gateways.errors import NotAuthorised, NotSupported, Rejected
from bot.gateways.rijan import Rijan
from tests.gateways.contract import account_of, answer
from tests.gateways.rijan_calls import NO_ROUTE, SECRET, URL, ask, failure, fields_of, rijan

HOOK = "https://toko.contoh.invalid/webhook/rijan"
REAL = {"id": "wh_1", "url": HOOK, "events": ["message.received"], "enabled": True}
GUIDE = {"webhook_id": "wh_1", "url": HOOK, "events": ["message.received"], "status": "active"}
KEPT = Webhook(id="wh_1", url=HOOK, events=("message.received",), active=True)
NONE = answer(200, [])
UNKNOWN = failure(500, "Webhook not found")


@pytest.mark.parametrize(
    "registered", [answer(201, REAL), answer(200, {"success": True, "data": GUIDE})]
)
def test_registers_a_url_with_our_own_secret(registered: HttpResponse) -> None:
    result, (asked, request) = ask(rijan().register_webhook("", HOOK), NONE, registered)

    assert result == KEPT
    assert (asked.method, asked.url) == ("GET", f"{URL}/v1/webhooks")
    assert (request.method, request.url) == ("POST", f"{URL}/v1/webhooks")
    fields = fields_of(request)
    assert (fields["url"], fields["secret"]) == (HOOK, SECRET)
    assert {"message.received", "message.status", "device.disconnected"} <= set(fields["events"])
    assert request.is_safe


def test_registers_with_the_first_of_two_secrets() -> None:
    gateway = Rijan([account_of("rijan", "baru", "lama", api_key="k")])
    _, (_, request) = ask(gateway.register_webhook("", HOOK), NONE, answer(201, REAL))
    assert fields_of(request)["secret"] == "baru"


def test_renews_a_url_that_is_registered_already() -> None:
    result, (_, request) = ask(
        rijan().register_webhook("", HOOK, ["message.received"]),
        answer(200, [{**REAL, "id": "wh_0", "url": f"{HOOK}/lain"}, REAL]),
        answer(200, REAL),
    )

    assert result == KEPT
    assert (request.method, request.url) == ("PUT", f"{URL}/v1/webhooks/wh_1")
    assert fields_of(request) == {
        "events": ["message.received"],
        "secret": SECRET,
        "enabled": True,
    }


@pytest.mark.parametrize("events", [["*"], ["message.received", "message.terima"]])
def test_registers_no_event_that_would_never_be_posted(events: list[str]) -> None:
    result, requests = ask(rijan().register_webhook("", HOOK, events))

    assert isinstance(result, Rejected)
    assert events[-1] in result.reason
    assert requests == []


def test_registers_nothing_without_a_secret() -> None:
    gateway = Rijan([account_of("rijan", api_key="k")])
    result, requests = ask(gateway.register_webhook("", HOOK))

    assert isinstance(result, Rejected)
    assert "RIJAN_WEBHOOK_SECRET" in result.reason
    assert requests == []


@pytest.mark.parametrize(
    "body",
    [
        [REAL],
        {"success": True, "data": {"webhooks": [GUIDE]}},
        {"success": True, "data": [GUIDE]},
        {"webhooks": [REAL, None, 7]},
    ],
)
def test_lists_the_webhooks(body: Any) -> None:
    result, _ = ask(rijan().list_webhooks(""), answer(200, body))
    assert result == [KEPT]


@pytest.mark.parametrize("body", [[], {"data": []}, {"data": {"webhooks": []}}])
def test_lists_no_webhooks_where_there_are_none(body: Any) -> None:
    result, _ = ask(rijan().list_webhooks(""), answer(200, body))
    assert result == []


@pytest.mark.parametrize("body", [{}, {"data": None}, {"data": {"webhooks": 1}}, b"", b"<html>"])
def test_takes_an_answer_without_a_list_for_no_rijan(body: Any) -> None:
    result, _ = ask(rijan().list_webhooks(""), answer(200, body))
    assert isinstance(result, Rejected)


def test_reads_a_webhook_that_is_odd() -> None:
    odd = [{"id": 7, "events": ["a", 1, None], "enabled": "mungkin"}, {"status": "inactive"}]
    result, _ = ask(rijan().list_webhooks(""), answer(200, odd))
    assert result == [Webhook(id="7", events=("a",)), Webhook(active=False)]


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"url": f"{HOOK}/2"}, {"url": f"{HOOK}/2"}),
        ({"events": ["message.status"]}, {"events": ["message.status"]}),
        ({"active": False}, {"enabled": False}),
    ],
)
def test_changes_only_what_is_given(changes: dict[str, Any], fields: dict[str, Any]) -> None:
    exchange = rijan().update_webhook("", "wh_1", **changes)
    result, (request,) = ask(exchange, answer(200, {**REAL, "secret": "s"}))

    assert (request.method, request.url) == ("PUT", f"{URL}/v1/webhooks/wh_1")
    assert fields_of(request) == fields
    assert result.secret == "s"
    assert "'s'" not in repr(result)


def test_changes_nothing_where_nothing_is_given() -> None:
    result, requests = ask(rijan().update_webhook("", "wh_1"))
    assert isinstance(result, Rejected)
    assert requests == []


@pytest.mark.parametrize("done", [answer(204, b""), answer(200, {"success": True})])
def test_deletes_a_webhook(done: HttpResponse) -> None:
    result, (request,) = ask(rijan().delete_webhook("", "wh/1"), done)

    assert result is None
    assert (request.method, request.url) == ("DELETE", f"{URL}/v1/webhooks/wh%2F1")


def test_says_that_there_is_no_such_webhook() -> None:
    result, _ = ask(rijan().delete_webhook("", "wh_9"), UNKNOWN)
    assert isinstance(result, Rejected)
    assert result.reason == "Rijan knows no such id"


def test_tells_what_rijan_says_of_a_test() -> None:
    posted = answer(200, {"success": True, "data": {"message": "Test event sent"}})
    result, (request,) = ask(rijan().test_webhook("", "wh_1"), posted)

    assert result == "Test event sent"
    assert (request.method, request.url) == ("POST", f"{URL}/v1/webhooks/wh_1/test")


@pytest.mark.parametrize("response", [NO_ROUTE, answer(404, b"")])
def test_says_plainly_that_the_program_has_no_test(response: HttpResponse) -> None:
    with pytest.raises(NotSupported, match="cannot test a webhook"):
        ask(rijan().test_webhook("", "wh_1"), response)


def test_tells_an_unknown_webhook_from_an_unknown_address() -> None:
    result, _ = ask(
        rijan().test_webhook("", "wh_9"), failure(404, "Webhook not found", "NOT_FOUND")
    )
    assert isinstance(result, Rejected)


def test_lists_what_rijan_could_not_post() -> None:
    failed = {
        "event_id": "evt_1",
        "event": "message.received",
        "attempts": 3,
        "last_attempt": 1703145700,
        "error": "Connection timeout",
        "payload": {"event": "message.received"},
    }
    body = {"success": True, "data": {"failed_events": [failed, {"event": "x"}], "total": 2}}

    result, (request,) = ask(rijan().failed_webhooks(""), answer(200, body))

    assert request.url == f"{URL}/v1/webhooks/failed"
    assert result == [
        FailedWebhook(
            id="evt_1",
            event="message.received",
            error="Connection timeout",
            attempts=3,
            at=datetime(2023, 12, 21, 8, 1, 40, tzinfo=UTC),
        )
    ]


@pytest.mark.parametrize("response", [NO_ROUTE, UNKNOWN, answer(404, b"")])
def test_says_plainly_that_the_program_shows_no_failed_webhooks(response: HttpResponse) -> None:
    with pytest.raises(NotSupported, match="dlq"):
        ask(rijan().failed_webhooks(""), response)


def test_lets_rijan_post_a_failed_webhook_again() -> None:
    result, (request,) = ask(rijan().retry_webhook("", "evt_1"), answer(200, {"success": True}))

    assert result == "it is posted again"
    assert (request.method, request.url) == ("POST", f"{URL}/v1/webhooks/failed/evt_1/retry")
    assert request.is_safe


def test_says_plainly_that_the_program_posts_nothing_again() -> None:
    with pytest.raises(NotSupported, match="dlq"):
        ask(rijan().retry_webhook("", "evt_1"), NO_ROUTE)


def test_takes_a_refused_key_for_not_authorised_everywhere() -> None:
    refusal = failure(401, "Invalid API key", "INVALID_API_KEY")
    for exchange in (
        rijan().list_webhooks(""),
        rijan().failed_webhooks(""),
        rijan().test_webhook("", "wh_1"),
        rijan().delete_webhook("", "wh_1"),
    ):
        result, _ = ask(exchange, refusal)
        assert isinstance(result, NotAuthorised)


def test_has_no_record_of_past_webhooks() -> None:
    assert not Rijan.has("missed_webhooks")


CONNECTED = answer(200, {"data": {"device": {"status": "connected"}}})
PAIRING = answer(200, {"data": {"device": {"status": "needs_pairing"}}})
OURS = {**REAL, "secret": SECRET, "events": ["message.received", "message.status"]}


@pytest.mark.parametrize(
    ("responses", "findings"),
    [
        (
            [CONNECTED, answer(200, [REAL]), answer(200, OURS)],
            [(True, "the device is connected"), (True, "a webhook is registered with our secret")],
        ),
        (
            [PAIRING, NONE],
            [
                (False, "the device is needs_pairing"),
                (False, "none of 0 webhooks is signed with RIJAN_WEBHOOK_SECRET"),
            ],
        ),
        (
            [CONNECTED, answer(200, [REAL]), answer(200, {**OURS, "secret": "lain"})],
            [
                (True, "the device is connected"),
                (False, "none of 1 webhooks is signed with RIJAN_WEBHOOK_SECRET"),
            ],
        ),
        (
            [CONNECTED, answer(200, [REAL]), answer(200, {**OURS, "events": ["message.status"]})],
            [
                (True, "the device is connected"),
                (False, "the webhook is not told of message.received"),
            ],
        ),
    ],
)
def test_finds_what_keeps_webhooks_away(
    responses: list[HttpResponse], findings: list[tuple[bool, str]]
) -> None:
    result, _ = ask(rijan().inspect("d"), *responses)

    assert [(finding.ok, finding.what) for finding in result] == findings
    assert all(finding.ok or finding.advice for finding in result)


@pytest.mark.parametrize(
    "body", [{}, {"data": {}}, {"data": {"message": ""}}, {"data": {"message": 5}}, {"data": []}]
)
def test_says_in_its_own_words_what_the_program_does_not_say(body: dict[str, Any]) -> None:
    tested, _ = ask(rijan().test_webhook("", "wh_1"), answer(200, body))
    retried, _ = ask(rijan().retry_webhook("", "evt_1"), answer(200, body))

    assert (tested, retried) == ("a test was posted", "it is posted again")
