"""Who may send the one message that shows whether something works again."""

from datetime import timedelta

from sqlalchemy import Engine, select

from bot.outbox.breakers import Open
from bot.outbox.choosing import NO_LIMITS, Limits
from bot.outbox.claim import claim
from bot.outbox.probes import take_probes
from bot.outbox.rests import Resting
from bot.outbox.statements import CANDIDATES
from bot.outbox.sweep import LEASE
from models import Breaker, Device, reading, writing
from tests.making import NOW, gateways
from tests.outbox.test_claim import LANE, queue

MINUTE = timedelta(minutes=1)
HOST = "wagate.in"


def rest(engine: Engine, *, device_until: timedelta) -> None:
    """Let a device and the host of its gateway have rested."""
    with writing(engine) as session:
        session.add(
            Breaker(gateway="wagate", host=HOST, pauses=1, rested_at=NOW - MINUTE, paused_until=NOW)
        )
        session.add(
            Device(
                gateway="wagate",
                device="wa-1",
                pauses=1,
                rested_at=NOW - MINUTE,
                paused_until=NOW + device_until,
            )
        )


def host_rests_until(engine: Engine) -> timedelta:
    with reading(engine) as session:
        until = session.scalars(select(Breaker.paused_until)).one()
    assert until is not None
    return until - NOW


def test_a_message_is_the_probe_of_its_host_and_its_device_for_a_lease(engine: Engine) -> None:
    rest(engine, device_until=timedelta(0))
    queue(engine, address="62812000002")
    queue(engine, address="62812000003")
    limits = Limits(gateways=gateways())

    taken = claim(engine, LANE, free=9, per_device=9, limits=limits, now=NOW).messages

    [probe] = taken
    assert set(probe.probes) == {
        Resting("wagate", host=HOST),
        Resting("wagate", device="wa-1"),
    }
    assert host_rests_until(engine) == LEASE


def test_the_probe_of_a_host_is_not_kept_where_that_of_the_device_is_taken(engine: Engine) -> None:
    """Somebody else has just taken it: between what we read and what we write."""
    queue(engine)
    rest(engine, device_until=timedelta(0))
    limits = Limits(gateways=gateways())
    times = {"in_lane": LANE, "now": NOW, "nearly_now": NOW, "retry_until": NOW}
    nobody: dict[str, list[str]] = {"full": [], "full_kinds": [], "away": [], "spared": []}
    with reading(engine) as session:
        parameters = {**times, "unknown_since": NOW, "number": 9, **nobody}
        rows = session.execute(CANDIDATES, parameters).all()
    with writing(engine) as session:
        session.query(Device).update({"paused_until": NOW + MINUTE})
    opened = Open(probing=frozenset({("wagate", HOST)}))

    granted, probes = take_probes(engine, rows, opened, limits, times=times, now=NOW)

    assert (granted, probes) == ([], {})
    assert host_rests_until(engine) == timedelta(0)


def test_what_never_rested_needs_no_probe(engine: Engine) -> None:
    ids = [queue(engine, address=f"6281200000{number}")[0] for number in range(3)]
    taken = claim(engine, LANE, free=9, per_device=9, limits=NO_LIMITS, now=NOW).messages
    assert [(each.id, each.probes) for each in taken] == [(message, ()) for message in ids]
