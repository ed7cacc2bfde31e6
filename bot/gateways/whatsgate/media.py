"""Fetches the media of a message. https://whatsgate.org/docs/api/get-messagemedia"""

import binascii
from base64 import b64decode

from bot.events import MediaReference
from bot.gateways.base import FetchedMedia, HttpResponse, JsonObject
from bot.gateways.errors import Rejected
from bot.gateways.reading import Payload, Text

# What marks a reference as the key of the media, not the long id of their message.
BY_KEY = "key:"
# An answer with a file is one long string and few words. Of as many bytes in small parts, each
# would take some hundred bytes of memory, so those are counted before anything is read.
MOST_PARTS = 10_000


class _Media(Payload):
    mimetype: Text = None
    filename: Text = None
    data: str | None = None


def question(reference: MediaReference) -> tuple[str, JsonObject]:
    """Return the command that fetches media, and its fields. Raises Rejected."""
    if not reference.id:
        raise Rejected("without an id the media cannot be fetched")
    if reference.id.startswith(BY_KEY):
        return "get-media", {"mediaKey": reference.id.removeprefix(BY_KEY)}
    return "get-messagemedia", {"MessageID": reference.id}


def check_shape(response: HttpResponse) -> None:
    """Raise Rejected for an answer of too many parts, which cannot be one with a file."""
    if sum(map(response.body.count, (b"{", b"[", b","))) > MOST_PARTS:
        raise Rejected("the answer has too many parts to be one with a file")


def read_media(body: JsonObject) -> FetchedMedia:
    """Return the media in an answer. Raises Rejected."""
    found = body.get("media")
    media = _Media.model_validate(found if isinstance(found, dict) else {})
    return FetchedMedia(
        content=_decode(media.data or ""), mimetype=media.mimetype, filename=media.filename
    )


def _decode(text: str) -> bytes:
    # WhatsApp Web keeps media as data: URLs, which begin with their type.
    encoded = text.rpartition(",")[2] if text.startswith("data:") else text
    try:
        content = b64decode("".join(encoded.split()), validate=True)
    except (binascii.Error, ValueError):
        raise Rejected("the media are no base64") from None
    if not content:
        raise Rejected("the media are empty")
    return content
