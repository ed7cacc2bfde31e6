"""What a gateway can do, and its limits: known before any HTTP call."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from enum import StrEnum

from bot.gateways.rates import Rate

KIB = 1024
MIB = 1024 * KIB


class MediaBy(StrEnum):
    """How a gateway takes media: an address that it reads, or the bytes themselves."""

    LINK = "link"
    BYTES = "bytes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Capabilities:
    """What a gateway can do. Limits of texts are in characters, those of media in bytes.

    `sends`: the kinds of content (see bot.content.KINDS) that `send` accepts.
    `media_by`: how it takes media, the preferred way first. `media_limits`: by kind of content.
    `idempotency`: a request repeated with the same key is carried out once, unless its kind of
    content is one of `not_idempotent`.
    `echoes`: it tells what was sent from the device by others.
    `quotes`: a message can be sent as the reply to another.
    `rates`: how many messages it takes in how long, if that is known or wise.
    `window`: how long after a contact's last message anything but a template may be sent.
    What it can be asked and told besides is known from the methods that its module overrides.
    """

    sends: frozenset[str] = frozenset({"text"})
    text_limit: int = 4096
    caption_limit: int = 1024
    media_by: tuple[MediaBy, ...] = ()
    media_limits: Mapping[str, int] = field(default_factory=dict)
    # The text above buttons, and above a list.
    buttons_text_limit: int = 1024
    list_text_limit: int = 1024
    header_limit: int = 60
    footer_limit: int = 60
    buttons: int = 0
    button_title_limit: int = 20
    button_id_limit: int = 256
    rows: int = 0
    row_title_limit: int = 24
    row_description_limit: int = 72
    row_id_limit: int = 200
    sections: int = 0
    section_title_limit: int = 24
    list_label_limit: int = 20
    rates: tuple[Rate, ...] = ()
    window: timedelta | None = None
    quotes: bool = False
    idempotency: bool = False
    not_idempotent: frozenset[str] = frozenset()
    echoes: bool = False
    statuses: bool = False
    calls: bool = False
    device_events: bool = False
    quota: bool = False

    def carries_once(self, kind: str) -> bool:
        """Return whether a repeated request with this kind of content is carried out once."""
        return self.idempotency and kind not in self.not_idempotent
