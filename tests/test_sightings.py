"""When a device last posted, and when a webhook in its name was refused: one write a minute."""

import json
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from http import HTTPStatus

import pytest
from redis import Redis
from sqlalchemy import Engine, event, select
from sqlalchemy.exc import SQLAlchemyError

from bot.gateway_settings import read_gateways
from bot.gateways.base import Gateway
from bot.refusals import COUNTED
from bot.sightings import Sightings
from bot.simulator.signers import SIGNERS, SignedWebhook
from models import Device, make_engine, reading, writing
from tests.conftest import Valkey
from tests.gateways.contract import account_of
from tests.web import CONFIGURED, Web, text_body, web_process

MELATI, MAWAR = "wa-melati-1700000001", "wa-mawar-1700000002"
AT = datetime(2026, 3, 4, 9, 15, 42, 1234, tzinfo=UTC)
MINUTE = AT.replace(second=0, microsecond=0)
TWO_DEVICES = {
    "WAGATE_ACCOUNTS": json.dumps(
        [
            {"device": MELATI, "webhook_secret": "rahasia-melati"},
            {"device": MAWAR, "webhook_secret": "rahasia-mawar"},
        ]
    )
}


@pytest.fixture
def sightings(engine: Engine) -> Iterator[Sightings]:
    # Its own thread writes nothing while a test looks on.
    found = Sightings(engine, gather=3600)
    yield found
    found.stop()


def devices(engine: Engine) -> dict[str, tuple[datetime | None, datetime | None]]:
    with reading(engine) as session:
        return {
            row.device: (row.webhook_at, row.forged_at) for row in session.scalars(select(Device))
        }


def wagate(**environ: str) -> Gateway:
    return read_gateways(environ or {"WAGATE_WEBHOOK_SECRET": "rahasia"})["wagate"]


def settle(sightings: Sightings) -> None:
    """Write what the sightings' own thread has not written by itself."""
    sightings.flush()


def test_notes_the_minute_in_which_a_device_posted(engine: Engine, sightings: Sightings) -> None:
    sightings.webhook("wagate", [MELATI, ""], now=AT)
    settle(sightings)

    assert devices(engine) == {MELATI: (MINUTE, None)}


def test_writes_once_a_minute_whatever_comes(engine: Engine, sightings: Sightings) -> None:
    written = []
    for second in range(60):
        now = MINUTE + timedelta(seconds=second)
        sightings.webhook("wagate", [MELATI], now=now)
        sightings.forged(wagate(), {}, now=now)
        written.append(sightings.flush())

    assert written == [2] + [0] * 59


def test_the_next_minute_is_written_again(engine: Engine, sightings: Sightings) -> None:
    for minutes in (0, 1):
        sightings.webhook("wagate", [MELATI], now=AT + timedelta(minutes=minutes))
        settle(sightings)

    assert devices(engine) == {MELATI: (MINUTE + timedelta(minutes=1), None)}


def test_an_earlier_minute_of_another_process_changes_nothing(
    engine: Engine, sightings: Sightings
) -> None:
    sightings.webhook("wagate", [MELATI], now=AT)
    settle(sightings)
    late = Sightings(engine, gather=3600)
    late.webhook("wagate", [MELATI], now=AT - timedelta(minutes=5))
    late.flush()
    late.stop()

    assert devices(engine) == {MELATI: (MINUTE, None)}


def test_keeps_what_is_known_of_the_device(engine: Engine, sightings: Sightings) -> None:
    with writing(engine) as session:
        session.add(Device(gateway="wagate", device=MELATI, state="connected", name="Toko Melati"))
    sightings.webhook("wagate", [MELATI], now=AT)
    settle(sightings)

    with reading(engine) as session:
        device = session.scalars(select(Device)).one()
    assert (device.state, device.name, device.webhook_at) == ("connected", "Toko Melati", MINUTE)


@pytest.mark.parametrize("named", [MELATI, MAWAR])
def test_a_refused_webhook_counts_for_the_device_that_its_header_names(
    engine: Engine, sightings: Sightings, named: str
) -> None:
    sightings.forged(wagate(**TWO_DEVICES), {"x-device-id": named}, now=AT)
    settle(sightings)

    assert devices(engine) == {named: (None, MINUTE)}


@pytest.mark.parametrize("headers", [{}, {"x-device-id": "wa-asing-1700000009"}])
def test_a_refused_webhook_of_nobody_counts_for_nobody(
    engine: Engine, sightings: Sightings, headers: dict[str, str]
) -> None:
    sightings.forged(wagate(**TWO_DEVICES), headers, now=AT)

    assert sightings.flush() == 0
    assert devices(engine) == {}


@pytest.mark.parametrize("headers", [{}, {"x-device-id": "wa-asing-1700000009"}])
def test_a_refused_webhook_counts_for_the_gateways_only_account(
    engine: Engine, sightings: Sightings, headers: dict[str, str]
) -> None:
    sightings.webhook("wagate", [MELATI], now=AT)
    settle(sightings)
    sightings.forged(wagate(), headers, now=AT)
    settle(sightings)

    assert devices(engine) == {MELATI: (MINUTE, MINUTE)}


def test_a_refused_webhook_before_any_device_is_known_is_noted_too(
    engine: Engine, sightings: Sightings
) -> None:
    sightings.forged(wagate(), {}, now=AT)
    settle(sightings)

    assert devices(engine) == {"": (None, MINUTE)}


def test_a_database_that_is_away_gets_the_latest_minute_later(
    engine: Engine, sightings: Sightings
) -> None:
    with writing(engine) as session:
        session.connection().exec_driver_sql("ALTER TABLE devices RENAME TO hidden")
    try:
        for minutes in (0, 1):
            sightings.webhook("wagate", [MELATI], now=AT + timedelta(minutes=minutes))
            with pytest.raises(SQLAlchemyError):
                sightings.flush()
    finally:
        with writing(engine) as session:
            session.connection().exec_driver_sql("ALTER TABLE hidden RENAME TO devices")
    settle(sightings)

    assert devices(engine) == {MELATI: (MINUTE + timedelta(minutes=1), None)}


def test_notes_without_waiting_for_the_database() -> None:
    nowhere = Sightings(make_engine("postgresql+psycopg://nobody@127.0.0.1:9/nothing"))
    started = time.monotonic()
    for number in range(1000):
        nowhere.webhook("wagate", [f"wa-{number}"], now=AT)
    took = time.monotonic() - started
    nowhere.stop()

    assert took < 0.5


def test_its_own_thread_writes_soon(engine: Engine) -> None:
    quick = Sightings(engine, gather=0.01)
    quick.webhook("wagate", [MELATI], now=AT)
    end = time.monotonic() + 10
    while not devices(engine) and time.monotonic() < end:
        time.sleep(0.02)
    quick.stop()

    assert devices(engine) == {MELATI: (MINUTE, None)}


# With the whole receiver.


@pytest.fixture
def web(database_url: str, redis: Redis, shared_valkey: Valkey) -> Iterator[Web]:
    environ = {**CONFIGURED, "WAGATE_WEBHOOK_SECRET": "", **TWO_DEVICES}
    with web_process(database_url, shared_valkey.url, environ) as running:
        yield running


def forged(device: str) -> SignedWebhook:
    signed = SIGNERS["wagate"](account_of("wagate", "salah"), text_body("wagate", device=device))
    return SignedWebhook(signed.path, {**signed.headers, "X-Device-Id": device}, signed.body)


def signed_for(device: str, secret: str) -> SignedWebhook:
    return SIGNERS["wagate"](account_of("wagate", secret), text_body("wagate", device=device))


def test_a_webhook_and_a_bad_signature_are_seen_at_their_device(web: Web) -> None:
    web.post(signed_for(MELATI, "rahasia-melati"))
    web.post(forged(MAWAR))
    settle(web.receiver.sightings)

    found = devices(web.engine)
    assert found[MELATI][0] is not None
    assert found[MELATI][1] is None
    assert found[MAWAR][0] is None
    assert found[MAWAR][1] is not None


def test_the_secret_of_another_device_is_a_bad_signature_of_this_one(web: Web) -> None:
    answer = web.post(signed_for(MELATI, "rahasia-mawar"))
    settle(web.receiver.sightings)

    assert answer.status_code == HTTPStatus.UNAUTHORIZED
    found = devices(web.engine)
    assert found[MELATI][1] is not None
    assert found[MAWAR] == (None, None)


def test_a_storm_of_forged_webhooks_is_no_storm_of_writes(web: Web) -> None:
    writes = 0
    lock = threading.Lock()

    def count(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        nonlocal writes
        if statement.lstrip().upper().startswith(("INSERT", "UPDATE")):
            with lock:
                writes += 1

    event.listen(web.engine, "before_cursor_execute", count)
    for number in range(200):
        web.post(forged((MELATI, MAWAR, f"wa-asing-{number}")[number % 3]))
        settle(web.receiver.sightings)

    # Two devices, perhaps a minute that ended meanwhile, and so many refusals that are counted.
    assert 2 <= writes <= 4 + 2 * COUNTED
