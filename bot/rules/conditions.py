"""Conditions (`if`): what the world must be like, as opposed to the message."""

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bot.rules.answers import Day
from bot.rules.extensions import NO_EXTENSIONS, Extensions
from bot.rules.hours import Schedule
from bot.rules.numbers import number_of
from bot.rules.occasion import Occasion
from bot.rules.schema import Condition
from bot.rules.tables import Row


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Everything that conditions may ask about. `names` are those of texts."""

    gateway: str
    device: str
    first: bool
    now: datetime
    received_at: datetime
    last_inbound_at: datetime | None
    tags: Set[str] = frozenset()
    hours: Mapping[str, Schedule] = field(default_factory=dict)
    names: Mapping[str, object] = field(default_factory=dict)
    extensions: Extensions = NO_EXTENSIONS
    occasion: Callable[[], Occasion] | None = None


def holds(conditions: tuple[Condition, ...], world: World) -> bool:
    """Return whether one of the conditions holds; no condition at all holds."""
    return not conditions or any(why_not(condition, world) is None for condition in conditions)


def reason(conditions: tuple[Condition, ...], world: World) -> str:
    """Return why none of the conditions holds, for people."""
    return "; or ".join(filter(None, (why_not(condition, world) for condition in conditions)))


def why_not(condition: Condition, world: World) -> str | None:
    """Return the first part of a condition that does not hold, None when all do."""
    return (
        _of_contact(condition, world)
        or _of_place_and_time(condition, world)
        or _of_values(condition, world)
        or _combined(condition, world)
    )


def _of_contact(condition: Condition, world: World) -> str | None:
    if condition.first is not None and condition.first != world.first:
        return "first: this contact has written before" if condition.first else "first: never wrote"
    if condition.silent_for is not None and not _silent(world, condition.silent_for):
        return "silent_for: this contact wrote too recently"
    if condition.tag and world.tags.isdisjoint(condition.tag):
        return f"tag: the contact has none of {', '.join(condition.tag)}"
    return None


def _of_place_and_time(condition: Condition, world: World) -> str | None:
    if condition.gateway and world.gateway not in condition.gateway:
        return f"gateway: it came from {world.gateway}"
    if condition.device and world.device not in condition.device:
        return f"device: it came in at {world.device or 'an unnamed device'}"
    if condition.open and not any(_is_open(world, name) for name in condition.open):
        return f"open: {' and '.join(condition.open)} is closed now"
    if condition.closed and all(_is_open(world, name) for name in condition.closed):
        return f"closed: {' and '.join(condition.closed)} is open now"
    return None


def _of_values(condition: Condition, world: World) -> str | None:
    if condition.eq and not _equals(value_at(world.names, condition.eq[0]), condition.eq[1]):
        return f"eq: {condition.eq[0]} is not {condition.eq[1]}"
    for word, pair, sign in (("gt", condition.gt, 1), ("lt", condition.lt, -1)):
        if pair and not _exceeds(value_at(world.names, pair[0]), pair[1], sign=sign):
            return f"{word}: {pair[0]} is not {'above' if sign > 0 else 'below'} {pair[1]}"
    if condition.call and not _called(condition.call, world):
        return f"call: {condition.call} says no"
    return None


def _combined(condition: Condition, world: World) -> str | None:
    if condition.any_ and not holds(condition.any_, world):
        return f"any: {reason(condition.any_, world)}"
    for part in condition.all_:
        if not holds((part,), world):
            return f"all: {reason((part,), world)}"
    if condition.not_ and holds(condition.not_, world):
        return "not: that is how it is"
    return None


def value_at(names: Mapping[str, object], path: str) -> object:
    """Return the value of a name such as form.produk.harga; "" where there is none."""
    value: object = names
    for part in path.split("."):
        try:
            value = value[part] if isinstance(value, Mapping) else ""
        except LookupError:
            return ""
    return value


def _silent(world: World, duration: timedelta) -> bool:
    if world.last_inbound_at is None:
        return True
    return world.received_at - world.last_inbound_at >= duration


def _is_open(world: World, name: str) -> bool:
    schedule = world.hours.get(name)
    return schedule is not None and schedule.is_open(world.now)


def _equals(value: object, wanted: str) -> bool:
    if isinstance(value, Row):
        return wanted.casefold() in (str(value["id"]).casefold(), value.name.casefold())
    if isinstance(value, Day):
        return value == wanted
    number = number_of(wanted)
    if isinstance(value, int | float) and number is not None:
        return value == number
    return str(value).strip().casefold() == wanted.casefold()


def _exceeds(value: object, wanted: str, *, sign: int) -> bool:
    if isinstance(value, Day):
        return value > wanted if sign > 0 else value < wanted
    if isinstance(value, str):
        value = number_of(value)
    limit = number_of(wanted)
    if not isinstance(value, int | float) or limit is None:
        return False
    return (value - limit) * sign > 0


def _called(name: str, world: World) -> bool:
    test = world.extensions.conditions.get(name)
    return bool(test and world.occasion and test(world.occasion()))
