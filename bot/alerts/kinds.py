"""The closed set of alerts, and what is special about some of them."""

from collections.abc import Mapping
from enum import StrEnum

from bot.events import Kind


class AlertKind(StrEnum):
    """What an alert is about."""

    MESSAGE_DEAD = "message.dead"
    MESSAGE_FAILED = "message.failed"
    MESSAGE_HELD = "message.held"
    DEVICE_OFFLINE = "device.offline"
    DEVICE_REFUSED = "device.refused"
    DEVICE_RESTING = "device.resting"
    QUOTA_LOW = "quota.low"
    QUOTA_EXHAUSTED = "quota.exhausted"
    BREAKER_OPEN = "breaker.open"
    WEBHOOK_FORGED = "webhook.forged"
    WEBHOOK_FAILING = "webhook.failing"
    INBOUND_SILENT = "inbound.silent"
    EVENT_FAILED = "event.failed"
    RULES_BROKEN = "rules.broken"


class Telling(StrEnum):
    """What people are told of an alert: it is there, it is still there or worse, it is over."""

    OPEN = "open"
    STILL = "still"
    CLOSED = "closed"


class Way(StrEnum):
    """How it is told: to each admin of the rules file, and to the address of ALERT_URL."""

    ADMIN = "admin"
    URL = "url"


# Whose end is told to people, too: they wait for it. An address is told every end.
GOOD_NEWS = frozenset(
    {
        AlertKind.DEVICE_OFFLINE,
        AlertKind.DEVICE_REFUSED,
        AlertKind.DEVICE_RESTING,
        AlertKind.QUOTA_LOW,
        AlertKind.QUOTA_EXHAUSTED,
        AlertKind.BREAKER_OPEN,
        AlertKind.WEBHOOK_FAILING,
        AlertKind.RULES_BROKEN,
    }
)
# What admins need not be told while they are told the other of the same device.
SAID_BY: Mapping[AlertKind, AlertKind] = {AlertKind.QUOTA_LOW: AlertKind.QUOTA_EXHAUSTED}
# Each time is another matter, so that none is silenced by an earlier one.
EACH_COUNTS = frozenset(
    {
        AlertKind.MESSAGE_DEAD,
        AlertKind.MESSAGE_FAILED,
        AlertKind.MESSAGE_HELD,
        AlertKind.EVENT_FAILED,
    }
)
# The events by which a rule may tell an admin of the same thing.
EVENTS: Mapping[AlertKind, tuple[Kind, ...]] = {
    AlertKind.QUOTA_LOW: (Kind.QUOTA_LOW,),
    AlertKind.DEVICE_OFFLINE: (Kind.DEVICE_DISCONNECTED, Kind.DEVICE_QR),
    AlertKind.INBOUND_SILENT: (Kind.INBOUND_SILENT,),
}
