"""Rests: what refuses to send is left alone for a while, and then one message goes as a probe.

A device rests in its own row, the host of a gateway's API in a breaker. Each rest in a row is
longer. Only a probe ends one: whatever else comes back began before the rest did.
"""

import random
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import ColumnElement, and_, select, update
from sqlalchemy.orm import Session

from models import Breaker, Device, insert_into

SHORTEST = timedelta(seconds=5)
# Quotas return every month at the latest; a later time is a mistake of the gateway's.
LONGEST = timedelta(days=32)
REASON_LIMIT = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Rest:
    """Why something rests, and for how long: `until` a time, or `first` and then ever longer.

    `is_sure`: what was refused has nothing to do with the message.
    """

    reason: str
    first: timedelta
    longest: timedelta
    until: datetime | None = None
    is_sure: bool = False

    def end(self, pauses: int, *, now: datetime, dice: float) -> datetime:
        """Return when the rest that makes it so many in a row ends. `dice` is in [0, 1).

        A time that is over already says nothing: what it promised has not come true.
        """
        if self.until is not None and self.until > now:
            return min(max(self.until, now + SHORTEST), now + LONGEST)
        factor: int = 2 ** min(max(pauses - 1, 0), 16)
        # Full jitter above the half: nobody herds, and nobody comes back at once.
        return now + min(self.longest, self.first * factor) * (0.5 + dice / 2)


@dataclass(frozen=True, slots=True, order=True)
class Resting:
    """What can rest: a device, or where `host` is given the host of a gateway's API."""

    gateway: str
    device: str = ""
    host: str = ""

    @property
    def table(self) -> type[Device] | type[Breaker]:
        """Return the table whose row says so."""
        return Breaker if self.host else Device

    @property
    def key(self) -> dict[str, str]:
        """Return the columns that name the row."""
        own = {"host": self.host} if self.host else {"device": self.device}
        return {"gateway": self.gateway, **own}

    @property
    def row(self) -> ColumnElement[bool]:
        """Return the condition of the row."""
        return and_(*(getattr(self.table, name) == value for name, value in self.key.items()))


def put(
    session: Session,
    resting: Resting,
    rest: Rest,
    *,
    is_probe: bool = False,
    now: datetime,
    chance: float | None = None,
) -> tuple[datetime, bool]:
    """Let something rest; return until when, and whether it had worked until now.

    While it rests nothing but a probe begins: whatever else is refused then was under way before,
    and makes the rest no longer.
    """
    dice = random.random() if chance is None else chance  # noqa: S311 - jitter, not a secret
    session.execute(
        insert_into(session, resting.table)
        .values(pauses=0, **resting.key)
        .on_conflict_do_nothing(index_elements=list(resting.key))
    )
    found = session.scalars(
        select(resting.table)
        .where(resting.row)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    row = cast("Device | Breaker", found.one())
    worked = row.pauses == 0
    is_known = not worked and not is_probe
    until = rest.end(row.pauses + (not is_known), now=now, dice=dice)
    if is_known and row.paused_until is not None:
        # Others were under way when it began to rest: only a later time is news.
        if rest.until is None or until <= row.paused_until:
            return row.paused_until, worked
    else:
        row.pauses += 1
        row.rested_at = now
    row.paused_until = until
    row.pause_reason = rest.reason[:REASON_LIMIT]
    session.flush()
    return until, worked


def lock(session: Session, resting: Iterable[Resting]) -> None:
    """Lock rows in the one order for all, so that two transactions never wait for each other."""
    rows = sorted(set(resting))
    for each in rows if len(rows) > 1 else ():
        session.execute(select(each.table.gateway).where(each.row).with_for_update())


def take_probe(session: Session, resting: Resting, *, lease: timedelta, now: datetime) -> bool:
    """Return whether this process may send the one message that shows how it is.

    Until it knows, nobody else may, for as long as `lease`: its process may have died.
    """
    table = resting.table
    taken = session.scalars(
        update(table)
        .where(resting.row, table.pauses > 0, table.paused_until <= now)
        .values(paused_until=now + lease, rested_at=now)
        .returning(table.gateway)
    ).all()
    return bool(taken)


def give_probe_back(
    session: Session, resting: Resting, *, taken_at: datetime, now: datetime
) -> bool:
    """Let another message be the probe: the one that was to be it never left."""
    table = resting.table
    given = session.scalars(
        update(table)
        .where(resting.row, table.pauses > 0, table.rested_at == taken_at)
        .values(paused_until=now)
        .returning(table.gateway)
    ).all()
    return bool(given)


def end(session: Session, resting: Resting, *, after: str = "") -> bool:
    """Let something work again, if it rests for a reason that begins so; say whether it did."""
    table = resting.table
    ended = session.scalars(
        update(table)
        .where(resting.row, table.pauses > 0, table.pause_reason.startswith(after))
        .values(paused_until=None, pause_reason=None, rested_at=None, pauses=0)
        .returning(table.gateway)
    ).all()
    return bool(ended)
