"""Writes our messages as WhatsGate's API wants them. https://whatsgate.org/docs/api/send"""

from base64 import b64encode

from bot import content
from bot.gateways.base import MIB, JsonObject, OutgoingMessage, SentMessage
from bot.gateways.errors import NotSupported, OutcomeUnknown, Rejected, Scope
from bot.gateways.numbers import number_in
from bot.gateways.wwebjs import read_long_id

# It has no type of its own for films and sounds: they arrive as files.
TYPES: dict[str, str] = {
    "image": "image",
    "sticker": "sticker",
    "voice": "voice",
    "document": "doc",
    "video": "doc",
    "audio": "doc",
}
# Told by users of the API only; no document names a limit.
LARGEST_MEDIA = 10 * MIB
# What a queued message is known by until a webhook tells its id: WhatsGate gives it no name.
TICKET = "async"
ANY_MIMETYPE = "application/octet-stream"
LONGEST_EXTENSION = 5


def write_message(message: OutgoingMessage) -> JsonObject:
    """Return the `message` of a send. Raises NotSupported or Rejected."""
    match message.content:
        case content.Text(text=text):
            written: JsonObject = {"type": "text", "body": text}
        case content.Media(kind=kind):
            written = {"type": TYPES[kind], "media": _media(message, kind)}
            if message.text:
                written["body"] = message.text
        case other:
            raise NotSupported(f"WhatsGate sends no {other.kind}")
    if message.quoted_id:
        written["quote"] = long_id(message.quoted_id, recipient(message.address))
    return written


def recipient(address: str) -> str:
    """Return the JID of an address, as WhatsApp Web writes it. Raises Rejected."""
    number = number_in(address)
    if number is not None:
        return f"{number}@c.us"
    user, _, server = address.partition("@")
    if not (user and server):
        raise Rejected("the address is no phone number or chat", scope=Scope.RECIPIENT)
    return address


def long_id(message_id: str, chat: str) -> str:
    """Return the long id of a message, which is what one quotes by.

    A long id stays as it is. A short one is taken for the contact's, which is what one replies to;
    in a group the author is part of the long id, so the short one is not enough there.
    """
    return message_id if read_long_id(message_id).chat else f"false_{chat}_{message_id}"


def read_sent(body: JsonObject, *, is_async: bool) -> SentMessage:
    """Return what WhatsGate says of a message that it took."""
    result = body.get("result")
    if isinstance(result, dict) and result:
        short_id, parts = result.get("_id"), read_long_id(result.get("id"))
        named = short_id if isinstance(short_id, str) and short_id else None
        return SentMessage(external_id=named or parts.short or parts.text)
    if result == "OK":
        return SentMessage(ticket=TICKET if is_async else None)
    raise OutcomeUnknown("WhatsGate does not say what became of the message")


def _media(message: OutgoingMessage, kind: str) -> JsonObject:
    attachment = message.attachment
    if attachment is None or attachment.content is None:
        raise Rejected("WhatsGate takes media as bytes only")
    mimetype = attachment.mimetype or ANY_MIMETYPE
    return {
        "mimetype": mimetype,
        "data": b64encode(attachment.content).decode("ascii"),
        "filename": attachment.filename or _filename(kind, mimetype),
    }


def _filename(kind: str, mimetype: str) -> str:
    """Return a name for a file that has none, since WhatsGate wants one."""
    extension = mimetype.partition(";")[0].partition("/")[2].strip()
    fits = extension.isalnum() and len(extension) <= LONGEST_EXTENSION
    return f"{kind}.{extension}" if fits else kind
