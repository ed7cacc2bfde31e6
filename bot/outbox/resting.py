"""Let devices and hosts rest after what attempts have shown, and let them work again."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import update
from sqlalchemy.orm import Session

from bot import quotas
from bot.lanes import LANES
from bot.outbox import rests
from bot.outbox.attempt import Attempt, spent
from bot.outbox.rests import Resting
from models import Message, MessageStatus


@dataclass(frozen=True, slots=True, kw_only=True)
class Rested:
    """When which lanes have something to do again; whether any lane may have so now."""

    later: list[tuple[int, datetime]] = field(default_factory=list)
    works_again: bool = False


def settle_rests(session: Session, attempts: Sequence[Attempt], *, now: datetime) -> Rested:
    """End the rests that probes have proven to be over, and begin new ones."""
    rests.lock(session, _involved(attempts))
    proven = sorted({each for attempt in attempts for each in attempt.proves})
    ended = [each for each in proven if rests.end(session, each)]
    given_back = _give_probes_back(session, attempts, now=now)
    return Rested(
        later=_let_rest(session, attempts, now=now), works_again=bool(ended) or given_back
    )


def _involved(attempts: Sequence[Attempt]) -> set[Resting]:
    """Return the devices and hosts whose rows this changes."""
    metered = {Resting(*sender) for sender in spent(attempts) if quotas.is_metered(sender[0])}
    told = {each for attempt in attempts for each in (*attempt.proves, *attempt.unproven)}
    return metered | told | {each for attempt in attempts for each, _ in attempt.rests()}


def _give_probes_back(session: Session, attempts: Sequence[Attempt], *, now: datetime) -> bool:
    given = [
        rests.give_probe_back(session, each, taken_at=attempt.claimed.claimed_at, now=now)
        for attempt in attempts
        for each in sorted(attempt.unproven)
    ]
    return any(given)


def _let_rest(
    session: Session, attempts: Sequence[Attempt], *, now: datetime
) -> list[tuple[int, datetime]]:
    """Let devices and hosts rest; return when which lanes have something to do again."""
    later: list[tuple[int, datetime]] = []
    for attempt in attempts:
        for resting, rest in attempt.rests():
            is_probe = resting in attempt.claimed.probes
            until, worked = rests.put(session, resting, rest, is_probe=is_probe, now=now)
            is_waiting = attempt.outcome.status is MessageStatus.QUEUED
            if worked and is_waiting and not (attempt.outcome.counts or rest.is_sure):
                # Whoever makes a device rest that works is charged for it: it may be alone at
                # fault, and must come to an end.
                session.execute(
                    update(Message)
                    .where(Message.id == attempt.claimed.id, Message.attempts == attempt.number)
                    .values(failures=Message.failures + 1)
                )
            if worked or is_probe:
                # Any lane may hold the message that is the next probe.
                later += [(lane, until) for lane in range(LANES)]
        if attempt.outcome.status is MessageStatus.QUEUED and not attempt.outcome.rest:
            later.append((attempt.claimed.lane, attempt.outcome.due_at or now))
    return later
