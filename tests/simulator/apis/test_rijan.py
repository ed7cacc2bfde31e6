"""Rijan refuses with a code, and carries one idempotency key out once."""

import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import requests

from bot.simulator.faults import Fault, FaultKind
from bot.simulator.server import Simulator
from tests.simulator.calls import RIJAN, ApiCall, rijan_status

Make = Callable[[ApiCall], requests.Response]

DEVICE = "/rijan/v1/devices/device_melati"
TO = "6281200000001@s.whatsapp.net"
LINK = "https://toko.contoh.invalid/menu.jpg"
# Longer than the moment that WhatsApp takes.
A_MOMENT = 0.15


def to(route: str, **fields: Any) -> ApiCall:
    """Return a right call of another send route, with the fields given."""
    call = replace(RIJAN, path=f"{DEVICE}/messages/{route}")
    return call.with_fields(text=None, **fields)


MEDIA = to("media", mediaType="image", mediaUrl=LINK)
LOCATION = to("location", latitude=-6.2, longitude=106.8, name="Toko")
CONTACT = to("contact", contacts=[{"displayName": "Sari", "vcard": "BEGIN:VCARD\nEND:VCARD"}])
REACTION = to("reaction", messageId="3EB0A1", emoji="👍", fromMe=False)

RIJAN_WRONG = {
    "no key": (RIJAN.with_headers(Authorization=None), 401, "UNAUTHORIZED"),
    "another key": (RIJAN.with_headers(Authorization="Bearer x"), 401, "INVALID_API_KEY"),
    "unknown device": (
        replace(RIJAN, path="/rijan/v1/devices/x/messages/text"),
        404,
        "NOT_FOUND",
    ),
    "a bare number": (RIJAN.with_fields(to="6281200000001"), 400, "VALIDATION_ERROR"),
    "a hidden identity": (RIJAN.with_fields(to="123@lid"), 400, "VALIDATION_ERROR"),
    "the other library's JID": (
        RIJAN.with_fields(to="6281200000001@c.us"),
        400,
        "VALIDATION_ERROR",
    ),
    "no text": (RIJAN.with_fields(text=None), 500, "INTERNAL_ERROR"),
    "a text that is none": (RIJAN.with_fields(text=7), 500, "INTERNAL_ERROR"),
    "a misspelt field": (RIJAN.with_fields(quoted="3EB0A1"), 500, "INTERNAL_ERROR"),
    "no JSON": (replace(RIJAN, body=b"{"), 500, "INTERNAL_ERROR"),
    "a form": (RIJAN.with_headers(Content_Type="text/plain"), 500, "INTERNAL_ERROR"),
    "too large": (RIJAN.with_fields(text="a" * (1024 * 1024)), 500, "INTERNAL_ERROR"),
    "a sticker": (MEDIA.with_fields(mediaType="sticker"), 500, "INTERNAL_ERROR"),
    "no link": (MEDIA.with_fields(mediaUrl=None), 500, "INTERNAL_ERROR"),
    "bytes": (MEDIA.with_fields(mediaBuffer="AAEC"), 500, "INTERNAL_ERROR"),
    "a local link": (MEDIA.with_fields(mediaUrl="http://localhost/x"), 500, "INTERNAL_ERROR"),
    "no longitude": (LOCATION.with_fields(longitude=None), 500, "INTERNAL_ERROR"),
    "a latitude in words": (LOCATION.with_fields(latitude="-6.2"), 500, "INTERNAL_ERROR"),
    "no contact": (CONTACT.with_fields(contacts=[]), 500, "INTERNAL_ERROR"),
    "a contact without a card": (CONTACT.with_fields(contacts=[{}]), 500, "INTERNAL_ERROR"),
    "no emoji": (REACTION.with_fields(emoji=None), 500, "INTERNAL_ERROR"),
    "no message": (REACTION.with_fields(messageId=None), 500, "INTERNAL_ERROR"),
    "a location to nobody": (LOCATION.with_fields(to="1@lid"), 400, "VALIDATION_ERROR"),
}


@pytest.mark.parametrize("case", RIJAN_WRONG)
def test_rijan_refuses_with_a_code(case: str, simulator: Simulator, make: Make) -> None:
    call, status, code = RIJAN_WRONG[case]

    response = make(call)

    assert (response.status_code, response.json()["error"]["code"]) == (status, code)
    assert response.json()["success"] is False
    assert simulator.sent == []


@pytest.mark.parametrize("path", ["/rijan/v1/messages", f"{DEVICE}/messages/poll", f"{DEVICE}/x"])
def test_rijan_knows_no_other_route(path: str, make: Make) -> None:
    response = make(replace(RIJAN, path=path))

    assert response.status_code == 404
    assert response.json()["statusCode"] == 404


def test_rijan_takes_its_key_in_either_header(simulator: Simulator, make: Make) -> None:
    make(RIJAN.with_headers(Authorization=None, X_API_Key="key-rijan"))

    assert len(simulator.sent) == 1


@pytest.mark.parametrize("call", [RIJAN, MEDIA, LOCATION, CONTACT, REACTION])
def test_rijan_looks_at_the_device_before_the_recipient(
    call: ApiCall, simulator: Simulator, make: Make
) -> None:
    simulator.set_offline("rijan", "device_melati")

    response = make(call.with_fields(to="6281200000001"))

    assert response.json()["error"]["message"] == "Device is not connected"


@pytest.mark.parametrize(
    ("call", "kind", "text", "media"),
    [
        (MEDIA.with_fields(caption="Menu"), "image", "Menu", LINK),
        (MEDIA.with_fields(mediaType="audio", ptt=True), "voice", "", LINK),
        (MEDIA.with_fields(mediaType="document", fileName="a.pdf"), "document", "", LINK),
        (LOCATION, "location", "Toko", ""),
        (CONTACT, "contacts", "Sari", ""),
        (REACTION, "reaction", "👍", ""),
    ],
)
def test_rijan_keeps_what_it_was_asked_to_send(
    call: ApiCall, kind: str, text: str, media: str, simulator: Simulator, make: Make
) -> None:
    assert make(call).status_code == 200

    [sent] = simulator.sent
    assert (sent.kind, sent.to, sent.text, sent.media) == (kind, TO, text, media)


def test_rijan_tells_no_id_of_locations_and_contacts(make: Make) -> None:
    assert make(LOCATION).json() == make(CONTACT).json() == {"status": "queued"}


@pytest.mark.parametrize("call", [RIJAN, MEDIA])
def test_rijan_carries_out_a_repeated_idempotency_key_once(
    call: ApiCall, simulator: Simulator, make: Make
) -> None:
    first, second = make(call), make(call)

    assert first.json() == second.json()
    assert first.json()["idempotencyKey"] == "key-1"
    assert len(simulator.sent) == 1


def test_rijan_forgets_the_key_of_a_location(simulator: Simulator, make: Make) -> None:
    make(LOCATION)
    make(LOCATION)

    assert len(simulator.sent) == 2


def test_rijan_carries_out_two_idempotency_keys(simulator: Simulator, make: Make) -> None:
    first = make(RIJAN)
    second = make(RIJAN.with_fields(idempotencyKey=None).with_headers(Idempotency_Key="key-2"))

    assert first.json()["id"] != second.json()["id"]
    assert [sent.idempotency_key for sent in simulator.sent] == ["key-1", "key-2"]


def test_rijan_tells_the_whatsapp_id_a_moment_later(simulator: Simulator, make: Make) -> None:
    status = rijan_status(make(RIJAN).json()["messageId"])

    at_once = make(status).json()
    time.sleep(A_MOMENT)
    later = make(status).json()

    assert (at_once["status"], at_once["waMessageId"]) == ("queued", "")
    assert (later["status"], later["waMessageId"]) == ("sent", simulator.sent[0].whatsapp_id)


def test_rijan_calls_a_lost_message_sent(simulator: Simulator, make: Make) -> None:
    simulator.plan("rijan", Fault(kind=FaultKind.LOST))
    status = rijan_status(make(RIJAN).json()["messageId"])

    time.sleep(A_MOMENT)
    told = make(status).json()

    assert (told["status"], told["waMessageId"], told["attempts"]) == ("sent", "", 1)


@pytest.mark.parametrize("message_id", ["msg_0", ""])
def test_rijan_does_not_know_the_status_of_a_message_that_it_never_took(
    message_id: str, make: Make
) -> None:
    response = make(rijan_status(message_id))
    assert response.status_code in (404, 500)


def test_rijan_tells_no_status_by_the_whatsapp_id(simulator: Simulator, make: Make) -> None:
    make(LOCATION)
    assert make(rijan_status(simulator.sent[0].whatsapp_id)).status_code == 500


def test_rijan_says_how_a_device_is(simulator: Simulator, make: Make) -> None:
    call = replace(RIJAN, path=DEVICE, method="GET", body=b"")

    states = [make(call).json()["data"]["device"]["status"]]
    simulator.set_offline("rijan", "device_melati")
    states.append(make(call).json()["data"]["device"]["status"])

    assert states == ["connected", "disconnected"]
