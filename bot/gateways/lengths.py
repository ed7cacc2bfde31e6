"""What is too long or too large for a gateway, refused before any request."""

from bot.content import Media, Text
from bot.gateways.capabilities import KIB, MIB, Capabilities
from bot.gateways.errors import Rejected
from bot.gateways.outgoing import OutgoingMessage


def check_lengths(message: OutgoingMessage, abilities: Capabilities) -> None:
    """Raise Rejected for a text or a file beyond the limits, naming the limit and never the text.

    A kind of content that is not among the abilities is somebody else's to refuse.
    """
    if message.content.kind not in abilities.sends:
        return
    match message.content:
        case Text(text=text):
            _check_text("text", text, abilities.text_limit)
        case Media(kind=kind, text=caption):
            _check_text("caption", caption, abilities.caption_limit)
            _check_size(kind, message, abilities.media_limits.get(kind))


def _check_text(what: str, text: str, limit: int) -> None:
    if len(text) > limit:
        raise Rejected(f"the {what} is longer than {limit} characters")


def _check_size(kind: str, message: OutgoingMessage, limit: int | None) -> None:
    content = message.attachment.content if message.attachment else None
    if limit is not None and content is not None and len(content) > limit:
        size = f"{limit // MIB} MiB" if limit >= MIB else f"{limit // KIB} KiB"
        raise Rejected(f"the {kind} is larger than {size}")
