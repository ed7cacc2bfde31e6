"""The media inside WAGate's webhooks: where they stand, what they are, and the same body without.

A body may be tens of megabytes of base64, so nothing is decoded before a worker wants the bytes,
and nothing is copied to find out whether there are any.
"""

import binascii
import json
import re
from dataclasses import dataclass, field

from bot.events import MediaReference
from bot.gateways.base import JsonObject
from bot.gateways.errors import Unreadable
from bot.gateways.reading import Payload, Text, clean, read_object
from bot.gateways.wagate.parts import PLAIN, Levels, levels_of, message_id_in, pick

# The documented object and its like; and where the base64 may stand without one.
OBJECTS = ("media", "attachment", "file")
STRINGS = ("media", "media_data", "mediaData", "base64")
CONTENTS = ("data", "base64", "content", "body")
URLS = ("media_url", "mediaUrl", "file_url", "fileUrl")
MIMETYPES = ("mimetype", "mime_type", "mimeType")
FILENAMES = ("filename", "file_name", "fileName")

# What stands in the place of base64 that was taken out: no base64 looks like it.
TAKEN_OUT = "(kept apart)"
KEPT_APART = "kept apart from the webhook"
MISSING = "missing"

_DATA_URL = re.compile(r"\s*data:(?P<mimetype>[\w.+-]+/[\w.+-]+)?[^,]{0,200};base64,", re.ASCII)
_URL = re.compile(r"https?://", re.IGNORECASE)
_PLAIN_ALPHABET = bytes.maketrans(b"-_", b"+/")
_WHITE_SPACE = b" \t\r\n\f\v"


class Described(Payload):
    """What is told of a file besides its bytes."""

    url: Text = None
    mimetype: Text = None
    filename: Text = None
    size: int | None = None


@dataclass(frozen=True, slots=True)
class Spot:
    """Where the bytes of media stand: the object, and the name in it."""

    holder: JsonObject = field(repr=False)
    name: str

    @property
    def text(self) -> str:
        text: str = self.holder[self.name]
        return text

    @property
    def is_inline(self) -> bool:
        """Return whether the bytes are there, and neither taken out nor only their address."""
        return not self.is_taken_out and not _URL.match(self.text)

    @property
    def is_taken_out(self) -> bool:
        """Return whether the bytes were here once."""
        return self.text.endswith(TAKEN_OUT)

    def take_out(self) -> None:
        """Leave of the bytes what stands in front of them, for it may tell what they are."""
        in_front = _DATA_URL.match(self.text)
        self.holder[self.name] = (in_front[0] if in_front else "") + TAKEN_OUT


def media_of(levels: Levels) -> MediaReference | None:
    """Return where the media of a message are, None where it tells of none."""
    spot = _spot(levels)
    holder = pick(levels, OBJECTS, (dict,))
    described = _described(holder or {}, levels)
    if spot is None and holder is None and described.url is None:
        return None
    text = spot.text if spot else ""
    url = clean(text) if _URL.match(text) else described.url
    in_front = _DATA_URL.match(text)
    is_inline = spot is not None and spot.is_inline
    return MediaReference(
        url=url,
        inline=is_inline,
        mimetype=described.mimetype or (in_front["mimetype"] if in_front else None),
        filename=described.filename,
        size=described.size,
        problem=_problem(spot, has_any=is_inline or url is not None),
    )


def _problem(spot: Spot | None, *, has_any: bool) -> str | None:
    if spot is not None and spot.is_taken_out:
        return KEPT_APART
    return None if has_any else MISSING


def inline_media(raw: bytes) -> bytes:
    """Return the bytes that lie in a webhook as base64. Raises ValueError if they are broken."""
    try:
        spot = _spot(levels_of(read_object(raw)))
    except Unreadable:
        raise ValueError("the webhook around the media is broken") from None
    if spot is None or not spot.is_inline:
        raise ValueError("no media lie in this webhook")
    return decode(spot.text)


def without_media(raw: bytes) -> bytes:
    """Return a webhook without the base64 in it, for which `parse` returns the same event.

    Where the key is a digest of the body, it would be another event, so nothing is taken out.
    """
    try:
        body = read_object(raw)
    except Unreadable:
        return raw
    levels = levels_of(body)
    spot = _spot(levels)
    if spot is None or not spot.is_inline or message_id_in(levels) is None:
        return raw
    spot.take_out()
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    # Half of a surrogate pair cannot be UTF-8; only an escape can say it.
    return text.encode("utf-8", "backslashreplace")


def decode(text: str) -> bytes:
    """Return what base64 stands for, also behind `data:…,`, in lines, or in the URLs' alphabet."""
    in_front = _DATA_URL.match(text)
    if in_front:
        text = text[in_front.end() :]
    try:
        content = _decode(text)
    except ValueError:
        content = _decode(_without_ornaments(text))
    if not content:
        raise ValueError("the base64 is empty")
    return content


def _decode(text: str | bytes) -> bytes:
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except ValueError:
        raise ValueError("the base64 is broken") from None


def _without_ornaments(text: str) -> bytes:
    return text.encode("ascii", "replace").translate(_PLAIN_ALPHABET, _WHITE_SPACE)


def _spot(levels: Levels) -> Spot | None:
    for level in levels:
        for name in OBJECTS:
            holder = level.get(name)
            if isinstance(holder, dict):
                for inner in CONTENTS:
                    if isinstance(holder.get(inner), str) and holder[inner]:
                        return Spot(holder, inner)
        for name in STRINGS:
            if isinstance(level.get(name), str) and level[name]:
                return Spot(level, name)
    return None


def _described(holder: JsonObject, levels: Levels) -> Described:
    own = [holder]
    url = pick(own, ("url", "link"), (str,)) or pick([holder, *levels], URLS, (str,))
    return Described(
        url=url if isinstance(url, str) and _URL.match(url) else None,
        mimetype=pick([holder, *levels], MIMETYPES, (str,)) or pick(own, ("mime",), (str,)),
        filename=pick([holder, *levels], FILENAMES, (str,)) or pick(own, ("name",), PLAIN),
        size=pick(own, ("size", "filesize", "fileSize"), (int,)),
    )
