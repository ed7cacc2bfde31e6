"""How CSKU sends, which only its settings tell."""

import json
import re
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from dotenv import dotenv_values
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from bot import content
from bot.gateways.base import (
    Attachment,
    MediaBy,
    OutgoingMessage,
    SentMessage,
)
from bot.gateways.csku import Csku
from bot.gateways.csku.bodies import fill
from bot.gateways.errors import (
    NotSupported,
    Rejected,
)
from tests.gateways.contract import account_of, answer, drive

ROOT = Path(__file__).parents[2]
DEVICE = "kanal_kopi"
LINK = "https://toko.example/kebaya.png"
DONE = answer(200, {"status": 1, "message": "Sukses"})
MEDIA_BODY = (
    '{"to": {"id": "{conversation_id}"}, "kind": {type}, "files": [{"link": {url}}],'
    ' "words": "{caption} ({filename})", "retries": 3}'
)
KINDS = {"text", "image", "video", "audio", "document"}


def csku(**fields: Any) -> Csku:
    settings = {"api_key": "kunci-api", "business_id": "bisnis_kopi", "send_path": "/v1/kirim"}
    return Csku([account_of("csku", "rahasia", **{**settings, **fields})])


def message(said: content.Content, **attachment: Any) -> OutgoingMessage:
    return OutgoingMessage(
        device=DEVICE,
        address="percakapan_88",
        content=said,
        reference="42",
        idempotency_key="42-1",
        attachment=Attachment(**attachment) if attachment else None,
    )


def sent_fields(said: content.Content, **fields: Any) -> Any:
    """Return the body that sends a content whose file lies at LINK."""
    attachment = {"link": LINK, "filename": "a.png"} if isinstance(said, content.Media) else {}
    result, (request,) = drive(csku(**fields).send(message(said, **attachment)), [DONE])
    assert result == SentMessage()
    return json.loads(request.body)


@pytest.mark.parametrize(
    "body",
    [
        '{"id": "{conversation_id}", "words": "{text}", "n": 1}',
        '{"id": {conversation_id}, "words": {text}, "n": 1}',
        {"id": "{conversation_id}", "words": "{text}", "n": 1},
    ],
    ids=["in strings", "as values", "an object"],
)
def test_fills_the_body_that_the_account_describes(body: object) -> None:
    fields = sent_fields(content.Text(text='Siap "kak" ☕\n'), send_body=body)

    assert fields == {"id": "percakapan_88", "words": 'Siap "kak" ☕\n', "n": 1}


@given(text=st.text(), address=st.text())
def test_what_is_filled_in_changes_nothing_around_it(text: str, address: str) -> None:
    template = '{"a": ["{text}", "<{text}>{conversation_id}"], "b": {text}, "c": {"d": null}}'

    assert fill(template, {"text": text, "conversation_id": address}) == {
        "a": [text, f"<{text}>{address}"],
        "b": text,
        "c": {"d": None},
    }


def test_braces_in_a_text_are_only_braces() -> None:
    fields = sent_fields(content.Text(text="{conversation_id} {text}"))

    assert fields["content"]["text"] == "{conversation_id} {text}"


@pytest.mark.parametrize("kind", ["image", "video", "audio", "document"])
def test_sends_media_the_way_the_account_describes(kind: content.MediaKind) -> None:
    said = content.Media(kind=kind, link=LINK, text="Kebaya")

    assert sent_fields(said, send_media_body=MEDIA_BODY) == {
        "to": {"id": "percakapan_88"},
        "kind": kind,
        "files": [{"link": LINK}],
        "words": "Kebaya (a.png)",
        "retries": 3,
    }


@pytest.mark.parametrize(
    ("fields", "sends", "media_by", "caption_limit"),
    [
        ({"send_path": ""}, set(), (), 1024),
        ({}, {"text"}, (), 1024),
        ({"send_media_body": MEDIA_BODY}, KINDS, (MediaBy.LINK,), 1024),
        (
            {"send_media_body": '{"c": {conversation_id}, "u": {url}}'},
            KINDS,
            (MediaBy.LINK,),
            0,
        ),
    ],
)
def test_can_send_what_its_settings_describe(
    fields: dict[str, str], sends: set[str], media_by: tuple[MediaBy, ...], caption_limit: int
) -> None:
    abilities = csku(**fields).abilities(DEVICE)

    assert set(abilities.sends) == sends
    assert (abilities.media_by, abilities.caption_limit) == (media_by, caption_limit)


def test_names_the_setting_without_which_it_sends_no_media() -> None:
    picture = message(content.Media(kind="image", link=LINK), link=LINK)

    with pytest.raises(NotSupported, match="CSKU_SEND_MEDIA_BODY"):
        drive(csku().send(picture), [])


@pytest.mark.parametrize(
    "said",
    [
        content.Media(kind="voice", link=LINK),
        content.Media(kind="sticker", link=LINK),
        content.Location(latitude=-6.2, longitude=106.8),
        content.Buttons(text="Pilih", buttons=(content.Choice(id="a", title="A"),)),
        content.Reaction(message_id="pesan_1", emoji="👍"),
    ],
    ids=lambda said: said.kind,
)
def test_sends_nothing_else(said: content.Content) -> None:
    gateway = csku(send_media_body=MEDIA_BODY)

    assert said.kind not in gateway.abilities(DEVICE).sends
    with pytest.raises(NotSupported, match=f"cannot send {said.kind}"):
        drive(gateway.send(message(said, link=LINK)), [])


def test_takes_media_by_their_address_only() -> None:
    picture = message(content.Media(kind="image", stored="a" * 64), content=b"x")

    with pytest.raises(NotSupported, match="address"):
        drive(csku(send_media_body=MEDIA_BODY).send(picture), [])


def test_refuses_a_text_that_is_too_long_before_any_request() -> None:
    result, requests = drive(csku().send(message(content.Text(text="a" * 4097))), [])

    assert isinstance(result, Rejected)
    assert requests == []


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"send_body": "halo {text} {conversation_id}"}, "expected JSON"),
        ({"send_body": '["{text}", "{conversation_id}"]'}, "JSON object"),
        ({"send_body": '{"c": "{conversation_id}"}'}, "{text} is not in it"),
        ({"send_body": '{"t": "{text}"}'}, "{conversation_id} is not in it"),
        (
            {"send_body": '{"t": "{text}", "c": "{conversation_id}{nomor}"}'},
            "{nomor} is not a place",
        ),
        ({"send_media_body": '{"c": "{conversation_id}"}'}, "{url} is not in it"),
        ({"send_media_body": '{"c": "{conversation_id}", "u": "{url}{text}"}'}, "{text} is not a"),
        ({"send_media_body": "[" * 100_000}, "nested too deeply"),
    ],
)
def test_refuses_a_body_that_could_not_be_sent(fields: dict[str, str], reason: str) -> None:
    with pytest.raises(ValidationError) as caught:
        csku(**fields)

    assert reason in caught.value.errors()[0]["msg"]


def test_a_body_needs_no_conversation_where_the_path_names_it() -> None:
    fields = {"send_path": "/v1/kirim/{conversation_id}", "send_body": '{"t": {text}}'}

    assert sent_fields(content.Text(text="Siap"), **fields) == {"t": "Siap"}


def test_the_examples_that_people_copy_are_bodies_that_can_be_sent() -> None:
    example = (ROOT / ".env.example").read_text(encoding="utf-8").replace("# CSKU_", "CSKU_")
    from_example = dotenv_values(stream=StringIO(example))["CSKU_SEND_BODY"]
    page = (ROOT / "docs" / "gateways.md").read_text(encoding="utf-8")
    [for_media] = re.findall(r"`CSKU_SEND_MEDIA_BODY=(.*)`", page)
    text, picture = content.Text(text="Siap"), content.Media(kind="image", link=LINK, text="Baru")

    assert sent_fields(text, send_body=from_example) == sent_fields(text)
    assert sent_fields(picture, send_media_body=for_media) == {
        "conversation_id": "percakapan_88",
        "content": {"type": "image", "text": "Baru", "attachments": [{"url": LINK}]},
    }
