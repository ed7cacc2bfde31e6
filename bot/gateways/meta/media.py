"""Media at Meta: upload them before a message, fetch those that a webhook refers to.

https://developers.facebook.com/documentation/business-messaging/whatsapp/business-phone-numbers/media
"""

import hashlib
import re

from bot.events import MediaReference
from bot.gateways.base import (
    Attachment,
    Exchange,
    FetchedMedia,
    HttpRequest,
    HttpResponse,
    JsonObject,
    header,
)
from bot.gateways.errors import Rejected, TransientError
from bot.gateways.meta.errors import Refusal
from bot.gateways.meta.graph import Graph, read_safe
from bot.gateways.meta.limits import base_type
from bot.gateways.reading import Payload, Text

# Where the addresses of media lead, beside the API itself.
HOSTS = (".fbsbx.com", ".whatsapp.net")
GONE = Refusal(Rejected, "the media are gone: Meta keeps them for seven days")
NOT_FOUND = 404
# What would end a quoted file name, or its header.
UNQUOTABLE = re.compile(r'[\x00-\x1f"\\/]')


class Uploaded(Payload):
    """What Meta answers to an upload."""

    id: Text = None


class Found(Payload):
    """What Meta answers to the question where media are; the address lives for five minutes."""

    url: Text = None
    mime_type: Text = None


def upload(graph: Graph, attachment: Attachment, content: bytes) -> Exchange[str]:
    """Upload media and return their id, which lives for thirty days."""
    response = yield _form(graph, attachment, content)
    media_id = Uploaded.model_validate(read_safe(response)).id
    if not media_id:
        raise TransientError(f"status {response.status} without a media id")
    return media_id


def place(attachment: Attachment, uploaded: str | None) -> JsonObject:
    """Say in a message where its media are."""
    media_id = uploaded or attachment.uploaded
    return {"id": media_id} if media_id else {"link": attachment.link}


def fetch(graph: Graph, reference: MediaReference) -> Exchange[FetchedMedia]:
    """Fetch the bytes of media; an address that is no longer valid is asked for once more."""
    found = yield from _locate(graph, reference)
    response = yield _download(graph, found)
    if response.status == NOT_FOUND and reference.id:
        found = yield from _locate(graph, reference)
        response = yield _download(graph, found)
    if response.status == NOT_FOUND:
        raise Rejected(GONE.reason, code=str(NOT_FOUND))
    if not _is_whole(response):
        read_safe(response, missing=GONE)
        raise TransientError(f"status {response.status} without media")
    mimetype = found.mime_type or reference.mimetype or header(response, "content-type") or None
    return FetchedMedia(content=response.body, mimetype=mimetype, filename=reference.filename)


def _locate(graph: Graph, reference: MediaReference) -> Exchange[Found]:
    if not reference.id:
        if not reference.url:
            raise Rejected("the message names no media")
        return Found(url=reference.url, mime_type=reference.mimetype)
    ours = {"phone_number_id": graph.device} if graph.device else {}
    response = yield graph.get(reference.id, **ours)
    found = Found.model_validate(read_safe(response, missing=GONE))
    if not found.url:
        raise TransientError(f"status {response.status} without an address of the media")
    return found


def _download(graph: Graph, found: Found) -> HttpRequest:
    return HttpRequest(method="GET", url=found.url or "", headers=graph.headers, media=True)


def _is_whole(response: HttpResponse) -> bool:
    return 200 <= response.status < 300 and bool(response.body)


def _form(graph: Graph, attachment: Attachment, content: bytes) -> HttpRequest:
    """Return the upload as a multipart form. Its boundary is a hash, which no file holds."""
    boundary = hashlib.sha256(content).hexdigest()
    named = UNQUOTABLE.sub("_", attachment.filename) or "media"
    mimetype = base_type(attachment.mimetype)
    fields = {"messaging_product": "whatsapp", "type": mimetype}
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'
        for name, value in fields.items()
    ]
    parts.append(
        f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{named}"\r\n'
        f"Content-Type: {mimetype}\r\n\r\n"
    )
    body = b"".join(
        (
            "".join(parts).encode("utf-8", "replace"),
            content,
            f"\r\n--{boundary}--\r\n".encode(),
        )
    )
    return HttpRequest(
        method="POST",
        url=graph.url(graph.number(), "media"),
        headers={"Content-Type": f"multipart/form-data; boundary={boundary}", **graph.headers},
        body=body,
        is_safe=True,
    )
