"""Alerts from what the database says: opened once, told once, closed again."""

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from redis import Redis
from sqlalchemy import delete, select, update

from bot.alerts.kinds import AlertKind
from bot.alerts.watch import watch
from bot.content import Text
from bot.inbox.conversations import ensure_conversation
from bot.lanes import EFFECTS, Lanes, lane_name
from bot.outbox import NewMessage
from bot.outbox import add as queue
from bot.sweeping import sweep
from models import Alert, Breaker, Device, Effect, Event, Message, reading, writing
from tests.alerts.conftest import BOOK, MakeRuntime, Watcher
from tests.making import NOW, gateways

MELATI = "wa-melati-1700000001"
PLACE = ("wagate", MELATI, "6281200000042")
MINUTE = timedelta(minutes=1)


def device(**values: Any) -> Device:
    return Device(**{"gateway": "wagate", "device": MELATI, "pauses": 0, "refusals": 0, **values})


def change_device(watcher: Watcher, **values: Any) -> None:
    with writing(watcher.engine) as session:
        session.execute(update(Device).values(**values))


def add_messages(
    watcher: Watcher, count: int, *, alert_id: int | None = None, **values: Any
) -> None:
    """Put messages into the outbox, and change them all."""
    with writing(watcher.engine) as session:
        message = NewMessage(
            conversation_id=ensure_conversation(session, PLACE, now=NOW),
            place=PLACE,
            content=Text(text="kata-rahasia"),
            alert_id=alert_id,
        )
        queue(session, [message] * count, now=NOW)
        session.flush()
        changed = update(Message).where(Message.status == "queued", Message.held.is_(None))
        session.execute(changed.values(**values))


def event(number: int = 1, **values: Any) -> Event:
    return Event(
        **{
            "gateway": "wagate",
            "device": MELATI,
            "key": f"k{number}",
            "kind": "message.received",
            "lane": 1,
            "payload": b"{}",
            "received_at": NOW,
            "due_at": NOW,
            **values,
        }
    )


def ways(told: list[Effect]) -> list[tuple[str, str, str]]:
    """Return what is told, how, and to which admin."""
    return [
        (
            f"{effect.details['body']['kind']} {effect.details['body']['state']}",
            effect.details["way"],
            effect.details.get("admin", ""),
        )
        for effect in told
    ]


def kinds(told: list[Effect]) -> list[str]:
    """Return what is told, whoever hears it."""
    return list(dict.fromkeys(line[0] for line in ways(told)))


def to_admins(told: list[Effect]) -> list[str]:
    """Return what admins are told."""
    return list(dict.fromkeys(line[0] for line in ways(told) if line[1] == "admin"))


def shut(host: str, **values: Any) -> Breaker:
    known = {"paused_until": NOW, "rested_at": NOW, "pauses": 1}
    return Breaker(**{"gateway": "wagate", "host": host, **known, **values})


def rests(reason: str, **values: Any) -> dict[str, Any]:
    return {
        "pauses": 1,
        "pause_reason": f"{reason}: it says so",
        "paused_until": NOW + MINUTE,
        "rested_at": NOW - 2 * MINUTE,
        **values,
    }


SITUATIONS: dict[AlertKind, list[dict[str, Any]]] = {
    AlertKind.DEVICE_OFFLINE: [
        {"state": "disconnected", "changed_at": NOW - MINUTE},
        {"state": "qr", "changed_at": NOW - MINUTE},
        rests("DeviceOffline"),
    ],
    AlertKind.DEVICE_REFUSED: [rests("NotAuthorised", rested_at=NOW)],
    AlertKind.DEVICE_RESTING: [
        rests("RateLimited", paused_until=NOW + 4 * MINUTE),
        rests("TransientError", paused_until=NOW + timedelta(hours=24), rested_at=NOW),
        rests("no message is left", paused_until=NOW + 3 * MINUTE, rested_at=NOW - 3 * MINUTE),
        rests("RateLimited", pauses=8, rested_at=NOW),
    ],
    AlertKind.QUOTA_EXHAUSTED: [rests("QuotaExhausted", rested_at=NOW)],
    AlertKind.QUOTA_LOW: [{"quota_limit": 1000, "quota_remaining": 100, "quota_at": NOW}],
    AlertKind.WEBHOOK_FORGED: [{"forged_at": NOW - timedelta(hours=23)}],
    AlertKind.WEBHOOK_FAILING: [{"refusals": 5}],
}
HARMLESS: list[dict[str, Any]] = [
    {"state": "connected", "changed_at": NOW - MINUTE, "webhook_at": NOW - timedelta(days=9)},
    {"state": "disconnected", "changed_at": NOW - timedelta(seconds=59)},
    rests("DeviceOffline", rested_at=NOW - timedelta(seconds=59)),
    rests("RateLimited"),
    rests("RateLimited", paused_until=NOW + 3 * MINUTE),
    rests("RateLimited", pauses=7),
    # It may send, but there is nothing to be sent.
    rests("RateLimited", paused_until=NOW - 5 * MINUTE, rested_at=NOW - 60 * MINUTE),
    rests("RateLimited", pauses=9, paused_until=NOW - 5 * MINUTE),
    rests("NotAuthorised", pauses=0),
    {"quota_limit": 1000, "quota_remaining": 101, "quota_at": NOW},
    {"quota_limit": 1000, "quota_remaining": 0, "quota_resets_at": NOW - MINUTE},
    {"forged_at": NOW - timedelta(hours=24)},
    {"refusals": 4},
    {"refusals": 9, "gateway": "csku"},
    {"state": "disconnected", "changed_at": NOW - MINUTE, "gateway": "lontar"},
]


@pytest.mark.parametrize(
    ("kind", "values"),
    [(kind, values) for kind, several in SITUATIONS.items() for values in several],
)
def test_what_is_wrong_with_a_device_is_told_once(
    watcher: Watcher, kind: AlertKind, values: dict[str, Any]
) -> None:
    watcher.put(device(**values))

    first, second = watcher.look(), watcher.look(NOW + timedelta(seconds=5))

    assert ways(first) == [
        (f"{kind} open", "url", ""),
        (f"{kind} open", "admin", "pemilik"),
        (f"{kind} open", "admin", "gudang"),
    ]
    assert second == []
    [row] = watcher.alerts()
    assert (row.kind, row.gateway, row.device, row.told_at) == (kind, "wagate", MELATI, NOW)


@pytest.mark.parametrize("values", HARMLESS)
def test_what_is_in_order_is_no_alert(watcher: Watcher, values: dict[str, Any]) -> None:
    watcher.put(device(**values))

    assert watcher.look() == []
    assert watcher.alerts() == []


def test_a_device_that_is_back_is_told_and_closed(watcher: Watcher) -> None:
    watcher.put(device(state="disconnected", changed_at=NOW - MINUTE))
    watcher.look()
    change_device(watcher, state="connected")

    told = watcher.look(NOW + 5 * MINUTE)

    assert kinds(told) == ["device.offline closed"]
    [row] = watcher.alerts()
    assert row.closed_at == NOW + 5 * MINUTE


@pytest.mark.parametrize("reason", ["RateLimited", "DeviceOffline"])
def test_a_device_that_is_being_probed_still_rests(watcher: Watcher, reason: str) -> None:
    rested_at = NOW - 10 * MINUTE
    watcher.put(device(**rests(reason, rested_at=rested_at)))
    watcher.look()
    probed_at = NOW + 10 * MINUTE
    change_device(watcher, paused_until=probed_at + timedelta(seconds=20), rested_at=probed_at)
    assert watcher.look(probed_at) == []
    assert watcher.alerts()[0].closed_at is None
    change_device(watcher, pauses=0, paused_until=None, pause_reason=None, rested_at=None)

    [kind] = kinds(watcher.look(probed_at + MINUTE))

    assert kind in ("device.resting closed", "device.offline closed")


def test_a_rest_is_told_with_the_class_of_its_reason_only(watcher: Watcher) -> None:
    long = {"paused_until": NOW + timedelta(hours=3)}
    watcher.put(
        device(**rests("RateLimited", **long)), device(device="b", **rests("habis", **long))
    )
    change = update(Device).where(Device.device == "b").values(pause_reason="kata rahasia: 62812")
    with writing(watcher.engine) as session:
        session.execute(change)

    bodies = {told.device: told.details["body"] for told in watcher.look()}

    until = (NOW + timedelta(hours=3)).isoformat()
    assert bodies[MELATI]["details"] == {"reason": "RateLimited", "resets_at": until}
    assert (
        "(terlalu cepat untuk gateway). Pesan keluar menunggu, sampai 19:00."
        in bodies[MELATI]["text"]
    )
    assert bodies["b"]["details"] == {"resets_at": until}


def test_a_device_that_nobody_configures_any_more_is_not_called_connected(
    watcher: Watcher, make_runtime: MakeRuntime
) -> None:
    watcher.put(device(state="disconnected", changed_at=NOW - MINUTE))
    watcher.look()
    del watcher.runtime.gateways["wagate"]  # type: ignore[attr-defined] # a dict, in fact

    told = watcher.look(NOW + MINUTE)

    # What was opened at an address is closed there.
    assert ways(told) == [("device.offline closed", "url", "")]
    assert told[0].details["body"]["text"].endswith("tidak dipakai lagi di sini.")
    assert watcher.alerts()[0].closed_at is not None


def test_a_device_that_flaps_is_reopened_in_silence(watcher: Watcher) -> None:
    watcher.put(device(state="disconnected", changed_at=NOW - MINUTE))
    told = [kinds(watcher.look())]
    for number in range(1, 10):
        change_device(watcher, state="connected" if number % 2 else "disconnected")
        told.append(kinds(watcher.look(NOW + number * 5 * MINUTE)))

    assert told[:2] == [["device.offline open"], ["device.offline closed"]]
    assert not any(told[2:])
    assert len(watcher.alerts()) == 1


def test_one_that_stays_away_after_it_came_back_is_told_again(watcher: Watcher) -> None:
    watcher.put(device(state="disconnected", changed_at=NOW - MINUTE))
    watcher.look()
    change_device(watcher, state="connected")
    watcher.look(NOW + MINUTE)
    change_device(watcher, state="disconnected")

    assert watcher.look(NOW + 2 * MINUTE) == []
    assert watcher.look(NOW + 16 * MINUTE) == []
    assert ways(watcher.look(NOW + 17 * MINUTE)) == [("device.offline open", "url", "")]
    assert watcher.look(NOW + 59 * MINUTE) == []
    assert to_admins(watcher.look(NOW + 60 * MINUTE)) == ["device.offline open"]


def test_a_day_later_it_is_told_that_it_is_still_so(watcher: Watcher) -> None:
    watcher.put(device(state="disconnected", changed_at=NOW - MINUTE))
    watcher.look()

    told = watcher.look(NOW + timedelta(days=1))

    assert kinds(told) == ["device.offline still"]
    assert told[0].details["body"]["text"].startswith("Balas: Masih: ")


def test_dead_messages_are_counted_with_their_reasons(watcher: Watcher) -> None:
    add_messages(watcher, 3, status="dead", failed_at=NOW, error="NotAuthorised: status 401")
    add_messages(watcher, 1, status="dead", failed_at=NOW, error="expired: too old to be useful")

    told = watcher.look()

    body = told[0].details["body"]
    assert (body["kind"], body["count"]) == ("message.dead", 4)
    assert body["details"] == {"reasons": {"NotAuthorised": 3, "expired": 1}}


def test_more_dead_messages_are_told_when_there_are_ten_times_as_many(watcher: Watcher) -> None:
    add_messages(watcher, 1, status="dead", failed_at=NOW, error="Rejected: no such number")
    watcher.look()
    add_messages(watcher, 8, status="dead", failed_at=NOW, error="Rejected: no such number")
    assert watcher.look() == []
    add_messages(watcher, 1, status="dead", failed_at=NOW, error="Rejected: no such number")

    assert kinds(watcher.look()) == ["message.dead still"]
    assert watcher.alerts()[0].count == 10


def test_a_message_that_dies_again_after_a_person_sent_it_again_is_told(watcher: Watcher) -> None:
    add_messages(watcher, 1, status="dead", failed_at=NOW, error="Rejected: no such number")
    told = [kinds(watcher.look())]
    for minute, status in ((1, "sent"), (2, "dead"), (60, "dead")):
        with writing(watcher.engine) as session:
            session.execute(update(Message).values(status=status))
        told.append(to_admins(watcher.look(NOW + minute * MINUTE)))

    assert told == [["message.dead open"], [], ["message.dead open"], []]


def test_messages_that_die_for_another_reason_are_told_at_once(watcher: Watcher) -> None:
    add_messages(watcher, 2, status="dead", failed_at=NOW, error="Rejected: no such number")
    watcher.look()
    add_messages(watcher, 5, status="dead", failed_at=NOW, error="NotAuthorised: status 401")

    told = watcher.look(NOW + MINUTE)

    assert kinds(told) == ["message.dead still"]
    assert "token ditolak gateway ×5, ditolak gateway ×2" in told[0].details["body"]["text"]
    assert watcher.look(NOW + 2 * MINUTE) == []


def test_what_is_held_after_something_else_was_settled_is_told(watcher: Watcher) -> None:
    add_messages(watcher, 1, status="unknown", held="unknown", held_at=NOW)
    watcher.look()
    with writing(watcher.engine) as session:
        session.execute(update(Message).values(status="sent", held=None))
    watcher.look(NOW + MINUTE)
    add_messages(watcher, 1, held="window", held_at=NOW)

    assert to_admins(watcher.look(NOW + 2 * MINUTE)) == ["message.held open"]


def test_messages_that_were_taken_and_not_delivered_are_told(watcher: Watcher) -> None:
    add_messages(watcher, 3, status="failed", failed_at=NOW, error="131026 Message undeliverable")
    add_messages(watcher, 1, status="failed", failed_at=NOW, error="470: +62 812 0000 blocked")
    add_messages(watcher, 1, status="failed", failed_at=NOW, error=None)
    old = NOW - timedelta(hours=24)
    add_messages(watcher, 1, status="failed", failed_at=old, error="131026 Message undeliverable")
    add_messages(watcher, 1, status="failed", failed_at=NOW.replace(year=9999), error="131026")

    body = watcher.look()[0].details["body"]

    assert (body["kind"], body["count"]) == ("message.failed", 5)
    assert body["details"] == {"reasons": {"131026": 3, "470": 1, "unknown": 1}}


def test_dead_messages_are_old_news_after_a_day(watcher: Watcher) -> None:
    add_messages(watcher, 1, status="dead", failed_at=NOW, error="Rejected: no such number")
    watcher.look()

    assert to_admins(watcher.look(NOW + timedelta(hours=24))) == []
    assert watcher.alerts()[0].closed_at is not None


@pytest.mark.parametrize("held", ["unknown", "window"])
def test_held_messages_are_told(watcher: Watcher, held: str) -> None:
    status = "unknown" if held == "unknown" else "queued"
    add_messages(watcher, 2, status=status, held=held, held_at=NOW)

    body = watcher.look()[0].details["body"]

    assert (body["kind"], body["count"]) == ("message.held", 2)
    assert body["details"] == {"reasons": {held: 2}}


@pytest.mark.parametrize(
    "values",
    [
        {"status": "dead", "failed_at": NOW, "error": "Rejected: no such number"},
        {"status": "failed", "failed_at": NOW, "error": "131026 Message undeliverable"},
        {"status": "queued", "held": "window", "held_at": NOW},
        {"status": "unknown", "held": "unknown", "held_at": NOW},
    ],
)
def test_an_alert_that_does_not_arrive_is_no_alert(
    watcher: Watcher, values: dict[str, Any]
) -> None:
    add_messages(watcher, 1, alert_id=7, **values)

    assert watcher.look() == []


def test_failed_events_are_told(watcher: Watcher) -> None:
    watcher.put(event(1, error="KeyError at bot/rules/turn.py:12"), event(2))

    body = watcher.look()[0].details["body"]

    assert (body["kind"], body["count"]) == ("event.failed", 1)
    assert body["details"] == {"reasons": {"KeyError": 1}}
    assert "KeyError" not in body["text"]


def test_events_that_fail_in_another_way_are_told_at_once(watcher: Watcher) -> None:
    watcher.put(event(1, error="KeyError at bot/rules/turn.py:12"))
    watcher.look()
    watcher.put(event(2, error="ValueError at bot/rules/turn.py:15"))

    assert kinds(watcher.look(NOW + MINUTE)) == ["event.failed still"]


@pytest.mark.parametrize(
    ("pauses", "rested", "is_told"),
    [(1, timedelta(seconds=5), False), (2, timedelta(seconds=5), True), (1, MINUTE, True)],
)
def test_a_breaker_is_told_unless_its_first_probe_closes_it(
    watcher: Watcher, pauses: int, rested: timedelta, is_told: bool
) -> None:
    watcher.put(shut("wagate.in", pauses=pauses, rested_at=NOW - rested))

    assert kinds(watcher.look()) == ["breaker.open open"] * is_told


def test_a_breaker_that_is_being_probed_is_open_still(watcher: Watcher) -> None:
    watcher.put(shut("wagate.in", rested_at=NOW - MINUTE))
    watcher.look()
    with writing(watcher.engine) as session:
        session.execute(update(Breaker).values(rested_at=NOW + 10 * MINUTE))

    assert watcher.look(NOW + 10 * MINUTE) == []
    assert watcher.alerts()[0].closed_at is None


def test_a_password_in_an_address_is_not_told(watcher: Watcher) -> None:
    served = gateways(WAGATE_API_URL="https://kunci:sandi@wagate.in/api")
    watcher.runtime.gateways.update(served)  # type: ignore[attr-defined] # a dict, in fact
    watcher.put(shut("kunci:sandi@wagate.in", pauses=2))

    told = watcher.look()

    assert kinds(told) == ["breaker.open open"]
    assert "sandi" not in json.dumps([effect.details for effect in told])


def test_a_breaker_of_a_host_that_no_account_has_any_more_is_no_alert(watcher: Watcher) -> None:
    watcher.put(shut("wagate.in", pauses=2), shut("lama.wagate.in", pauses=9))
    told = watcher.look()
    with writing(watcher.engine) as session:
        session.execute(delete(Breaker).where(Breaker.host == "wagate.in"))

    assert told[0].details["body"]["details"] == {"hosts": ["wagate.in"]}
    assert to_admins(watcher.look(NOW + 5 * MINUTE)) == ["breaker.open closed"]


def test_a_breaker_that_several_devices_share_is_told_when_it_closes(
    make_runtime: MakeRuntime, redis: Redis
) -> None:
    """No single device stands for it."""
    accounts = [{"device": name, "webhook_secret": name} for name in ("toko-1", "toko-2")]
    runtime = make_runtime()
    served = gateways(WAGATE_WEBHOOK_SECRET="", WAGATE_ACCOUNTS=json.dumps(accounts))
    runtime.gateways.update(served)  # type: ignore[attr-defined] # a dict, in fact
    watcher = Watcher(runtime, redis)
    watcher.put(shut("wagate.in", pauses=2))
    watcher.look()
    with writing(watcher.engine) as session:
        session.execute(delete(Breaker))

    assert to_admins(watcher.look(NOW + MINUTE)) == ["breaker.open closed"]


def test_a_quota_that_runs_out_and_comes_back_is_told_once_each(watcher: Watcher) -> None:
    known = {"quota_limit": 1000, "quota_at": NOW}
    watcher.put(device(quota_remaining=100, **known))
    told = [watcher.look()]
    change_device(watcher, quota_remaining=0, **rests("QuotaExhausted"))
    told.append(watcher.look(NOW + MINUTE))
    change_device(watcher, quota_remaining=1000, pauses=0, pause_reason=None, paused_until=None)
    told.append(watcher.look(NOW + 6 * MINUTE))

    heard = [to_admins(each) for each in told]
    assert heard == [["quota.low open"], ["quota.exhausted open"], ["quota.exhausted closed"]]
    assert sorted(kinds(told[-1])) == ["quota.exhausted closed", "quota.low closed"]
    assert all(row.closed_at for row in watcher.alerts())


def test_a_webhook_that_has_probably_been_switched_off_is_told_at_once(watcher: Watcher) -> None:
    watcher.put(device(refusals=5))
    watcher.look()
    change_device(watcher, refusals=9)
    assert watcher.look() == []
    change_device(watcher, refusals=10)

    assert kinds(watcher.look()) == ["webhook.failing still"]


def test_forged_webhooks_are_one_notice_until_the_gateway_may_give_up(watcher: Watcher) -> None:
    watcher.put(device(refusals=5, forgeries=5, forged_at=NOW))
    told = [watcher.look()]
    for refusals in (9, 10):
        change_device(watcher, refusals=refusals, forgeries=refusals)
        told.append(watcher.look(NOW + refusals * MINUTE))

    heard = [to_admins(each) for each in told]
    assert heard == [["webhook.forged open"], [], ["webhook.failing open"]]
    assert "mematikan" not in told[-1][0].details["body"]["text"]


def test_one_that_was_refused_for_another_reason_is_told(watcher: Watcher) -> None:
    watcher.put(device(refusals=6, forgeries=5, forged_at=NOW))

    told = watcher.look()

    assert "webhook.failing open" in to_admins(told)


def test_a_stranger_who_goes_on_for_hours_is_told_of_a_few_times(watcher: Watcher) -> None:
    """Refused webhooks begin the alert, good ones of the gateway's own end it, again and again."""
    watcher.put(device())
    told: list[str] = []
    for half_hour in range(2 * 12):
        for minute, refusals in ((0, 5), (1, 10), (6, 0)):
            change_device(watcher, refusals=refusals)
            told += to_admins(watcher.look(NOW + (30 * half_hour + minute) * MINUTE))

    first, second = told[:3], told[3:]
    assert first == ["webhook.failing open", "webhook.failing still", "webhook.failing closed"]
    assert second == ["webhook.failing open", "webhook.failing closed"]


def test_a_silent_device_is_told_and_announced_to_the_rules(
    make_runtime: MakeRuntime, redis: Redis
) -> None:
    # 09:00 UTC is 16:00 in Jakarta: it has been open for eight hours.
    runtime = make_runtime(ALERT_SILENT_HOURS="8", ALERT_OPEN_HOURS="08:00-20:00")
    watcher = Watcher(runtime, redis)
    watcher.put(device(webhook_at=NOW - timedelta(hours=20)))

    assert watcher.look(NOW - MINUTE) == []
    told = watcher.look()
    watcher.look(NOW + 2 * MINUTE)

    assert kinds(told) == ["inbound.silent open"]
    with reading(runtime.engine) as session:
        [announced] = session.scalars(select(Event)).all()
    assert (announced.kind, announced.device) == ("inbound.silent", MELATI)
    assert json.loads(announced.payload) == {"hours": 8}


def test_silence_is_no_alert_unless_that_is_wanted(watcher: Watcher) -> None:
    watcher.put(device(webhook_at=NOW - timedelta(days=9)))

    assert watcher.look() == []


# What nobody foresaw.


def test_a_reset_at_the_end_of_time_silences_nobody(watcher: Watcher) -> None:
    low = {"quota_limit": 1000, "quota_remaining": 1, "quota_at": NOW}
    watcher.put(device(quota_resets_at=datetime.max.replace(tzinfo=UTC), **low))
    watcher.put(device(device="wa-mawar", refusals=5))

    told = watcher.look()

    assert set(kinds(told)) == {"quota.low open", "webhook.failing open"}


@pytest.mark.parametrize(
    "details", [[], "rusak", {"told": {"telling": "opened"}}, {"told": 7, "again_at": "kemarin"}]
)
def test_an_alert_that_cannot_be_read_silences_nobody(watcher: Watcher, details: Any) -> None:
    watcher.put(device(refusals=5), device(device="wa-mawar", refusals=5))
    at = {"opened_at": NOW, "seen_at": NOW, "details": details}
    watcher.put(Alert(kind="webhook.failing", gateway="wagate", device=MELATI, **at))

    told = watcher.look()

    assert {effect.device for effect in told} == {MELATI, "wa-mawar"}


REFUSALS = {
    "sqlite": (
        "CREATE TRIGGER refusal BEFORE {step} ON alerts WHEN NEW.device = '{device}' "
        "BEGIN SELECT RAISE(ABORT, 'refused'); END",
        "DROP TRIGGER refusal",
    ),
    "postgresql": (
        "CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN "
        "RAISE EXCEPTION 'refused' USING ERRCODE = 'check_violation'; END $$;"
        "CREATE TRIGGER refusal BEFORE {step} ON alerts FOR EACH ROW "
        "WHEN (NEW.device = '{device}') EXECUTE FUNCTION refuse()",
        "DROP FUNCTION refuse CASCADE",
    ),
}


@pytest.mark.parametrize("step", ["INSERT", "UPDATE"], ids=["opened", "told"])
def test_an_alert_that_the_database_refuses_silences_nobody(watcher: Watcher, step: str) -> None:
    watcher.put(device(refusals=5), device(device="wa-mawar", refusals=5))
    begin, end = REFUSALS[watcher.engine.dialect.name]
    with writing(watcher.engine) as session:
        session.connection().exec_driver_sql(begin.format(step=step, device=MELATI))
    try:
        told = watcher.look()
    finally:
        with writing(watcher.engine) as session:
            session.connection().exec_driver_sql(end)

    assert {effect.device for effect in told} == {"wa-mawar"}
    assert {effect.device for effect in watcher.look(NOW + MINUTE)} == {MELATI}


# "One notice": what a rule tells an admin of, the alert does not.

RULE = (
    BOOK
    + """
  - id: putus
    event: device.disconnected
    notify: {to: pemilik, text: putus}
"""
)
ELSEWHERE = RULE.replace(
    'pemilik: {to: "6281200000001"}', 'pemilik: {to: "6281200000001", device: toko-2}'
)


def test_what_a_rule_tells_an_admin_is_left_to_it(watcher: Watcher, redis: Redis) -> None:
    watcher = Watcher(watcher.runtime, redis, ELSEWHERE)
    watcher.put(device(state="disconnected", changed_at=NOW - MINUTE))
    watcher.put(event(kind="device.disconnected", processed_at=NOW))

    told = watcher.look()

    assert [line[1:] for line in ways(told)] == [("url", ""), ("admin", "gudang")]


def test_a_low_quota_is_left_to_the_rule_and_its_return_is_told(
    watcher: Watcher, redis: Redis
) -> None:
    watcher = Watcher(watcher.runtime, redis, RULE.replace("device.disconnected", "quota.low"))
    watcher.put(device(quota_limit=1000, quota_remaining=100, quota_at=NOW))
    opened = watcher.look()
    change_device(watcher, quota_remaining=900)
    closed = watcher.look(NOW + 5 * MINUTE)

    assert ("quota.low open", "admin", "pemilik") not in ways(opened)
    assert ("quota.low open", "admin", "gudang") in ways(opened)
    assert ("quota.low closed", "admin", "pemilik") in ways(closed)


def test_what_no_rule_heard_of_is_told_all_the_same(watcher: Watcher, redis: Redis) -> None:
    """It was found by asking the gateway: there was no event."""
    watcher = Watcher(watcher.runtime, redis, ELSEWHERE)
    watcher.put(device(state="disconnected", changed_at=NOW - MINUTE))

    assert ("device.offline open", "admin", "pemilik") in ways(watcher.look())


def test_a_rule_that_speaks_through_the_device_that_is_away_tells_nobody(
    watcher: Watcher, redis: Redis
) -> None:
    watcher = Watcher(watcher.runtime, redis, RULE)
    watcher.put(device(state="disconnected", changed_at=NOW - MINUTE))
    watcher.put(event(kind="device.disconnected", processed_at=NOW))

    assert ("device.offline open", "admin", "pemilik") in ways(watcher.look())


def test_a_rule_for_other_devices_leaves_the_alert_alone(watcher: Watcher, redis: Redis) -> None:
    elsewhere = ELSEWHERE.replace("event: device", "if: {device: [toko-9]}\n    event: device")
    watcher = Watcher(watcher.runtime, redis, elsewhere)
    watcher.put(device(state="disconnected", changed_at=NOW - MINUTE))
    watcher.put(event(kind="device.disconnected", processed_at=NOW))

    assert ("device.offline open", "admin", "pemilik") in ways(watcher.look())


# Many at once, many watchers, nobody to tell.


def test_many_alike_are_one_message_to_an_admin(watcher: Watcher) -> None:
    away = {"state": "disconnected", "changed_at": NOW - MINUTE}
    watcher.put(*(device(device=f"toko-{number}", **away) for number in range(30)))

    told = watcher.look()

    to_owner = [effect for effect in told if effect.details.get("admin") == "pemilik"]
    assert [effect.details["way"] for effect in told].count("url") == 30
    assert len(to_owner) == 1
    assert "Dan 29 yang serupa" in to_owner[0].details["body"]["text"]
    assert len(watcher.alerts()) == 30
    assert watcher.look(NOW + timedelta(seconds=5)) == []


def test_an_admin_under_two_names_is_told_once(watcher: Watcher, redis: Redis) -> None:
    twice = BOOK.replace("6281200000002", "6281200000001")
    watcher = Watcher(watcher.runtime, redis, twice)
    watcher.put(device(refusals=5))

    assert [line[1:] for line in ways(watcher.look())] == [("url", ""), ("admin", "pemilik")]


def test_an_alert_is_kept_where_nobody_is_told(make_runtime: MakeRuntime, redis: Redis) -> None:
    nobody = BOOK.partition("admins:")[0] + "rules:" + BOOK.partition("rules:")[2]
    watcher = Watcher(make_runtime(), redis, nobody)
    watcher.put(device(refusals=5))

    assert watcher.look() == []
    assert watcher.look(NOW + timedelta(seconds=5)) == []
    [row] = watcher.alerts()
    assert (row.kind, row.told_at) == ("webhook.failing", None)


def test_only_one_watcher_looks_at_a_time(watcher: Watcher) -> None:
    watcher.put(device(refusals=5))
    watcher.redis.set("balas:alerts", 1)

    watch(watcher.runtime, Lanes(watcher.redis), watcher.book, now=NOW)

    assert watcher.alerts() == []


def test_the_sweep_looks_for_alerts(watcher: Watcher) -> None:
    watcher.put(device(refusals=5))

    sweep(watcher.runtime, Lanes(watcher.redis), book=watcher.book, now=NOW)

    assert [row.kind for row in watcher.alerts()] == ["webhook.failing"]


def test_the_lanes_of_what_is_told_are_woken(watcher: Watcher) -> None:
    watcher.put(device(refusals=5))

    told = watcher.look()

    jobs: list[Any] = Lanes(watcher.redis).queue(EFFECTS).jobs
    assert {job.args[0] for job in jobs} == {lane_name(EFFECTS, effect.lane) for effect in told}


def test_an_alert_of_a_newer_version_is_left_alone(watcher: Watcher) -> None:
    watcher.put(Alert(kind="moon.full", opened_at=NOW, seen_at=NOW, details={}, count=1))

    assert watcher.look(NOW + MINUTE) == []
    assert watcher.alerts()[0].closed_at is None


def test_nothing_private_is_in_what_is_told(watcher: Watcher) -> None:
    add_messages(watcher, 1, status="dead", failed_at=NOW, error="Rejected: no such number")
    watcher.put(device(phone="6281200000099", name="Toko Rahasia", refusals=5))

    told = json.dumps([effect.details for effect in watcher.look()])

    for word in ("kata-rahasia", "6281200000", "Toko Rahasia", "127.0.0.1"):
        assert word not in told


def test_a_look_at_a_quiet_database_writes_nothing(watcher: Watcher) -> None:
    watcher.put(device(refusals=5))
    watcher.look()
    seen = watcher.alerts()[0].seen_at
    watcher.look(NOW + timedelta(seconds=59))

    assert watcher.alerts()[0].seen_at == seen
    with writing(watcher.engine) as session:
        session.execute(delete(Alert))
