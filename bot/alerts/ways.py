"""The ways in which people are told: the address of their own, and each admin of the rules file.

Each way is an effect of its own, so that one that fails is tried again alone.
"""

from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from bot.alerts.finding import Key
from bot.alerts.kinds import EVENTS, AlertKind, Telling, Way
from bot.effects import EffectKind, NewEffect
from bot.inbox.arrivals import KEY_LIMIT, folded
from bot.rules import Book
from bot.rules.conditions import World, holds
from models import Event

# Of the events, only the latest are looked at.
LATEST = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """One telling of one alert; `body` is what is posted and holds the text that is sent.

    `number`: how often the alert has been told in the same way, this one included.
    """

    alert_id: int
    number: int
    telling: Telling
    key: Key
    body: Mapping[str, Any]


def by_url(news: News) -> NewEffect:
    """Return the effect that posts an alert."""
    return _effect(news, Way.URL)


def by_admins(session: Session, book: Book, news: News, *, now: datetime) -> Iterator[NewEffect]:
    """Yield the effects that write to the admins, except to those whom a rule tells already."""
    told = _told_by_rules(session, book, news, now=now)
    numbers = set()
    for name, admin in book.admins.items():
        # One person under two names is told once.
        if name not in told and admin.to not in numbers:
            numbers.add(admin.to)
            yield _effect(news, Way.ADMIN, admin=name)


def _effect(news: News, way: Way, **details: str) -> NewEffect:
    _, gateway, device = news.key
    key = ":".join([str(news.alert_id), str(news.number), way, *details.values()])
    return NewEffect(
        kind=EffectKind.ALERT,
        key=folded(key, KEY_LIMIT),
        gateway=gateway,
        device=device,
        details={
            "alert": news.alert_id,
            "number": news.number,
            "way": str(way),
            "body": dict(news.body),
            **details,
        },
    )


def _told_by_rules(session: Session, book: Book, news: News, *, now: datetime) -> Collection[str]:
    """Return the admins whom a rule tells of the same thing when it begins."""
    kind, gateway, device = AlertKind(news.key[0]), news.key[1], news.key[2]
    events = EVENTS.get(kind, ())
    if news.telling is not Telling.OPEN or not events:
        return ()
    world = World(
        gateway=gateway,
        device=device,
        first=True,
        now=now,
        received_at=now,
        last_inbound_at=None,
        hours=book.hours,
    )
    admins = {
        told.admin
        for rule in book.event_rules
        if rule.event in events
        and (told := rule.actions.notification)
        and holds(rule.conditions, world)
        # Who is told by the very device that is offline is told too late.
        and not (kind is AlertKind.DEVICE_OFFLINE and told.device in (None, device))
    }
    if admins and kind is AlertKind.DEVICE_OFFLINE and not _has_come(session, gateway, device):
        return ()
    return admins


def _has_come(session: Session, gateway: str, device: str) -> bool:
    """Return whether a webhook told of it: what is only found by asking, no rule hears of."""
    latest = select(func.max(Event.id) - LATEST).scalar_subquery()
    told = select(Event.id).where(
        Event.id > latest,
        Event.gateway == gateway,
        Event.device == device,
        Event.kind.in_([str(event) for event in EVENTS[AlertKind.DEVICE_OFFLINE]]),
    )
    return session.scalar(told.limit(1)) is not None
