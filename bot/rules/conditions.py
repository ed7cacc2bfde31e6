"""Conditions (`if`): what the world must be like, as opposed to the message."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.rules.schema import Condition


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Everything that conditions may ask about."""

    gateway: str
    device: str
    first: bool
    received_at: datetime
    last_inbound_at: datetime | None


def holds(conditions: tuple[Condition, ...], world: World) -> bool:
    """Return whether one of the conditions holds; no condition at all holds."""
    return not conditions or any(why_not(condition, world) is None for condition in conditions)


def reason(conditions: tuple[Condition, ...], world: World) -> str:
    """Return why none of the conditions holds, for people."""
    return "; or ".join(filter(None, (why_not(condition, world) for condition in conditions)))


def why_not(condition: Condition, world: World) -> str | None:
    """Return the first part of a condition that does not hold, None when all do."""
    if condition.first is not None and condition.first != world.first:
        return "first: this contact has written before" if condition.first else "first: never wrote"
    if condition.silent_for is not None and not _silent(world, condition.silent_for):
        return "silent_for: this contact wrote too recently"
    if condition.gateway and world.gateway not in condition.gateway:
        return f"gateway: it came from {world.gateway}"
    if condition.device and world.device not in condition.device:
        return f"device: it came in at {world.device or 'an unnamed device'}"
    if condition.any_ and not holds(condition.any_, world):
        return f"any: {reason(condition.any_, world)}"
    for part in condition.all_:
        if not holds((part,), world):
            return f"all: {reason((part,), world)}"
    if condition.not_ and holds(condition.not_, world):
        return "not: that is how it is"
    return None


def _silent(world: World, duration: timedelta) -> bool:
    if world.last_inbound_at is None:
        return True
    return world.received_at - world.last_inbound_at >= duration
