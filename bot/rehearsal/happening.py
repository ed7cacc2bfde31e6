"""Make the events of a rehearsal, as a gateway module would read them from a webhook."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.events import (
    Author,
    Button,
    CallReceived,
    DeviceChanged,
    DeviceState,
    Event,
    GroupChanged,
    InternalEvent,
    Kind,
    MessageEcho,
    MessageReceived,
    MessageType,
    Notice,
    Status,
    StatusChanged,
    Topic,
)
from bot.gateways.base import EventFields
from bot.rules.schema import EVENTS
from bot.rules.spoken import nearest

GROUP = "120363020000000002@g.us"
# What is told of a device, and belongs to no conversation.
_OF_DEVICES = frozenset({Kind.QUOTA_LOW, Kind.INBOUND_SILENT})


class NoSuchEvent(ValueError):
    """Nothing of that name happens; the message names the nearest that does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """Where and when something happens, and to whom; `number` tells it from everything else."""

    gateway: str
    device: str
    address: str
    phone: str | None
    name: str
    at: datetime
    number: int

    def message(
        self,
        text: str = "",
        *,
        kind: MessageType = MessageType.TEXT,
        button: Button | None = None,
    ) -> MessageReceived:
        """Return a message of the contact."""
        return MessageReceived(
            gateway=self.gateway,
            device=self.device,
            key=f"message:{self.number}",
            address=self.address,
            occurred_at=self.at,
            raw=b"",
            external_id=f"REHEARSAL-{self.number}",
            type=kind,
            text=text,
            sender=self.address,
            name=self.name,
            phone=self.phone,
            button=button,
        )

    def echo(self, text: str, *, author: Author) -> MessageEcho:
        """Return a message that went out from the device."""
        return MessageEcho(
            gateway=self.gateway,
            device=self.device,
            key=f"echo:{self.number}",
            address=self.address,
            occurred_at=self.at,
            raw=b"",
            external_id=f"REHEARSAL-{self.number}",
            text=text,
            phone=self.phone,
            author=author,
        )

    def event(self, name: str, told: Mapping[str, object]) -> Event:
        """Return an event other than a message. Raises NoSuchEvent."""
        kind = _kind(name)
        match kind:
            case Kind.CALL_RECEIVED:
                return CallReceived(
                    **self._common(kind, address=self.address),
                    call_id=f"REHEARSAL-{self.number}",
                    video=str(told.get("video", "")).lower() in ("true", "ya", "yes"),
                    status=_text(told, "status") or "offer",
                    phone=self.phone,
                )
            case Kind.DEVICE_CONNECTED | Kind.DEVICE_DISCONNECTED | Kind.DEVICE_QR:
                return DeviceChanged(
                    **self._common(kind),
                    state=DeviceState(kind.removeprefix("device.")),
                    reason=_text(told, "reason"),
                )
            case Kind.GROUP_CHANGED:
                return GroupChanged(
                    **self._common(kind, address=GROUP), action=_text(told, "action") or "add"
                )
            case Kind.MESSAGE_STATUS:
                return self._status(told)
            case Kind.ACCOUNT_NOTICE | Kind.TEMPLATE_NOTICE:
                topic = Topic.TEMPLATE if kind is Kind.TEMPLATE_NOTICE else Topic.ACCOUNT
                return Notice(**self._common(kind), topic=topic, name=_text(told, "notice"))
        address = None if kind in _OF_DEVICES else self.address
        return InternalEvent(**self._common(kind, address=address), name=kind, details=dict(told))

    def _status(self, told: Mapping[str, object]) -> StatusChanged:
        word = _text(told, "status") or Status.DELIVERED
        return StatusChanged(
            **self._common(Kind.MESSAGE_STATUS, address=self.address),
            external_id=f"REHEARSAL-OUT-{self.number}",
            status=Status(word) if word in list(Status) else None,
            word=word,
            recipient=self.address,
            error=_text(told, "reason") or None,
        )

    def _common(self, kind: Kind, *, address: str | None = None) -> EventFields:
        return {
            "gateway": self.gateway,
            "device": self.device,
            "key": f"{kind}:{self.number}",
            "address": address,
            "occurred_at": self.at,
            "raw": b"",
        }


def _kind(name: str) -> Kind:
    if name in EVENTS:
        return Kind(name)
    meant = nearest(name, EVENTS)
    hint = f'; did you mean "{meant}"?' if meant else f": there are {', '.join(EVENTS)}"
    raise NoSuchEvent(f'"{name}" is no event{hint}')


def _text(told: Mapping[str, object], name: str) -> str:
    value = told.get(name, "")
    return value if isinstance(value, str) else ""
