"""flask devices: how the devices are, and connecting one anew."""

from datetime import UTC, datetime, timedelta

import pytest
from redis import Redis
from sqlalchemy import select

from bot.cli.common import shown
from bot.events import DeviceState
from bot.gateways.base import Quota
from bot.gateways.errors import NotAuthorised
from bot.lanes import LANES, OUTBOX, Lanes
from bot.outbox import claim
from bot.outbox.stops import UNTIL_RESUMED
from models import Device, reading, writing
from tests.cli.conftest import Flask
from tests.teluk import NAME, Teluk, install, teluk
from tests.web import Web

NOW = datetime.now(UTC)


@pytest.fixture
def gateway(web: Web) -> Teluk:
    """Give a gateway with two devices, the only one of the app."""
    found = teluk({"device": "toko-1"}, {"device": "toko-2"})
    install(web, found)
    return found


def add(web: Web, **values: object) -> None:
    with writing(web.engine) as session:
        session.add(Device(**{"gateway": NAME, "device": "toko-1", **values}))


def row_of(web: Web) -> Device:
    """Return the only row that there is."""
    with reading(web.engine) as session:
        return session.scalars(select(Device)).one()


def claimed(web: Web) -> list[int]:
    """Return the messages that a worker would send now."""
    return [
        message.id
        for lane in range(LANES)
        for message in claim(web.engine, lane, free=8, per_device=8, now=datetime.now(UTC)).messages
    ]


def line_of(output: str, device: str) -> str:
    [line] = [line for line in output.splitlines() if device in line.split()]
    return line


def test_lists_every_gateway_that_is_configured(flask: Flask) -> None:
    output = flask("devices").output

    assert "100200300400500" in line_of(output, "meta")
    assert "(any)" in line_of(output, "wagate")


def test_an_account_for_any_device_gives_way_to_the_devices_that_are_known(
    web: Web, flask: Flask
) -> None:
    add(web, gateway="wagate", device="wa-7")

    output = flask("devices").output

    assert "wa-7" in line_of(output, "wagate")


def test_tells_how_a_device_is(web: Web, gateway: Teluk, flask: Flask) -> None:
    add(
        web,
        state="disconnected",
        phone="6281200000055",
        name="Toko Melati",
        paused_until=NOW + timedelta(hours=1),
        pause_reason="DeviceOffline: not connected",
        forged_at=NOW,
        problem="recipient is not on WhatsApp",
        problem_at=NOW,
    )

    line = line_of(flask("devices").output, "toko-1")

    for told in (
        "disconnected",
        "6281200000055",
        "Toko Melati",
        "rests until",
        "DeviceOffline: not connected",
        "bad signature",
        "recipient is not on WhatsApp",
    ):
        assert told in line
    assert "rests" not in line_of(flask("devices").output, "toko-2")


def test_a_rest_that_is_over_is_not_told(web: Web, gateway: Teluk, flask: Flask) -> None:
    add(web, paused_until=NOW - timedelta(seconds=1), pause_reason="DeviceOffline")

    assert "rests" not in flask("devices").output


def test_a_device_that_nobody_serves_is_marked(web: Web, gateway: Teluk, flask: Flask) -> None:
    add(web, device="asing")

    assert "not configured here" in line_of(flask("devices").output, "asing")


def test_asks_nobody_without_being_told(gateway: Teluk, flask: Flask) -> None:
    flask("devices")

    assert gateway.told == []


def test_asks_and_keeps_the_answers(web: Web, gateway: Teluk, flask: Flask) -> None:
    gateway.states = {"toko-1": DeviceState.CONNECTED, "toko-2": DeviceState.QR}
    gateway.left = Quota(limit=1000, remaining=12)

    output = flask("devices", "--ask").output

    assert "connected" in line_of(output, "toko-1")
    assert "12 of 1000 left" in line_of(output, "toko-1")
    assert "qr" in line_of(output, "toko-2")
    with reading(web.engine) as session:
        kept = {row.device: (row.state, row.quota_remaining) for row in session.query(Device)}
    assert kept == {"toko-1": ("connected", 12), "toko-2": ("qr", 12)}


def test_fails_if_a_gateway_does_not_answer(gateway: Teluk, flask: Flask) -> None:
    gateway.refusal = NotAuthorised("the token is refused")

    output = flask("devices", "--ask", code=1).output

    assert "cannot be asked: NotAuthorised: the token is refused" in line_of(output, "toko-1")


def test_does_not_ask_where_there_is_no_token(web: Web, flask: Flask) -> None:
    found = teluk({"device": "toko-1", "api_key": None})
    install(web, found)

    flask("devices", "--ask")

    assert found.told == []


def test_tells_what_is_left_of_a_quota_and_since_when_without_asking(
    web: Web, gateway: Teluk, flask: Flask
) -> None:
    add(web, quota_limit=1000, quota_remaining=12, quota_reserve=20, quota_at=NOW)

    line = line_of(flask("devices").output, "toko-1")
    told = flask("devices", "show", NAME, "toko-1").output

    asked = f"{NOW.astimezone():%Y-%m-%d %H:%M:%S}"
    assert "12 of 1000 left" in line
    assert asked in line
    assert "12 of 1000 left" in told
    assert f"quota asked    {asked}" in told
    assert "20 for what people write" in told
    assert gateway.told == []


def test_an_answer_that_there_is_quota_again_ends_a_rest(
    web: Web, gateway: Teluk, flask: Flask
) -> None:
    gateway.left = Quota(limit=1000, remaining=900)
    add(
        web,
        quota_limit=1000,
        quota_remaining=0,
        pauses=1,
        rested_at=NOW - timedelta(hours=1),
        paused_until=NOW + timedelta(hours=1),
        pause_reason="QuotaExhausted: no quota is left",
    )

    output = flask("devices", "--ask").output

    assert "rests" not in line_of(output, "toko-1")


def test_shows_one_device(web: Web, gateway: Teluk, flask: Flask) -> None:
    add(web, state="disconnected", reason="logout", problem="\x1b[31mjahat")

    output = flask("devices", "show", NAME, "toko-1").output

    assert "logout" in output
    assert "\x1b" not in output


def test_shows_a_device_of_which_nothing_is_known_yet(gateway: Teluk, flask: Flask) -> None:
    output = flask("devices", "show", NAME, "toko-2").output

    assert "configured     yes" in output


def test_asks_about_one_device(gateway: Teluk, flask: Flask) -> None:
    gateway.states["toko-2"] = DeviceState.CONNECTED

    output = flask("devices", "show", NAME, "toko-2", "--ask").output

    assert "connected" in output
    assert gateway.asked("device_report") == [("toko-2",)]


def test_knows_no_other_device(gateway: Teluk, flask: Flask) -> None:
    assert "has no device asing" in flask("devices", "show", NAME, "asing", code=1).output


def test_connects_a_device_anew(gateway: Teluk, flask: Flask) -> None:
    flask("devices", "restart", NAME, "toko-2")

    assert gateway.asked("restart_device") == [("toko-2",)]


def test_says_why_a_device_is_not_connected_anew(gateway: Teluk, flask: Flask) -> None:
    gateway.refusal = NotAuthorised("the token is refused")

    output = flask("devices", "restart", NAME, "toko-2", code=1).output

    assert output == "Error: NotAuthorised: the token is refused\n"


def test_says_that_a_gateway_cannot_restart(flask: Flask) -> None:
    assert "no way to restart" in flask("devices", "restart", "wagate", "wa-7", code=1).output


def test_says_which_variable_turns_a_gateway_on(web: Web, flask: Flask, gateway: Teluk) -> None:
    assert "RIJAN_WEBHOOK_SECRET" in flask("devices", "restart", "rijan", "x", code=1).output


def test_stops_a_device_until_it_is_resumed(web: Web, gateway: Teluk, flask: Flask) -> None:
    flask("devices", "pause", NAME, "toko-2")

    output = flask("devices").output
    assert "stopped by a person until it is resumed" in line_of(output, "toko-2")
    assert "stopped" not in line_of(output, "toko-1")
    shown_device = flask("devices", "show", NAME, "toko-2").output
    assert "stopped        until it is resumed" in shown_device


def test_stops_a_device_for_a_while(web: Web, gateway: Teluk, flask: Flask) -> None:
    flask("devices", "pause", NAME, "toko-1")
    flask("devices", "pause", NAME, "toko-1", "--for", "1h30m")

    until = row_of(web).stopped_until
    assert until is not None
    assert timedelta(minutes=89) < until - datetime.now(UTC) <= timedelta(minutes=90)
    assert f"stopped by a person until {shown(until)}" in flask("devices").output


def test_a_stop_that_is_over_is_not_told(web: Web, gateway: Teluk, flask: Flask) -> None:
    add(web, stopped_until=NOW - timedelta(seconds=1))

    assert "stopped by" not in flask("devices").output


def test_resumes_a_device_that_was_stopped_and_one_that_rests(
    web: Web, gateway: Teluk, flask: Flask, redis: Redis
) -> None:
    add(
        web,
        stopped_until=UNTIL_RESUMED,
        paused_until=NOW + timedelta(hours=1),
        pause_reason="NotAuthorised: 401",
        rested_at=NOW,
        pauses=3,
        quota_remaining=7,
    )

    assert flask("devices", "resume", NAME, "toko-1").output == "it sends again\n"

    row = row_of(web)
    assert (row.stopped_until, row.paused_until, row.pause_reason) == (None, None, None)
    assert (row.rested_at, row.pauses, row.quota_remaining) == (None, 0, 7)
    assert Lanes(redis).queue(OUTBOX).count == LANES


def test_says_that_there_was_nothing_to_resume(gateway: Teluk, flask: Flask) -> None:
    output = flask("devices", "resume", NAME, "toko-1").output

    assert output == "it was neither stopped nor resting\n"


@pytest.mark.parametrize("command", ["pause", "resume"])
def test_stops_and_resumes_no_device_that_nobody_knows(
    web: Web, gateway: Teluk, flask: Flask, command: str
) -> None:
    assert "has no device asing" in flask("devices", command, NAME, "asing", code=1).output
    with reading(web.engine) as session:
        assert session.query(Device).all() == []


def test_stops_a_device_that_an_account_for_any_of_them_serves(web: Web, flask: Flask) -> None:
    add(web, gateway="wagate", device="wa-7")

    flask("devices", "pause", "wagate", "wa-7")

    assert "stopped by a person" in line_of(flask("devices").output, "wa-7")


@pytest.mark.parametrize("written", ["sebentar", "0m", "2", "400d"])
def test_says_how_long_a_stop_can_be(web: Web, gateway: Teluk, flask: Flask, written: str) -> None:
    flask("devices", "pause", NAME, "toko-1", "--for", written, code=2)

    with reading(web.engine) as session:
        assert session.query(Device).all() == []


def test_nothing_is_claimed_of_a_device_that_was_stopped(web: Web, flask: Flask) -> None:
    flask("send", "meta", "6281200000044", "halo")
    flask("devices", "pause", "meta", "100200300400500")

    assert claimed(web) == []

    flask("devices", "resume", "meta", "100200300400500")

    assert claimed(web) == [web.messages()[0].id]
