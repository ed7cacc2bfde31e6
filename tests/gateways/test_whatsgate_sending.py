"""What WhatsGate is sent: its types, its base64, its long ids, and what it only queues."""

import json
from base64 import b64decode
from typing import Any

import pytest

from bot import content
from bot.content import MEDIA_KINDS, Content, MediaKind
from bot.gateways.base import MIB, Attachment, HttpResponse, OutgoingMessage, SentMessage
from bot.gateways.errors import (
    DeviceOffline,
    NotAuthorised,
    NotSupported,
    OutcomeUnknown,
    RateLimited,
    Rejected,
    Scope,
    SendError,
)
from bot.gateways.whatsgate import Whatsgate
from bot.simulator.files import sample
from tests.gateways.contract import account_of, answer, drive

CUSTOMER = "6281200000011@c.us"
GROUP = "120363040000000021@g.us"
MENU = content.Choice(id="menu", title="Menu")
NOT_SENT: list[Content] = [
    content.Location(latitude=-6.2, longitude=106.8),
    content.Contacts(cards=(content.Card(name="Pak Budi"),)),
    content.Buttons(text="Mau apa?", buttons=(MENU,)),
    content.Listing(text="Mau apa?", label="Menu", sections=(content.Section(rows=(MENU,)),)),
    content.Template(name="pesanan_siap", language="id"),
    content.Reaction(message_id="3EB0A", emoji="👍"),
]


def whatsgate(**fields: Any) -> Whatsgate:
    return Whatsgate([account_of("whatsgate", "token-rahasia", api_key="kunci-api", **fields)])


def outgoing(said: Content, **fields: Any) -> OutgoingMessage:
    return OutgoingMessage(
        **{
            "device": "191c0ffee01",
            "address": CUSTOMER,
            "content": said,
            "reference": "42",
            "idempotency_key": "42-1",
            **fields,
        }
    )


def with_file(kind: MediaKind, text: str = "", **fields: Any) -> OutgoingMessage:
    mimetype, bytes_ = sample(kind)
    attachment = Attachment(**{"content": bytes_, "mimetype": mimetype, **fields})
    return outgoing(content.Media(kind=kind, text=text, file="berkas"), attachment=attachment)


def sent_body(message: OutgoingMessage, **account: Any) -> dict[str, Any]:
    _, (request,) = drive(whatsgate(**account).send(message), [answer(200, {"result": "OK"})])
    body: dict[str, Any] = json.loads(request.body)
    return body


def refused(name: str, message: str, **more: Any) -> SendError:
    response = answer(500, {"name": name, "message": message, "code": 0, **more})
    result, _ = drive(whatsgate().send(outgoing(content.Text(text="halo"))), [response])
    assert isinstance(result, SendError)
    return result


@pytest.mark.parametrize(
    ("kind", "written"),
    [
        ("image", "image"),
        ("sticker", "sticker"),
        ("voice", "voice"),
        ("document", "doc"),
        ("video", "doc"),
        ("audio", "doc"),
    ],
)
def test_sends_each_kind_of_file_as_a_type_that_whatsgate_has(
    kind: MediaKind, written: str
) -> None:
    message = sent_body(with_file(kind))["message"]

    mimetype, bytes_ = sample(kind)
    assert (message["type"], message["media"]["mimetype"]) == (written, mimetype)
    assert b64decode(message["media"]["data"], validate=True) == bytes_


def test_sends_a_caption_as_the_body() -> None:
    assert sent_body(with_file("image", "Menu hari ini"))["message"]["body"] == "Menu hari ini"


def test_sends_no_body_where_there_is_no_caption() -> None:
    assert set(sent_body(with_file("sticker"))["message"]) == {"type", "media"}


@pytest.mark.parametrize(
    ("kind", "mimetype", "given", "name"),
    [
        ("document", "application/pdf", "invoice.pdf", "invoice.pdf"),
        ("document", "application/pdf", "", "document.pdf"),
        ("voice", "audio/ogg; codecs=opus", "", "voice.ogg"),
        ("document", "application/vnd.ms-excel", "", "document"),
        ("document", "", "", "document"),
    ],
)
def test_gives_every_file_a_name(kind: MediaKind, mimetype: str, given: str, name: str) -> None:
    body = sent_body(with_file(kind, mimetype=mimetype, filename=given))
    assert body["message"]["media"]["filename"] == name


@pytest.mark.parametrize("said", NOT_SENT, ids=lambda said: said.kind)
def test_does_not_support_what_its_abilities_leave_out(said: Content) -> None:
    assert said.kind not in whatsgate().abilities("191c0ffee01").sends
    with pytest.raises(NotSupported):
        drive(whatsgate().send(outgoing(said)), [])


def test_takes_every_kind_of_file_as_bytes() -> None:
    abilities = whatsgate().abilities("191c0ffee01")
    assert set(MEDIA_KINDS) < abilities.sends
    assert set(abilities.media_limits) == set(MEDIA_KINDS)


@pytest.mark.parametrize(
    "attachment",
    [None, Attachment(link="https://toko.contoh.invalid/menu.png"), Attachment(uploaded="9")],
)
def test_refuses_a_file_without_bytes_before_any_request(attachment: Attachment | None) -> None:
    message = outgoing(content.Media(kind="image", file="menu.png"), attachment=attachment)
    result, requests = drive(whatsgate().send(message), [])
    assert (type(result), requests) == (Rejected, [])


def test_refuses_a_file_that_is_too_large_before_any_request() -> None:
    message = with_file("document", content=bytes(10 * MIB + 1))
    result, requests = drive(whatsgate().send(message), [])
    assert (type(result), requests) == (Rejected, [])


@pytest.mark.parametrize(
    ("address", "quoted_id", "quote"),
    [
        (CUSTOMER, "3EB0LAMA01", f"false_{CUSTOMER}_3EB0LAMA01"),
        ("6281200000011", "3EB0LAMA01", f"false_{CUSTOMER}_3EB0LAMA01"),
        ("120000000000011@lid", "3EB0LAMA01", "false_120000000000011@lid_3EB0LAMA01"),
        (CUSTOMER, f"true_{CUSTOMER}_3EB0LAMA01", f"true_{CUSTOMER}_3EB0LAMA01"),
        (GROUP, f"false_{GROUP}_3EB0A_{CUSTOMER}", f"false_{GROUP}_3EB0A_{CUSTOMER}"),
    ],
)
def test_quotes_by_the_long_id(address: str, quoted_id: str, quote: str) -> None:
    message = outgoing(content.Text(text="Siap"), address=address, quoted_id=quoted_id)
    assert sent_body(message)["message"]["quote"] == quote


def test_quotes_with_a_file_too() -> None:
    mimetype, bytes_ = sample("image")
    message = outgoing(
        content.Media(kind="image", file="menu.png"),
        attachment=Attachment(content=bytes_, mimetype=mimetype),
        quoted_id="3EB0A",
    )
    assert sent_body(message)["message"]["quote"] == f"false_{CUSTOMER}_3EB0A"


def test_sends_without_the_quote_where_it_is_not_found() -> None:
    missing = {"name": "Exception", "message": "Could not get the quoted message.", "code": 0}
    message = outgoing(content.Text(text="Siap"), quoted_id="3EB0A")
    responses = [answer(500, missing), answer(200, {"result": {"_id": "3EB0B"}})]

    result, requests = drive(whatsgate().send(message), responses)

    assert result == SentMessage(external_id="3EB0B")
    quotes = ["quote" in json.loads(request.body)["message"] for request in requests]
    assert quotes == [True, False]


def test_does_not_send_again_after_any_other_error() -> None:
    failure = answer(500, {"name": "Exception", "message": "Evaluation failed", "code": 0})
    message = outgoing(content.Text(text="Siap"), quoted_id="3EB0A")
    result, requests = drive(whatsgate().send(message), [failure])
    assert (type(result), len(requests)) == (OutcomeUnknown, 1)


@pytest.mark.parametrize(
    ("account", "flag", "ticket"),
    [
        ({}, False, None),
        ({"send_async": True}, True, "async"),
        ({"send_async": "1"}, True, "async"),
    ],
)
def test_queues_only_where_the_account_says_so(
    account: dict[str, Any], flag: bool, ticket: str | None
) -> None:
    gateway = whatsgate(**account)
    message = outgoing(content.Text(text="Siap"))

    result, (request,) = drive(gateway.send(message), [answer(200, {"result": "OK"})])

    assert json.loads(request.body)["async"] is flag
    assert result == SentMessage(ticket=ticket)


def test_a_send_is_no_question_that_could_be_asked_twice() -> None:
    _, (request,) = drive(
        whatsgate().send(outgoing(content.Text(text="halo"))), [answer(200, {"result": "OK"})]
    )
    assert not request.is_safe


@pytest.mark.parametrize(
    ("name", "message", "kind"),
    [
        ("Unauthorized", "Your request was made with invalid credentials.", NotAuthorised),
        ("Forbidden", "You are not allowed to perform this action.", NotAuthorised),
        ("Too Many Requests", "Rate limit exceeded.", RateLimited),
        ("Bad Request", "recipient is required", Rejected),
        ("Not Found", "Page not found.", Rejected),
        ("Unsupported Media Type", "None of your requested types are available.", Rejected),
        ("Exception", "WhatsApp session is not ready", DeviceOffline),
        ("Exception", "Session 191c0ffee01 does not exist", DeviceOffline),
        ("Exception", "Evaluation failed: Error: No LID for user", Rejected),
        ("Exception", "Evaluation failed: wid error: invalid wid", Rejected),
        ("Exception", "The number 6281200000011 is not registered", Rejected),
        ("Exception", "Evaluation failed: TypeError: reading 'serialize'", OutcomeUnknown),
        ("Internal Server Error", "An internal server error occurred.", OutcomeUnknown),
    ],
)
def test_reads_what_an_error_means_in_its_words(
    name: str, message: str, kind: type[SendError]
) -> None:
    assert type(refused(name, message)) is kind


@pytest.mark.parametrize(
    ("status", "kind"),
    [(429, RateLimited), (403, NotAuthorised), (500, OutcomeUnknown), ("429", OutcomeUnknown)],
)
def test_believes_the_status_that_an_error_hides(status: object, kind: type[SendError]) -> None:
    assert type(refused("Exception", "?", status=status)) is kind


def test_a_recipient_who_is_not_there_is_the_recipient_s_matter() -> None:
    assert refused("Exception", "No LID for user").scope is Scope.RECIPIENT


@pytest.mark.parametrize("body", [b"", b"[]", b'{"name":{},"message":[]}', b'{"status":true}'])
def test_an_error_without_words_leaves_the_outcome_open(body: bytes) -> None:
    response = HttpResponse(status=500, body=body)
    result, _ = drive(whatsgate().send(outgoing(content.Text(text="halo"))), [response])
    assert isinstance(result, OutcomeUnknown)
