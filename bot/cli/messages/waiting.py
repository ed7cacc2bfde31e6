"""What a message waits for that has not gone out."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from bot.cli.acting import gateways
from bot.cli.common import shown
from bot.gateways.base import Gateway
from bot.outbox.claim import blockers
from bot.outbox.stops import UNTIL_RESUMED
from models import Breaker, Device, Held, Message, MessageStatus

HELD_FOR: dict[str, str] = {
    Held.WINDOW: "the contact to write first",
    Held.UNKNOWN: "a person to say what became of it: `flask messages resolve`",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What can stand in the way of a message: its device, its gateway's host, an earlier one."""

    device: Device | None = None
    breaker: Breaker | None = None
    ahead: int | None = None


def surroundings(
    session: Session, messages: Sequence[Message], *, now: datetime
) -> dict[int, Surroundings]:
    """Return what can stand in the way of each message."""
    ahead = blockers(session, [message.id for message in messages], now=now)
    devices = _devices(session, messages)
    breakers = {
        (row.gateway, row.host): row
        for row in session.scalars(select(Breaker).where(Breaker.paused_until.is_not(None)))
    }
    # Only an open breaker is worth asking which host serves a device.
    served = gateways() if breakers else {}
    return {
        message.id: Surroundings(
            device=devices.get((message.gateway, message.device)),
            breaker=breakers.get((message.gateway, _host(served, message))),
            ahead=ahead.get(message.id),
        )
        for message in messages
    }


def reasons(message: Message, around: Surroundings, *, now: datetime) -> Iterator[str]:
    """Yield what a message waits for, what will take longest first."""
    if message.held:
        yield HELD_FOR.get(message.held, message.held)
    if message.held or message.status != MessageStatus.QUEUED:
        return
    device, breaker = around.device, around.breaker
    if device:
        until = stopped(device, now=now)
        if until:
            yield f"the device, stopped by a person {until}"
        yield from _rest("the device", device, now=now)
    if breaker:
        yield from _rest(breaker.host, breaker, now=now)
    if device and message.automatic and _is_in_reserve(device):
        yield f"quota: the last {device.quota_reserve} are for messages of people"
    if around.ahead:
        yield f"message {around.ahead}, which goes first"
    if message.due_at and message.due_at > now:
        why = f" ({message.error})" if message.error else ""
        yield f"its time, {shown(message.due_at)}{why}"


def stopped(device: Device, *, now: datetime) -> str | None:
    """Return until when a person has stopped a device, in words; None if it is not stopped."""
    until = device.stopped_until
    if until is None or until <= now:
        return None
    return "until it is resumed" if until >= UNTIL_RESUMED else f"until {shown(until)}"


def _rest(who: str, row: Device | Breaker, *, now: datetime) -> Iterator[str]:
    if row.paused_until and row.paused_until > now:
        yield f"{who}, which rests until {shown(row.paused_until)} ({row.pause_reason})"
    elif row.pauses:
        yield f"a probe of {who}, which rested ({row.pause_reason})"


def _is_in_reserve(device: Device) -> bool:
    if device.quota_remaining is None or device.quota_reserve is None:
        return False
    return device.quota_remaining <= device.quota_reserve


def _devices(session: Session, messages: Sequence[Message]) -> dict[tuple[str, str], Device]:
    names = {message.device for message in messages}
    rows = session.scalars(select(Device).where(Device.device.in_(names)))
    return {(row.gateway, row.device): row for row in rows}


def _host(served: Mapping[str, Gateway], message: Message) -> str:
    gateway = served.get(message.gateway)
    return gateway.host(message.device) if gateway else ""
