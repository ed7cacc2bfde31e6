"""Note when each device last posted, and when and how often in a row it was last refused.

Times are to the minute: one write for a device and a minute, whatever comes in, from a thread of
its own. A database that is away is tried again later; until then only the latest minute of each is
kept, and every answer is counted.
"""

import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from functools import partial

import structlog
from sqlalchemy import Engine, or_
from sqlalchemy.exc import SQLAlchemyError

from bot.background import Background
from bot.gateways.accounts import Accounts
from bot.gateways.base import Gateway
from bot.gateways.reading import clean
from bot.inbox.arrivals import KEY_LIMIT, folded
from bot.refusals import DeviceKey, Tally, only_device, write_answers
from models import Device, insert_into, writing
from models.faults import Fault, judge

logger = structlog.get_logger("balas.sightings")

# What comes within a moment is written at once.
GATHER_SECONDS = 1.0
AWAY_SECONDS = 10.0


class Sight(StrEnum):
    """What was seen: the column that says when."""

    WEBHOOK = "webhook_at"
    FORGED = "forged_at"


@dataclass(frozen=True, slots=True)
class Sighting:
    """Something that was seen of a device; "" is the gateway's only one, whichever that is."""

    gateway: str
    device: str
    sight: Sight


class Sightings(Background):
    """Remembers what was seen, and writes it down now and then."""

    def __init__(self, engine: Engine, *, gather: float = GATHER_SECONDS) -> None:
        self._engine = engine
        self._gather = gather
        super().__init__("sightings")

    def _reset(self) -> None:
        self._change = threading.Condition()
        self._writing = threading.Lock()
        self._minute: datetime | None = None
        self._noted: set[Sighting] = set()
        self._pending: dict[Sighting, datetime] = {}
        self._tally = Tally()
        self._is_over = False

    def webhook(self, gateway: str, devices: Iterable[str], *, now: datetime) -> None:
        """Note that these devices have posted. Never raises, never waits."""
        seen = {folded(clean(device), KEY_LIMIT) for device in devices if device}
        self._note([Sighting(gateway, device, Sight.WEBHOOK) for device in seen], now=now)

    def forged(self, gateway: Gateway, headers: Mapping[str, str], *, now: datetime) -> None:
        """Note a refused webhook for the device that is meant, if that is one of ours."""
        meant = _meant(gateway, headers, None)
        self._note([Sighting(gateway.name, device, Sight.FORGED) for device in meant], now=now)

    def forged_for(self, gateway: Gateway, devices: Iterable[str], *, now: datetime) -> None:
        """Note a refused webhook for those of these devices that an account names."""
        named = {account.device for account in gateway.accounts}.intersection(devices) - {""}
        self._note([Sighting(gateway.name, device, Sight.FORGED) for device in named], now=now)

    def taken(
        self,
        gateway: Gateway,
        devices: Iterable[str],
        headers: Mapping[str, str],
        *,
        accounts: Accounts | None,
    ) -> None:
        """Count a success for these devices, which ends their row of refusals.

        `accounts`: whose secret proved the webhook. Only for a gateway that counts, too.
        """
        named = {folded(clean(device), KEY_LIMIT) for device in devices if device}
        known = named or set(_meant(gateway, headers, accounts))
        if known and len(gateway.accounts) == 1:
            # Whatever was refused was refused for want of another name.
            known |= {"", gateway.accounts[0].sends_from}
        self._count(gateway, known, self._tally.take)

    def refused(
        self,
        gateway: Gateway,
        devices: Iterable[str],
        headers: Mapping[str, str],
        *,
        accounts: Accounts | None,
        is_forged: bool = False,
    ) -> None:
        """Count a refusal for those of these devices that an account names.

        For the device that is meant where there is none: never for one for which `accounts`, whose
        secret proved the webhook, do not speak.
        """
        named = {account.device for account in gateway.accounts}.intersection(devices) - {""}
        refuse = partial(self._tally.refuse, is_forged=is_forged)
        self._count(gateway, named or _meant(gateway, headers, accounts), refuse)

    def _count(
        self, gateway: Gateway, devices: Collection[str], count: Callable[[DeviceKey], bool]
    ) -> None:
        if not gateway.gives_up_after or not devices:
            return
        self._be_running()
        with self._change:
            news = [count((gateway.name, device)) for device in devices]
            if any(news) and not self._is_over:
                self._change.notify()

    def stop(self) -> None:
        """Forget what is pending, and return when nothing is being written any more."""
        with self._change:
            self._is_over = True
            self._pending.clear()
            self._tally.hand_over()
            self._change.notify()
        with self._writing:
            return

    def flush(self) -> int:
        """Write what is not written yet and return how much that was. Raises SQLAlchemyError."""
        with self._writing:
            with self._change:
                seen, self._pending = self._pending, {}
                answers = self._tally.hand_over()
            try:
                if seen:
                    _write(self._engine, seen)
                if answers:
                    write_answers(self._engine, answers)
            except SQLAlchemyError as error:
                if judge(error) is not Fault.ROW:
                    with self._change:
                        self._pending = seen | self._pending
                        self._tally.put_back(answers)
                raise
            return len(seen)

    def _note(self, sightings: Sequence[Sighting], *, now: datetime) -> None:
        minute = now.replace(second=0, microsecond=0)
        self._be_running()
        with self._change:
            if minute != self._minute:
                self._minute = minute
                self._noted.clear()
            fresh = [each for each in sightings if each not in self._noted]
            if fresh and not self._is_over:
                self._noted.update(fresh)
                self._pending.update(dict.fromkeys(fresh, minute))
                self._change.notify()

    def _run(self) -> None:
        wait = self._gather
        while True:
            with self._change:
                while not (self._pending or self._tally.pending or self._is_over):
                    self._change.wait()
                if self._change.wait_for(lambda: self._is_over, wait):
                    return
            try:
                self.flush()
                wait = self._gather
            except Exception as error:  # noqa: BLE001 - nobody would start this thread again
                logger.warning("last webhooks are not written", error=type(error).__name__)
                wait = AWAY_SECONDS


def _meant(
    gateway: Gateway, headers: Mapping[str, str], accounts: Accounts | None
) -> frozenset[str]:
    """Return the device that a header names, if an account does so too; else the only one.

    The header is not signed: where `accounts` are known by their secret, it is one of theirs.
    """
    possible = gateway.accounts if accounts is None else accounts
    named = headers.get(gateway.device_header or "", "")
    if named and any(account.device == named for account in possible):
        return frozenset({named})
    if len(possible) != 1:
        return frozenset()
    [only] = possible
    # One that speaks for all the others means no single one of them.
    is_another = named if only.device else len(gateway.accounts) > 1
    return frozenset() if is_another else frozenset({only.sends_from})


def _write(engine: Engine, seen: Mapping[Sighting, datetime]) -> None:
    with writing(engine) as session:
        # One order for all processes, so that two of them never wait for each other in a circle.
        for sighting in sorted(seen, key=lambda each: (each.gateway, each.device, each.sight)):
            column, minute = getattr(Device, sighting.sight), seen[sighting]
            device = sighting.device or only_device(session, sighting.gateway)
            session.execute(
                insert_into(engine, Device)
                .values(gateway=sighting.gateway, device=device, **{sighting.sight: minute})
                .on_conflict_do_update(
                    index_elements=["gateway", "device"],
                    set_={sighting.sight: minute},
                    # Another process may have written it, or a later one, already.
                    where=or_(column.is_(None), column < minute),
                )
            )
