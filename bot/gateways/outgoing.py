"""What is sent, and what a gateway says of it: the words of `Gateway.send`."""

from dataclasses import dataclass, field

from bot.content import Content, text_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Attachment:
    """The media of an outgoing message, in the one form that the gateway takes.

    Exactly one of `link`, `content` and `uploaded` is set: an address that the gateway can read,
    the bytes themselves, or the gateway's own id of an earlier upload.
    """

    link: str | None = field(default=None, repr=False)
    content: bytes | None = field(default=None, repr=False)
    uploaded: str | None = None
    mimetype: str = ""
    filename: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class OutgoingMessage:
    """What to send. `reference` is our own id of the message, the same on every attempt.

    `idempotency_key` is the same on every attempt that must not be carried out twice.
    `quoted_id` is the external id of the message that this one replies to. `attachment` is there
    whenever `content` is media.
    """

    device: str
    address: str = field(repr=False)
    content: Content = field(repr=False)
    reference: str
    idempotency_key: str
    quoted_id: str | None = None
    attachment: Attachment | None = field(default=None, repr=False)

    @property
    def text(self) -> str:
        """Return the words of the content: its text or caption."""
        return text_of(self.content)


@dataclass(frozen=True, slots=True, kw_only=True)
class SentMessage:
    """The gateway took the message. `external_id` is None where it tells none.

    `ticket`: an id by which `Gateway.look_up` will tell the external id later.
    `uploaded`: the gateway's id of the media, if they may be sent again by it.
    `rest_seconds`: how long the device must send nothing more, as the gateway says beside it.
    """

    external_id: str | None = None
    ticket: str | None = None
    uploaded: str | None = None
    rest_seconds: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class LookedUp:
    """What became of a message that the gateway had taken.

    Neither an `external_id` nor `is_lost`: still on its way. `is_lost`: it was not sent, and a
    repetition needs a new idempotency key.
    """

    external_id: str | None = None
    is_lost: bool = False
