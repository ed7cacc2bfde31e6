"""What is wrong with one device, judged by its row. Pure but for the condition of the query."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, or_

from bot.alerts.finding import Finding
from bot.alerts.kinds import AlertKind
from bot.events import DeviceState, Kind
from bot.gateways.base import Gateway
from bot.gateways.errors import DeviceOffline, NotAuthorised, QuotaExhausted
from bot.quotas import is_low
from models import Device

# A device that is away for less has nobody to tell.
AWAY = timedelta(minutes=1)
# A rest of the first seconds or minutes is how a gateway is kept from being hurried. So many of
# them in a row are as long.
LONG_REST = timedelta(minutes=5)
LONG_ROW = 8
# Whose rests have alerts of their own.
OWN_ALERTS = (DeviceOffline, NotAuthorised, QuotaExhausted)
# A bad signature is news for so long.
FORGED = timedelta(hours=24)
# At so many refused webhooks in a row there is still time to do something.
REFUSALS = 5
OFFLINE = (DeviceState.DISCONNECTED, DeviceState.QR)


@dataclass(frozen=True, slots=True, kw_only=True)
class Watched:
    """Which devices are watched, and for what. `silent_hours` 0: none is ever too silent.

    `open_between` tells how much of a time people are expected to write in.
    """

    gateways: Mapping[str, Gateway]
    low_percent: int = 0
    silent_hours: float = 0
    open_between: Callable[[datetime, datetime], timedelta]

    def gateway(self, name: str, device: str) -> Gateway | None:
        """Return the gateway that serves a device, None for one that is not configured any more."""
        gateway = self.gateways.get(name)
        return gateway if gateway and gateway.account(device) else None


def interesting(watched: Watched, *, now: datetime) -> ColumnElement[bool]:
    """Return the condition of the devices that `judge` may find something wrong with."""
    conditions = [
        Device.state.in_(OFFLINE),
        Device.pauses > 0,
        Device.forged_at > now - FORGED,
        Device.refusals >= REFUSALS,
        Device.quota_limit > 0,
    ]
    if watched.silent_hours:
        conditions.append(Device.webhook_at <= now - timedelta(hours=watched.silent_hours))
    return or_(*conditions)


def judge(row: Device, watched: Watched, *, now: datetime) -> Iterator[Finding]:
    """Yield what is wrong with a device."""
    gateway = watched.gateway(row.gateway, row.device)
    if gateway is None:
        return
    yield from _offline(row, now=now)
    yield from _refusing(row, AlertKind.DEVICE_REFUSED, NotAuthorised)
    yield from _resting(row, now=now)
    yield from _quota(row, watched, now=now)
    if row.forged_at and row.forged_at > now - FORGED:
        yield _finding(AlertKind.WEBHOOK_FORGED, row, at=row.forged_at.isoformat())
    if gateway.gives_up_after and row.refusals >= REFUSALS:
        yield _failing(row, max(0, gateway.gives_up_after - row.refusals))
    yield from _silent(row, watched, now=now)


def _offline(row: Device, *, now: datetime) -> Iterator[Finding]:
    is_away = row.state in OFFLINE and row.changed_at and row.changed_at <= now - AWAY
    rests = _rests_for(row, DeviceOffline)
    if is_away or rests:
        # `rested_at` is the last rest or probe of several; the first lasts about as long as AWAY.
        long_since = row.pauses > 1 or (row.rested_at and row.rested_at <= now - AWAY)
        since = row.changed_at if is_away else row.rested_at
        state = row.state if is_away else DeviceState.DISCONNECTED
        yield _finding(
            AlertKind.DEVICE_OFFLINE,
            row,
            opens=bool(is_away or long_since),
            state=state,
            since=_iso(since),
        )


def _resting(row: Device, *, now: datetime) -> Iterator[Finding]:
    """Yield that a device rests for long, or for short and ever again; until a probe ends it."""
    until = row.paused_until
    if not row.pauses or until is None or any(_rests_for(row, each) for each in OWN_ALERTS):
        return
    if until <= now - LONG_REST:
        # Nothing is there to be the probe, so nothing waits.
        return
    is_long = row.rested_at is not None and until - row.rested_at > LONG_REST
    word = (row.pause_reason or "").partition(":")[0]
    yield _finding(
        AlertKind.DEVICE_RESTING,
        row,
        opens=is_long or row.pauses >= LONG_ROW,
        # The class of the error; some rests have none.
        reason=word if word.isidentifier() else None,
        resets_at=_iso(until),
    )


def _quota(row: Device, watched: Watched, *, now: datetime) -> Iterator[Finding]:
    resets_at = _iso(row.quota_resets_at)
    if is_low(row, percent=watched.low_percent, now=now):
        yield _finding(
            AlertKind.QUOTA_LOW,
            row,
            remaining=row.quota_remaining,
            limit=row.quota_limit,
            resets_at=resets_at,
        )
    yield from _refusing(row, AlertKind.QUOTA_EXHAUSTED, QuotaExhausted, resets_at=resets_at)


def _refusing(
    row: Device, kind: AlertKind, reason: type[Exception], *, resets_at: str | None = None
) -> Iterator[Finding]:
    if _rests_for(row, reason):
        yield _finding(kind, row, resets_at=resets_at)


def _failing(row: Device, left: int) -> Finding:
    """Return that webhooks are refused, so that the gateway gives up after `left` more.

    While all of them were forged, the other alert says it; it may be a stranger who posts them.
    """
    is_forged = row.forgeries >= row.refusals
    return _finding(
        AlertKind.WEBHOOK_FAILING,
        row,
        count=row.refusals,
        level=int(not left),
        for_admins=not (is_forged and left),
        left=left,
        only_forged=True if is_forged else None,
    )


def _rests_for(row: Device, reason: type[Exception]) -> bool:
    return row.pauses > 0 and (row.pause_reason or "").startswith(reason.__name__)


def _silent(row: Device, watched: Watched, *, now: datetime) -> Iterator[Finding]:
    if not watched.silent_hours or row.webhook_at is None:
        return
    silent = watched.open_between(row.webhook_at, now)
    if silent < timedelta(hours=watched.silent_hours):
        return
    hours = int(silent / timedelta(hours=1))
    yield Finding(
        kind=AlertKind.INBOUND_SILENT,
        gateway=row.gateway,
        device=row.device,
        details={"hours": hours, "since": row.webhook_at.isoformat()},
        event_key=f"{Kind.INBOUND_SILENT}:{row.webhook_at.isoformat(timespec='minutes')}",
    )


def _finding(
    kind: AlertKind,
    row: Device,
    *,
    count: int = 1,
    level: int = 0,
    opens: bool = True,
    for_admins: bool = True,
    **details: object,
) -> Finding:
    return Finding(
        kind=kind,
        gateway=row.gateway,
        device=row.device,
        count=count,
        level=level,
        opens=opens,
        for_admins=for_admins,
        details={name: value for name, value in details.items() if value is not None},
    )


def _iso(time: datetime | None) -> str | None:
    return time.isoformat() if time else None
