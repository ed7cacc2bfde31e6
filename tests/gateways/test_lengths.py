"""What is too long or too large is refused before any request, wherever it would go."""

from typing import Any

import pytest

from bot import content
from bot.content import Content, MediaKind
from bot.gateways import GATEWAYS
from bot.gateways.base import KIB, MIB, Attachment, Capabilities, Gateway, OutgoingMessage
from bot.gateways.errors import Rejected
from bot.gateways.lengths import check_lengths
from tests.gateways.contract import CURRENT, account_of, drive

SETTINGS: dict[str, dict[str, Any]] = {
    "wagate": {"api_token": "kunci"},
    "rijan": {"api_key": "kunci"},
    "csku": {
        "api_key": "kunci",
        "send_path": "/v1/kirim",
        "send_media_body": '{"c": {conversation_id}, "u": {url}, "t": {caption}}',
    },
    "whatsgate": {"api_key": "kunci"},
}
WORD = "rahasia"
LINK = "https://toko.example/kebaya.png"
ABILITIES = Capabilities(
    sends=frozenset({"text", "image", "document"}),
    text_limit=10,
    caption_limit=5,
    media_limits={"image": 2 * MIB, "document": 3 * KIB},
)

every_gateway = pytest.mark.parametrize("name", SETTINGS)


def gateway_of(name: str) -> Gateway:
    return GATEWAYS[name]([account_of(name, CURRENT, **SETTINGS[name])])


def outgoing(said: Content, *, size: int = 0) -> OutgoingMessage:
    by_bytes = Attachment(content=b"x" * size, mimetype="image/png")
    return OutgoingMessage(
        device="toko",
        address="6281200000021",
        content=said,
        reference="17",
        idempotency_key="17-1",
        attachment=by_bytes if size else Attachment(link=LINK, mimetype="image/png"),
    )


def picture(caption: str = "", *, kind: MediaKind = "image") -> content.Media:
    return content.Media(kind=kind, link=LINK, text=caption)


def words(length: int) -> str:
    return (WORD * length)[:length]


@every_gateway
def test_refuses_a_text_of_one_character_too_many(name: str) -> None:
    gateway = gateway_of(name)
    limit = gateway.abilities("toko").text_limit

    result, requests = drive(gateway.send(outgoing(content.Text(text=words(limit + 1)))), [])

    assert isinstance(result, Rejected)
    assert (requests, str(limit) in str(result), WORD in str(result)) == ([], True, False)


@every_gateway
def test_refuses_a_caption_of_one_character_too_many(name: str) -> None:
    gateway = gateway_of(name)
    limit = gateway.abilities("toko").caption_limit
    size = 10 if name == "whatsgate" else 0

    result, requests = drive(gateway.send(outgoing(picture(words(limit + 1)), size=size)), [])

    assert isinstance(result, Rejected)
    assert (requests, str(limit) in str(result), WORD in str(result)) == ([], True, False)


@every_gateway
def test_lets_a_text_of_the_full_length_pass(name: str) -> None:
    gateway = gateway_of(name)
    full = content.Text(text=words(gateway.abilities("toko").text_limit))

    assert next(gateway.send(outgoing(full))).body


def test_a_caption_has_no_room_where_the_body_has_no_place_for_it() -> None:
    fields = {**SETTINGS["csku"], "send_media_body": '{"c": {conversation_id}, "u": {url}}'}
    gateway = GATEWAYS["csku"]([account_of("csku", CURRENT, **fields)])

    result, requests = drive(gateway.send(outgoing(picture("Baru"))), [])

    assert (type(result), requests) == (Rejected, [])


@pytest.mark.parametrize(
    ("said", "size", "limit"),
    [
        (content.Text(text="a" * 11), 0, "the text is longer than 10 characters"),
        (picture("a" * 6), 0, "the caption is longer than 5 characters"),
        (picture(), 2 * MIB + 1, "the image is larger than 2 MiB"),
        (picture(kind="document"), 3 * KIB + 1, "the document is larger than 3 KiB"),
    ],
)
def test_names_the_limit(said: Content, size: int, limit: str) -> None:
    with pytest.raises(Rejected) as caught:
        check_lengths(outgoing(said, size=size), ABILITIES)

    assert caught.value.reason == limit


@pytest.mark.parametrize(
    ("said", "size"),
    [
        (content.Text(text="a" * 10), 0),
        (picture("a" * 5), 2 * MIB),
        (picture(kind="document"), 3 * KIB),
        # Not sent at all, which is another refusal.
        (picture("a" * 6, kind="video"), 0),
        (content.Location(latitude=0, longitude=0, name="a" * 99), 0),
    ],
)
def test_takes_what_just_fits(said: Content, size: int) -> None:
    check_lengths(outgoing(said, size=size), ABILITIES)


def test_a_kind_without_a_limit_may_be_of_any_size() -> None:
    check_lengths(outgoing(picture(), size=9), Capabilities(sends=frozenset({"image"})))
