"""What gateways say of devices is kept, and which devices there are to be asked about."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine

from bot.client import Client
from bot.devices import REMEMBERED, ask, askable, keep_report
from bot.events import DeviceState
from bot.gateways.base import DeviceReport, Quota
from bot.gateways.errors import NotAuthorised, Rejected
from bot.outbox.rests import Rest, Resting, put
from models import Device, reading, writing
from tests.making import gateways
from tests.teluk import NAME, Teluk, teluk

NOW = datetime(2026, 3, 4, 9, 0, tzinfo=UTC)
BEFORE = NOW - timedelta(minutes=5)


def keep(engine: Engine, state: DeviceState | None, **changes: object) -> DeviceState | None:
    report = DeviceReport(device="toko-1", state=state, reason="logout", **changes)  # type: ignore[arg-type]
    with writing(engine) as session:
        return keep_report(session, NAME, "toko-1", report, asked_at=NOW, now=NOW)


def add(engine: Engine, **values: object) -> None:
    with writing(engine) as session:
        session.add(Device(**{"gateway": NAME, "device": "toko-1", **values}))


def device(engine: Engine) -> Device:
    with reading(engine) as session:
        return session.query(Device).one()


def test_a_report_about_a_new_device_makes_it_known(engine: Engine) -> None:
    state = keep(engine, DeviceState.DISCONNECTED, phone="6281200000055", name="Toko")

    row = device(engine)
    assert state == row.state == "disconnected"
    assert (row.device, row.phone, row.name) == ("toko-1", "6281200000055", "Toko")
    assert (row.reason, row.changed_at, row.reported_at) == ("logout", NOW, NOW)


def test_a_state_that_stays_keeps_its_time(engine: Engine) -> None:
    add(engine, state="disconnected", changed_at=BEFORE)

    keep(engine, DeviceState.DISCONNECTED)

    assert (device(engine).changed_at, device(engine).reported_at) == (BEFORE, NOW)


def test_a_new_state_gets_a_new_time(engine: Engine) -> None:
    add(engine, state="connected", changed_at=BEFORE)

    keep(engine, DeviceState.DISCONNECTED)

    assert (device(engine).state, device(engine).changed_at) == ("disconnected", NOW)


def test_a_webhook_that_came_after_the_question_knows_better(engine: Engine) -> None:
    add(engine, state="connected", changed_at=NOW)
    report = DeviceReport(device="toko-1", state=DeviceState.DISCONNECTED)

    with writing(engine) as session:
        state = keep_report(session, NAME, "toko-1", report, asked_at=BEFORE, now=NOW)

    assert state is DeviceState.CONNECTED
    assert (device(engine).state, device(engine).reported_at) == ("connected", NOW)


def test_a_time_in_the_future_does_not_hold_reports_off(engine: Engine) -> None:
    add(engine, state="connected", changed_at=NOW + timedelta(days=400))

    keep(engine, DeviceState.DISCONNECTED)

    assert device(engine).state == "disconnected"


def test_a_report_without_a_state_leaves_it(engine: Engine) -> None:
    add(engine, state="connected", changed_at=BEFORE, reason="siap")

    state = keep(engine, None, name="Toko Baru")

    row = device(engine)
    assert state == row.state == "connected"
    assert (row.reason, row.name, row.changed_at) == ("siap", "Toko Baru", BEFORE)


@pytest.mark.parametrize(
    ("why", "rests"), [("DeviceOffline: no", False), ("QuotaExhausted: none", True)]
)
def test_a_device_that_is_connected_again_rests_no_longer_for_being_offline(
    engine: Engine, why: str, rests: bool
) -> None:
    with writing(engine) as session:
        rest = Rest(reason=why, first=timedelta(hours=1), longest=timedelta(hours=1))
        put(session, Resting(NAME, device="toko-1"), rest, now=NOW)

    keep(engine, DeviceState.CONNECTED)

    assert (device(engine).paused_until is not None) == rests


def test_a_device_without_a_name_is_kept_under_the_one_that_is_told(engine: Engine) -> None:
    report = DeviceReport(device="wa-9", state=DeviceState.CONNECTED)

    with writing(engine) as session:
        keep_report(session, NAME, "", report, asked_at=NOW, now=NOW)

    assert device(engine).device == "wa-9"


def test_what_a_gateway_says_fits_into_its_columns(engine: Engine) -> None:
    report = DeviceReport(
        device="x" * 300,
        state=DeviceState.QR,
        reason="y" * 300 + "\x00",
        phone="6" * 40,
        name="\x00" + "z" * 300,
    )

    with writing(engine) as session:
        keep_report(session, NAME, "x" * 300, report, asked_at=NOW, now=NOW)

    assert device(engine).state == "qr"


def keys(engine: Engine, gateway: Teluk) -> list[str]:
    with reading(engine) as session:
        found = askable(session, {NAME: gateway}, now=NOW)
    return [device for _, device in found]


def test_configured_devices_are_asked_about(engine: Engine) -> None:
    gateway = teluk({"device": "toko-1"}, {"device": "toko-2"}, {"number": "utama"})

    assert keys(engine, gateway) == ["toko-1", "toko-2", "utama"]


def test_an_account_that_names_no_device_asks_about_those_that_were_seen(engine: Engine) -> None:
    add(engine, device="baru", webhook_at=NOW - timedelta(hours=1))
    add(engine, device="lama", webhook_at=NOW - REMEMBERED - timedelta(hours=1))
    add(engine, device="tanpa")

    assert keys(engine, teluk()) == ["baru"]


def test_a_device_without_a_token_is_not_asked_about(engine: Engine) -> None:
    assert keys(engine, teluk({"device": "toko-1", "api_key": None})) == []


def test_a_device_that_nobody_serves_is_not_asked_about(engine: Engine) -> None:
    add(engine, device="asing", webhook_at=NOW)

    assert keys(engine, teluk({"device": "toko-1"})) == ["toko-1"]


def test_a_gateway_that_cannot_be_asked_is_not(engine: Engine) -> None:
    add(engine, gateway="csku", device="saluran", webhook_at=NOW)

    with reading(engine) as session:
        assert askable(session, {"csku": gateways()["csku"]}, now=NOW) == []


def test_asks_for_state_and_quota() -> None:
    gateway = teluk({"device": "toko-1"})
    gateway.states["toko-1"] = DeviceState.CONNECTED
    gateway.left = Quota(limit=100, remaining=7)

    asked = ask(Client(), gateway, "toko-1")

    assert asked.report is not None
    assert (asked.report.state, asked.quota, asked.problem) == ("connected", gateway.left, "")


def test_a_gateway_that_wants_a_name_has_no_trouble_without_one() -> None:
    gateway = teluk()
    gateway.refusal = Rejected("no device is named")

    assert (ask(Client(), gateway, "").problem, ask(Client(), gateway, "toko-1").problem) == (
        "",
        "Rejected: no device is named",
    )


def test_says_why_a_gateway_does_not_answer() -> None:
    gateway = teluk({"device": "toko-1"})
    gateway.refusal = NotAuthorised("the token is refused", code="401")

    asked = ask(Client(), gateway, "toko-1")

    assert asked.report is None
    assert asked.problem == "NotAuthorised: the token is refused (401)"
