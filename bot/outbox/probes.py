"""Probes: of what has rested, one message goes first, over all lanes and processes."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from bot.content import MEDIA_KINDS
from bot.outbox import rests
from bot.outbox.breakers import Open
from bot.outbox.choosing import Candidate, Limits, suspect_of
from bot.outbox.rests import Resting
from bot.outbox.statements import LESS_TRIED
from bot.outbox.sweep import LEASE, MEDIA_LEASE
from models import writing


def take_probes(
    engine: Engine,
    chosen: Sequence[Candidate],
    opened: Open,
    limits: Limits,
    *,
    times: Mapping[str, object],
    now: datetime,
) -> tuple[list[Candidate], dict[int, tuple[Resting, ...]]]:
    """Leave of what has rested one message each, for whoever is the first to take it."""
    suspects: dict[tuple[Resting, ...], list[Candidate]] = {}
    granted: list[Candidate] = []
    for row in chosen:
        suspect = suspect_of(row, opened, limits)
        if suspect:
            suspects.setdefault(suspect, []).append(row)
        else:
            granted.append(row)
    if not suspects:
        return granted, {}
    probes = {}
    with writing(engine) as session:
        for suspect, rows in sorted(suspects.items(), key=lambda item: item[0]):
            # What was refused before may be at fault itself, here or in another lane.
            probe = min(rows, key=lambda row: (row.attempts, row.id))
            if probe.attempts and _has_less_tried(session, probe, times):
                continue
            # As long as the message may be under way.
            lease = MEDIA_LEASE if probe.kind in MEDIA_KINDS else LEASE
            if _take_all(session, suspect, lease=lease, now=now):
                probes[probe.id] = suspect
                granted.append(probe)
    return granted, probes


def _take_all(
    session: Session, suspect: Sequence[Resting], *, lease: timedelta, now: datetime
) -> bool:
    """Take the probes of a host and of a device, both or none."""
    for number, each in enumerate(suspect):
        if not rests.take_probe(session, each, lease=lease, now=now):
            for taken in suspect[:number]:
                rests.give_probe_back(session, taken, taken_at=now, now=now)
            return False
    return True


def _has_less_tried(session: Session, probe: Candidate, times: Mapping[str, object]) -> bool:
    parameters = {
        **times,
        "of_gateway": probe.gateway,
        "of_device": probe.device,
        "tried": probe.attempts,
    }
    return session.scalar(LESS_TRIED, parameters) is not None


def give_back(
    engine: Engine,
    probes: Mapping[int, tuple[Resting, ...]],
    taken: Collection[int],
    *,
    now: datetime,
) -> None:
    """Give back the probes of messages that have no token, or that somebody else took."""
    left = set(probes) - set(taken)
    if left:
        with writing(engine) as session:
            for resting in sorted({each for message in left for each in probes[message]}):
                rests.give_probe_back(session, resting, taken_at=now, now=now)
