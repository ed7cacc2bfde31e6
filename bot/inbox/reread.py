"""Turn stored rows back into events: with the gateway's own `parse`, or our own reader."""

from collections.abc import Iterable
from datetime import datetime
from typing import Protocol

from bot.events import INTERNAL_KINDS, Event, InternalEvent, Kind, UnknownEvent
from bot.failures import describe
from bot.gateways import GATEWAYS
from bot.gateways.base import WebhookRequest
from bot.gateways.reading import read_object
from bot.inbox.changes import Pending

# What is larger is not looked at besides the batch that it belongs to.
SMALL = 16 * 1024
# Parsing needs no account: what a webhook says does not depend on who may send.
_READERS = {name: gateway_type([]) for name, gateway_type in GATEWAYS.items()}


class Stored(Protocol):
    """The columns of a row that say what it is."""

    @property
    def id(self) -> int: ...
    @property
    def gateway(self) -> str: ...
    @property
    def device(self) -> str: ...
    @property
    def key(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def address(self) -> str | None: ...
    @property
    def payload(self) -> bytes: ...
    @property
    def received_at(self) -> datetime: ...
    @property
    def due_at(self) -> datetime: ...


def reread(rows: Iterable[Stored]) -> tuple[list[Pending], list[tuple[int, str]]]:
    """Return the rows as events, and those that cannot be read with the reason."""
    batch, unreadable = [], []
    for row in rows:
        try:
            event = _read(row)
        except Exception as error:  # noqa: BLE001 - one unreadable row must not stop its neighbours
            unreadable.append((row.id, describe(error)))
            continue
        place = None if row.address is None else (row.gateway, row.device, row.address)
        batch.append(
            Pending(
                id=row.id,
                event=event,
                place=place,
                received_at=row.received_at,
                was_put_off=row.due_at > row.received_at,
                is_large=len(row.payload) > SMALL,
            )
        )
    return batch, unreadable


def _read(row: Stored) -> Event:
    if row.kind in INTERNAL_KINDS:
        return InternalEvent(
            gateway=row.gateway,
            device=row.device,
            key=row.key,
            address=row.address,
            occurred_at=row.received_at,
            raw=row.payload,
            name=Kind(row.kind),
            details=read_object(row.payload),
        )
    if row.kind == Kind.UNPARSED:
        return UnknownEvent(
            gateway=row.gateway, device=row.device, key=row.key, raw=row.payload, name=row.kind
        )
    [event] = _READERS[row.gateway].parse(WebhookRequest(body=row.payload))
    return event
