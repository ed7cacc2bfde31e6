"""Composed webhooks are what the gateways' own modules verify and read."""

from datetime import UTC, datetime, timedelta, timezone
from random import Random
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from bot.events import (
    Author,
    Chat,
    Event,
    Kind,
    MessageEcho,
    MessageReceived,
    MessageType,
    Status,
    StatusChanged,
)
from bot.gateways.base import WebhookRequest
from bot.gateways.errors import Forged
from bot.simulator.compose import (
    DEVICES,
    GROUP,
    SENDER,
    STATUS_WORDS,
    address_of,
    cases,
    compose,
    gateways,
    text_message,
)
from bot.simulator.signers import SIGNERS, SignedWebhook
from tests.simulator.gateways import account_of, gateway_of

NOW = datetime(2026, 3, 14, 9, 26, 53, tzinfo=UTC)
KINDS = {
    "meta": {
        "text": Kind.MESSAGE_RECEIVED,
        "image": Kind.MESSAGE_RECEIVED,
        "voice": Kind.MESSAGE_RECEIVED,
        "button": Kind.MESSAGE_RECEIVED,
        "list": Kind.MESSAGE_RECEIVED,
        "group": Kind.MESSAGE_RECEIVED,
        "reaction": Kind.MESSAGE_RECEIVED,
        "status": Kind.MESSAGE_STATUS,
        "failed": Kind.MESSAGE_STATUS,
        "call": Kind.CALL_RECEIVED,
        "quality": Kind.ACCOUNT_NOTICE,
    },
    "wagate": {
        "text": Kind.MESSAGE_RECEIVED,
        "image": Kind.MESSAGE_RECEIVED,
        "status": Kind.MESSAGE_STATUS,
        "ready": Kind.DEVICE_CONNECTED,
        "disconnected": Kind.DEVICE_DISCONNECTED,
        "qr": Kind.DEVICE_QR,
    },
    "rijan": {
        "text": Kind.MESSAGE_RECEIVED,
        "documented": Kind.MESSAGE_RECEIVED,
        "image": Kind.MESSAGE_RECEIVED,
        "button": Kind.MESSAGE_RECEIVED,
        "list": Kind.MESSAGE_RECEIVED,
        "group": Kind.MESSAGE_RECEIVED,
        "status": Kind.MESSAGE_STATUS,
        "receipts": Kind.MESSAGE_STATUS,
        "connected": Kind.DEVICE_CONNECTED,
        "disconnected": Kind.DEVICE_DISCONNECTED,
        "call": Kind.CALL_RECEIVED,
        "member": Kind.GROUP_CHANGED,
    },
    "csku": {
        "text": Kind.MESSAGE_RECEIVED,
        "image": Kind.MESSAGE_RECEIVED,
        "human": Kind.MESSAGE_RECEIVED,
        "agent": Kind.MESSAGE_ECHO,
        "ai": Kind.MESSAGE_ECHO,
        "connected": Kind.DEVICE_CONNECTED,
        "disconnected": Kind.DEVICE_DISCONNECTED,
    },
    "whatsgate": {
        "text": Kind.MESSAGE_RECEIVED,
        "image": Kind.MESSAGE_RECEIVED,
        "quoted": Kind.MESSAGE_RECEIVED,
        "group": Kind.MESSAGE_RECEIVED,
        "create": Kind.MESSAGE_ECHO,
        "sent": Kind.MESSAGE_ECHO,
        "status": Kind.MESSAGE_STATUS,
        "ready": Kind.DEVICE_CONNECTED,
        "disconnected": Kind.DEVICE_DISCONNECTED,
        "error": Kind.MESSAGE_STATUS,
    },
}
EVERY_CASE = [(name, case) for name in gateways() for case in cases(name)]
TOLD_STATUSES = [(name, status) for name in gateways() for status in STATUS_WORDS[name]]


def read(name: str, body: bytes) -> Event:
    """Return the one event that a gateway's module reads."""
    [event] = gateway_of(name).parse(WebhookRequest(body=body))
    return event


def request_of(webhook: SignedWebhook) -> WebhookRequest:
    """Return a signed webhook as it reaches the receiver."""
    url = urlsplit(webhook.path)
    token = unquote("/".join(url.path.split("/")[3:]))
    return WebhookRequest(
        path=url.path,
        token=token,
        query={field: values[-1] for field, values in parse_qs(url.query).items()},
        headers={field.lower(): value for field, value in webhook.headers.items()},
        body=webhook.body,
    )


@pytest.mark.parametrize("name", gateways())
def test_every_case_has_an_expected_kind(name: str) -> None:
    assert cases(name) == sorted(KINDS[name])


@pytest.mark.parametrize(("name", "case"), EVERY_CASE)
def test_a_case_is_read_as_its_kind(name: str, case: str) -> None:
    event = read(name, compose(name, case, now=NOW))

    assert event.kind is KINDS[name][case]


@pytest.mark.parametrize(("name", "case"), EVERY_CASE)
def test_a_case_is_of_the_device_and_of_now(name: str, case: str) -> None:
    event = read(name, compose(name, case, now=NOW))

    # Neither of these names what it might: account news no device, a call of Meta's fields a time.
    assert event.device in (DEVICES[name], "")
    assert event.occurred_at in (NOW, None)


@pytest.mark.parametrize(("name", "case"), EVERY_CASE)
def test_a_signed_case_is_accepted(name: str, case: str) -> None:
    account = account_of(name)
    webhook = SIGNERS[name](account, compose(name, case, now=NOW))

    assert gateway_of(name).verify(request_of(webhook)) == (account,)


@pytest.mark.parametrize("name", ["meta", "wagate", "rijan"])
def test_a_body_changed_after_signing_is_refused(name: str) -> None:
    webhook = SIGNERS[name](account_of(name), text_message(name, now=NOW))
    request = request_of(SignedWebhook(webhook.path, webhook.headers, webhook.body + b" "))

    with pytest.raises(Forged):
        gateway_of(name).verify(request)


@pytest.mark.parametrize("name", gateways())
def test_a_text_is_read_as_it_was_written(name: str) -> None:
    text = 'Café "dua"/{{id}} 🎉\nbaris\\kedua'

    event = read(
        name,
        text_message(name, "", now=NOW, sender="6281200000007", text=text, name="Ni Luh {{x}}"),
    )

    assert isinstance(event, MessageReceived)
    assert (event.text, event.name) == (
        text,
        None if name == "whatsgate" else "Ni Luh {{x}}",
    )
    assert event.address == address_of(name, "6281200000007")
    assert (event.type, event.chat) == (MessageType.TEXT, Chat.PRIVATE)


@pytest.mark.parametrize("name", gateways())
def test_half_a_surrogate_pair_is_still_readable(name: str) -> None:
    event = read(name, text_message(name, now=NOW, text="halo \ud83d"))

    assert isinstance(event, MessageReceived)
    assert event.text == "halo \N{REPLACEMENT CHARACTER}"


@pytest.mark.parametrize("name", gateways())
def test_every_message_has_an_id_of_its_own(name: str) -> None:
    first, second = (read(name, text_message(name, now=NOW)) for _ in range(2))

    assert first.key != second.key


@pytest.mark.parametrize("name", gateways())
def test_the_same_chance_gives_the_same_webhook(name: str) -> None:
    first, second = (text_message(name, now=NOW, random=Random(7)) for _ in range(2))

    assert first == second


@pytest.mark.parametrize("name", gateways())
def test_a_given_id_and_device_are_kept(name: str) -> None:
    event = read(name, text_message(name, "device-2", now=NOW, message_id="3EB0AA"))

    assert isinstance(event, MessageReceived)
    assert (event.external_id, event.device) == ("3EB0AA", "device-2")


def test_meta_escapes_as_on_the_wire() -> None:
    body = text_message("meta", now=NOW, text="é/")

    assert b'"body":"\\u00e9\\/"' in body


def test_rijan_writes_plain_compact_utf_8() -> None:
    body = text_message("rijan", now=NOW, text="é/")

    assert '"conversation":"é/"'.encode() in body


@pytest.mark.parametrize(("name", "status"), TOLD_STATUSES)
def test_a_status_is_read_as_it_was_meant(name: str, status: Status) -> None:
    body = compose(name, "status", now=NOW, status=status, message_id="3EB0AA")

    event = read(name, body)

    assert isinstance(event, StatusChanged)
    assert (event.external_id, event.status) == ("3EB0AA", status)


def test_meta_gives_our_reference_back_where_there_is_one() -> None:
    with_reference = read("meta", compose("meta", "status", now=NOW, reference="ref-1"))
    without = compose("meta", "status", now=NOW)

    assert isinstance(with_reference, StatusChanged)
    assert with_reference.reference == "ref-1"
    assert b"biz_opaque_callback_data" not in without


@pytest.mark.parametrize(("name", "status"), [("rijan", Status.FAILED), ("meta", Status.FAILED)])
def test_a_status_that_the_gateway_does_not_tell_so_is_refused(name: str, status: Status) -> None:
    with pytest.raises(ValueError, match="does not tell the status failed"):
        compose(name, "status", now=NOW, status=status)


@pytest.mark.parametrize(("name", "case"), [("meta", "fax"), ("telegram", "text"), ("csku", "..")])
def test_an_unknown_case_is_refused(name: str, case: str) -> None:
    with pytest.raises(KeyError):
        compose(name, case, now=NOW)


@pytest.mark.parametrize("name", ["meta", "rijan"])
@pytest.mark.parametrize("case", ["button", "list"])
def test_a_button_is_read_with_its_id(name: str, case: str) -> None:
    event = read(name, compose(name, case, now=NOW, button="batal", text="Batal"))

    assert isinstance(event, MessageReceived)
    assert event.button is not None
    assert (event.button.id, event.button.title) == ("batal", "Batal")


@pytest.mark.parametrize("name", ["meta", "rijan", "whatsgate"])
def test_a_group_message_is_of_the_group_and_its_sender(name: str) -> None:
    event = read(name, compose(name, "group", now=NOW))

    assert isinstance(event, MessageReceived)
    assert event.chat is Chat.GROUP
    assert (event.address or "").startswith(GROUP)
    assert event.sender == address_of(name, SENDER)


@pytest.mark.parametrize("name", gateways())
def test_an_image_is_read_with_its_media(name: str) -> None:
    event = read(name, compose(name, "image", now=NOW, text="foto"))

    assert isinstance(event, MessageReceived)
    assert (event.type, event.text) == (MessageType.IMAGE, "foto")
    assert event.media is not None


@pytest.mark.parametrize(("case", "author"), [("agent", Author.AGENT), ("ai", Author.AI)])
def test_an_echo_of_csku_is_read_with_its_author(case: str, author: Author) -> None:
    event = read("csku", compose("csku", case, now=NOW))

    assert isinstance(event, MessageEcho)
    assert event.author is author


def test_times_are_those_of_now_in_any_zone() -> None:
    jakarta = NOW.astimezone(timezone(timedelta(hours=7)))

    bodies = {text_message("wagate", now=each, random=Random(1)) for each in (NOW, jakarta)}

    assert len(bodies) == 1
    assert b'"timestamp":"2026-03-14T09:26:53.000Z"' in bodies.pop()
