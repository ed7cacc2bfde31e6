"""The files of CSKU's messages: documented nowhere, so they are looked for under usual names."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, TypeGuard

from pydantic import AliasChoices, Field

from bot.events import MediaReference
from bot.gateways.base import JsonObject
from bot.gateways.reading import Payload, Text, clean

URLS = ("url", "file_url", "media_url", "link", "src", "href", "path", "download_url")
# What may stand around a file, in the way of other messengers.
INSIDE = ("payload", "file", "media", "image", "video", "audio", "document")
# Where the files of a message stand; the documented place first.
PLACES = ("attachments", "attachment", "media", "file", "files")
NO_FILE = "the webhook names no file"


class Described(Payload):
    """What is told of a file besides its address."""

    mimetype: Text = Field(
        default=None, validation_alias=AliasChoices("mimetype", "mime_type", "mime", "content_type")
    )
    filename: Text = Field(
        default=None,
        validation_alias=AliasChoices("filename", "file_name", "original_name", "name"),
    )
    size: int | None = Field(
        default=None, validation_alias=AliasChoices("size", "file_size", "filesize")
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """A file of a message."""

    url: str | None = field(default=None, repr=False)
    mimetype: str | None = None
    filename: str | None = field(default=None, repr=False)
    size: int | None = None

    @property
    def reference(self) -> MediaReference:
        """Return where the bytes are."""
        return MediaReference(
            url=self.url,
            mimetype=self.mimetype,
            filename=self.filename,
            size=self.size,
            problem=None if self.url else NO_FILE,
        )

    def as_json(self) -> dict[str, Any]:
        """Return what is known of the file, as plain JSON values."""
        told = {name: getattr(self, name) for name in ("url", "mimetype", "filename", "size")}
        return {name: value for name, value in told.items() if value is not None}


def read_attachments(content: Mapping[str, Any]) -> Sequence[Attachment]:
    """Return the files in a message's `content`; the one to be fetched, if any, is the first."""
    for name in PLACES:
        value = content.get(name)
        rows = value if isinstance(value, list) else [value]
        found = [one for row in rows if (one := _attachment(row))]
        if found:
            # What has an address goes before what has none; otherwise the order stays.
            return sorted(found, key=lambda one: one.url is None)
    url = _url(content)
    return [Attachment(url=url)] if url else []


def _attachment(row: object) -> Attachment | None:
    if isinstance(row, str):
        return Attachment(url=clean(row)) if _is_address(row) else None
    if not isinstance(row, dict):
        return None
    inside: JsonObject = next((row[name] for name in INSIDE if isinstance(row.get(name), dict)), {})
    told = {name: value for name, value in {**inside, **row}.items() if value is not None}
    described = Described.model_validate(told)
    return Attachment(
        url=_url(row) or _url(inside),
        mimetype=described.mimetype,
        filename=described.filename,
        size=described.size,
    )


def _url(fields: Mapping[str, Any]) -> str | None:
    values = (fields.get(name) for name in URLS)
    return next((clean(value) for value in values if _is_address(value)), None)


def _is_address(value: object) -> TypeGuard[str]:
    return isinstance(value, str) and value.lower().startswith(("https://", "http://"))
