"""Writes our messages as WAGate's two APIs want them. https://wagate.in/docs/api"""

from urllib.parse import unquote

from bot.content import Media
from bot.gateways.base import Attachment, JsonObject, OutgoingMessage
from bot.gateways.errors import NotSupported
from bot.gateways.responses import segment
from bot.gateways.wagate.account import Account
from bot.gateways.wagate.addresses import recipient


def compose(message: OutgoingMessage, account: Account) -> tuple[str, JsonObject]:
    """Return the path and the body that send a message. Raises NotSupported, Rejected."""
    to = recipient(message.address)
    if account.session_id:
        path = "/webhook/send/" + segment(account.session_id)
        return path, {"to": to, "message": message.text}
    return "/v1/send-message", {"recipient": to, **_contents(message, account)}


def _contents(message: OutgoingMessage, account: Account) -> JsonObject:
    fields: JsonObject = {"message": message.text}
    if isinstance(message.content, Media):
        attachment = message.attachment
        if attachment is None or not attachment.link:
            raise NotSupported("WAGate takes media by their address only")
        fields["message"] = message.text or account.empty_caption or _filename(attachment)
        fields["media_url"] = attachment.link
        fields["media_type"] = message.content.kind
    if account.show_typing:
        fields["show_typing"] = True
    return fields


def _filename(attachment: Attachment) -> str:
    path = (attachment.link or "").partition("?")[0]
    return attachment.filename or unquote(path.rpartition("/")[2]) or "media"
