"""The vocabulary of what gateways say: words only, no I/O, nothing of ours imported.

A gateway's `parse` turns the bytes of a webhook into these events, one for each thing that the
gateway says. Event (gateway, device, key, address, occurred_at, raw) is the common part::

    MessageReceived   a contact (or a group, a status, a channel) wrote to a device
    MessageEcho       something was sent from the device's own number: by us or by a human
    StatusChanged     one of our messages was sent, delivered, read, played, or failed
    CallReceived      somebody called the device
    DeviceChanged     the device connected, disconnected, or shows a QR code
    GroupChanged      members or settings of a group changed
    Notice            news about the account or a message template
    UnknownEvent      authentic, but not (yet) understood; kept as it came
    InternalEvent     said by ourselves: a timeout, a finished effect, a failed send

Addresses are opaque: whatever the gateway takes as a recipient (a number, a JID, a conversation
id, a business-scoped user id). A phone number is a separate, optional field: digits with the
country code and no plus sign.
"""

from bot.events.event import (
    Button,
    CallReceived,
    DeviceChanged,
    Event,
    GroupChanged,
    InternalEvent,
    MediaReference,
    Message,
    MessageEcho,
    MessageReceived,
    Notice,
    StatusChanged,
    UnknownEvent,
    canonical,
)
from bot.events.words import (
    INTERNAL_KINDS,
    MEDIA_TYPES,
    NEVER_ANSWERED_TYPES,
    Author,
    Chat,
    DeviceState,
    Kind,
    MessageType,
    Status,
    Topic,
)

__all__ = [
    "INTERNAL_KINDS",
    "MEDIA_TYPES",
    "NEVER_ANSWERED_TYPES",
    "Author",
    "Button",
    "CallReceived",
    "Chat",
    "DeviceChanged",
    "DeviceState",
    "Event",
    "GroupChanged",
    "InternalEvent",
    "Kind",
    "MediaReference",
    "Message",
    "MessageEcho",
    "MessageReceived",
    "MessageType",
    "Notice",
    "Status",
    "StatusChanged",
    "Topic",
    "UnknownEvent",
    "canonical",
]
