"""The closed sets of words in which events are told."""

from enum import StrEnum


class Kind(StrEnum):
    """What an event is about: the `kind` column, and the word after `event:` in rules."""

    MESSAGE_RECEIVED = "message.received"
    MESSAGE_ECHO = "message.echo"
    MESSAGE_STATUS = "message.status"
    CALL_RECEIVED = "call.received"
    DEVICE_CONNECTED = "device.connected"
    DEVICE_DISCONNECTED = "device.disconnected"
    DEVICE_QR = "device.qr"
    GROUP_CHANGED = "group.changed"
    ACCOUNT_NOTICE = "account.notice"
    TEMPLATE_NOTICE = "template.notice"
    UNKNOWN = "unknown"
    UNPARSED = "unparsed"

    # Said by ourselves.
    FLOW_TIMEOUT = "flow.timeout"
    EFFECT_DONE = "effect.done"
    HANDOVER_ENDED = "handover.ended"
    BOT_SWITCHED = "bot.switched"
    QUOTA_LOW = "quota.low"
    INBOUND_SILENT = "inbound.silent"
    SEND_FAILED = "send.failed"


INTERNAL_KINDS = frozenset(
    {
        Kind.FLOW_TIMEOUT,
        Kind.EFFECT_DONE,
        Kind.HANDOVER_ENDED,
        Kind.BOT_SWITCHED,
        Kind.QUOTA_LOW,
        Kind.INBOUND_SILENT,
        Kind.SEND_FAILED,
    }
)


class MessageType(StrEnum):
    """What a message holds. What no gateway module knows is `unsupported`."""

    TEXT = "text"
    IMAGE = "image"
    VIDEO = "video"
    AUDIO = "audio"
    VOICE = "voice"
    DOCUMENT = "document"
    STICKER = "sticker"
    LOCATION = "location"
    CONTACTS = "contacts"
    BUTTON = "button"
    FORM = "form"
    REACTION = "reaction"
    ORDER = "order"
    POLL = "poll"
    WELCOME = "welcome"
    EDIT = "edit"
    REVOKE = "revoke"
    SYSTEM = "system"
    UNSUPPORTED = "unsupported"


MEDIA_TYPES = frozenset(
    {
        MessageType.IMAGE,
        MessageType.VIDEO,
        MessageType.AUDIO,
        MessageType.VOICE,
        MessageType.DOCUMENT,
        MessageType.STICKER,
    }
)

# Nobody types these as a message to be answered, whatever they carry.
NEVER_ANSWERED_TYPES = frozenset(
    {MessageType.REACTION, MessageType.SYSTEM, MessageType.EDIT, MessageType.REVOKE}
)


class Chat(StrEnum):
    """Where a message was written."""

    PRIVATE = "private"
    GROUP = "group"
    STATUS = "status"
    BROADCAST = "broadcast"
    NEWSLETTER = "newsletter"


class Author(StrEnum):
    """Who sent a message that a gateway echoes."""

    OWNER = "owner"
    AGENT = "agent"
    AI = "ai"
    US = "us"
    UNKNOWN = "unknown"


class Status(StrEnum):
    """What a gateway says became of one of our messages."""

    SENT = "sent"
    DELIVERED = "delivered"
    READ = "read"
    PLAYED = "played"
    FAILED = "failed"


class DeviceState(StrEnum):
    """What a gateway says about a device."""

    CONNECTED = "connected"
    DISCONNECTED = "disconnected"
    QR = "qr"


class Topic(StrEnum):
    """What a notice is about."""

    ACCOUNT = "account"
    TEMPLATE = "template"
