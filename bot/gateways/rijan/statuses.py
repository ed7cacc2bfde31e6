"""Reads Rijan's statuses: Baileys updates and receipts, and the flat ones of its older guide.

The names of the events are one off for updates (2, which means sent, comes as `receipt.delivery`)
and always `receipt.delivery` for receipts, so what stands in `data` goes before them.
"""

from datetime import datetime

from bot.events import Chat, Event, Status, StatusChanged
from bot.gateways.numbers import chat_of, without_device
from bot.gateways.reading import Text, Time, read_time
from bot.gateways.rijan.baileys_parts import MessageKey, Part, WebMessage
from bot.gateways.rijan.parts import PlainStatus, Webhook, answerable

# By their number: https://github.com/WhiskeySockets/Baileys/blob/master/WAProto/WAProto.proto
BAILEYS_WORDS = ("ERROR", "PENDING", "SERVER_ACK", "DELIVERY_ACK", "READ", "PLAYED")
BAILEYS_STATUSES = {
    "ERROR": Status.FAILED,
    "SERVER_ACK": Status.SENT,
    "DELIVERY_ACK": Status.DELIVERED,
    "READ": Status.READ,
    "PLAYED": Status.PLAYED,
}
NUMBERS = {str(number) for number in range(len(BAILEYS_WORDS))}
PLAIN_STATUSES = {status.value: status for status in Status}
WORDS_OF_TYPES = {"receipt.delivery": "delivered", "receipt.read": "read"}


class Update(Part):
    """What changed about a message."""

    status: Text = None


class Updated(Part):
    """A message that changed."""

    update: Update = Update()


class Receipt(Part):
    """That somebody's phone got, showed or played a message, and when."""

    user_jid: Text = None
    receipt_timestamp: Time = None
    read_timestamp: Time = None
    played_timestamp: Time = None


class Receipted(Part):
    """A message that somebody's phone confirmed."""

    receipt: Receipt = Receipt()


def read_status(webhook: Webhook) -> Event | None:
    """Return a status, None when it names no message or nothing that became of it."""
    element = webhook.data_object
    if not isinstance(element.get("key"), dict):
        return _read_plain(webhook, PlainStatus.model_validate(element), element)
    if isinstance(element.get("receipt"), dict):
        return _read_receipt(webhook, element)
    return _read_update(webhook, element)


def _read_update(webhook: Webhook, element: dict[str, object]) -> Event | None:
    key = WebMessage.read(element).key
    given = Updated.read(element).update.status
    if not key.id or not given:
        return None
    return _status(webhook, key, word=BAILEYS_WORDS[int(given)] if given in NUMBERS else given)


def _read_receipt(webhook: Webhook, element: dict[str, object]) -> Event | None:
    key = WebMessage.read(element).key
    receipt = Receipted.read(element).receipt
    if not key.id:
        return None
    times = {
        "PLAYED": receipt.played_timestamp,
        "READ": receipt.read_timestamp,
        "DELIVERY_ACK": receipt.receipt_timestamp,
    }
    word = next((word for word, time in times.items() if time), "DELIVERY_ACK")
    recipient = receipt.user_jid or key.participant
    return _status(webhook, key, word=word, recipient=recipient, time=times[word])


def _status(
    webhook: Webhook,
    key: MessageKey,
    *,
    word: str,
    recipient: str | None = None,
    time: datetime | None = None,
) -> Event:
    jid = without_device(key.remote_jid or "")
    address = answerable(jid, key.remote_jid_alt) or None
    number = BAILEYS_WORDS.index(word) if word in BAILEYS_WORDS else word
    own_key = f"{webhook.type}:{key.id}:{number}"
    if recipient and chat_of(jid) is not Chat.PRIVATE:
        # Every member of a group gets the message, and each says so.
        own_key += f":{without_device(recipient)}"
    return StatusChanged(
        **webhook.common(own_key, address=address, time=time),
        external_id=key.id or "",
        status=BAILEYS_STATUSES.get(word),
        word=word,
        recipient=recipient or address,
    )


def _read_plain(webhook: Webhook, status: PlainStatus, element: dict[str, object]) -> Event | None:
    message_id = status.id or status.whatsapp_id
    word = status.status or WORDS_OF_TYPES.get(webhook.type)
    if not message_id or not word:
        return None
    return StatusChanged(
        **webhook.common(
            f"{webhook.type}:{message_id}:{word}",
            address=status.recipient or None,
            time=read_time(element.get(f"{word}_at")),
        ),
        # Only this one is known to whoever sent it through the API of today.
        external_id=status.whatsapp_id or message_id,
        status=PLAIN_STATUSES.get(word),
        word=word,
        recipient=status.recipient or None,
    )
