"""Reads WhatsGate's record of past events. https://whatsgate.org/docs/api/events-get

How an element of the record is named is documented nowhere: it is read as the webhook that it was,
and under the names of a table's columns.
"""

import json
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Annotated, Any

from bot.gateways.base import JsonObject, MissedPage
from bot.gateways.errors import Unreadable
from bot.gateways.reading import OBJECTS, Payload, read_object

LARGEST_PAGE = 100
# How a webhook names its parts, and how else they may be named.
OTHER_NAMES: Mapping[str, tuple[str, ...]] = {
    "id": ("event_id",),
    "whatsapp_id": ("WhatsappID", "unique_id"),
    "event_action": ("action",),
    "event_date": ("date", "date_add"),
    "event_data": ("data",),
}


class _Page(Payload):
    pages: int | None = None
    data: Annotated[tuple[dict[str, Any], ...], OBJECTS] = ()


def question(device: str, *, since: datetime, page: int) -> JsonObject:
    """Return the fields that ask for one page. All are texts, as in the documents.

    The dates name no time zone. Written in UTC, `since` is the same time on WhatsGate's clock, or
    an earlier one wherever that clock is east of Greenwich; what comes twice costs nothing.
    """
    fields = {
        "date": since.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S"),
        "page_cnt": str(LARGEST_PAGE),
        "page": str(page),
    }
    return {"WhatsappID": device, **fields} if device else fields


def read_page(body: JsonObject, *, device: str, page: int) -> MissedPage:
    """Return the events of a page as the webhooks that they were."""
    found = _Page.model_validate(body)
    return MissedPage(
        bodies=[_webhook(element, device) for element in found.data],
        next_page=page + 1 if found.data and page < (found.pages or page) else None,
    )


def _webhook(element: JsonObject, device: str) -> bytes:
    fields = dict(element)
    for name, others in OTHER_NAMES.items():
        for other in others:
            if name not in fields and other in fields:
                fields[name] = fields.pop(other)
    content = fields.get("event_data")
    if isinstance(content, str):
        fields["event_data"] = _decoded(content)
    if device:
        fields.setdefault("whatsapp_id", device)
    return json.dumps(fields, separators=(",", ":")).encode()


def _decoded(content: str) -> object:
    try:
        return read_object(content.encode("utf-8", "surrogatepass"))
    except Unreadable:
        return content
