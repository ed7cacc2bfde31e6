"""How often in a row a gateway's webhooks were not taken, counted by device."""

import json
from collections.abc import Iterator
from http import HTTPStatus

import pytest
from redis import Redis
from sqlalchemy import Engine, event, select
from sqlalchemy.exc import SQLAlchemyError

from bot.gateway_settings import read_gateways
from bot.gateways.base import Gateway
from bot.refusals import COUNTED, SUCCESS, Answers
from bot.sightings import Sightings
from bot.simulator.signers import SIGNERS, SignedWebhook
from models import Device, reading, writing
from tests.conftest import Valkey
from tests.gateways.contract import account_of
from tests.web import CONFIGURED, Web, text_body, web_process

MELATI, MAWAR = "wa-melati-1700000001", "wa-mawar-1700000002"
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


@pytest.fixture
def other(engine: Engine) -> Iterator[Sightings]:
    """Give the sightings of another process."""
    found = Sightings(engine, gather=3600)
    yield found
    found.stop()


def wagate(**environ: str) -> Gateway:
    return read_gateways(environ or {"WAGATE_WEBHOOK_SECRET": "rahasia"})["wagate"]


def answer(sightings: Sightings, *taken: bool, device: str = MELATI) -> None:
    gateway = wagate(**TWO_DEVICES)
    for is_taken in taken:
        count = sightings.taken if is_taken else sightings.refused
        count(gateway, [device], {}, accounts=None)


def refusals(engine: Engine) -> dict[str, int]:
    with reading(engine) as session:
        return {row.device: row.refusals for row in session.scalars(select(Device))}


def forgeries(engine: Engine) -> int | None:
    with reading(engine) as session:
        return session.scalar(select(Device.forgeries).where(Device.device == MELATI))


def test_counts_refusals_in_a_row(engine: Engine, sightings: Sightings) -> None:
    answer(sightings, False, False)
    sightings.flush()
    answer(sightings, False)
    answer(sightings, False, device=MAWAR)
    sightings.flush()

    assert refusals(engine) == {MELATI: 3, MAWAR: 1}


@pytest.mark.parametrize(
    ("taken", "count"),
    [
        ([True], 0),
        ([False, True], 0),
        ([True, False], 1),
        ([False, True, False, False], 2),
        ([False, True, False, True], 0),
    ],
)
@pytest.mark.parametrize("step", [False, True], ids=["together", "each written at once"])
def test_a_success_ends_the_row(
    engine: Engine, sightings: Sightings, taken: list[bool], count: int, *, step: bool
) -> None:
    answer(sightings, False, False)
    sightings.flush()
    for is_taken in taken:
        answer(sightings, is_taken)
        if step:
            sightings.flush()
    sightings.flush()

    assert refusals(engine) == {MELATI: count}


def test_adds_what_several_processes_refused(
    engine: Engine, sightings: Sightings, other: Sightings
) -> None:
    answer(sightings, False, False)
    answer(other, False, False, False)
    sightings.flush()
    other.flush()

    assert refusals(engine) == {MELATI: 5}


def test_a_success_ends_what_another_process_refused(
    engine: Engine, sightings: Sightings, other: Sightings
) -> None:
    answer(other, True)
    other.flush()
    answer(sightings, False, False)
    sightings.flush()
    answer(other, True)
    other.flush()

    assert refusals(engine) == {MELATI: 0}


def test_successes_alone_write_nothing(engine: Engine, sightings: Sightings) -> None:
    written = []
    event.listen(
        engine,
        "before_cursor_execute",
        lambda _connection, _cursor, statement, *_: written.append(statement[:6]),
    )
    for _ in range(10):
        answer(sightings, True)
        sightings.flush()

    assert "SELECT" in written
    assert not {"INSERT", "UPDATE"} & set(written)


def test_a_storm_of_refusals_is_no_storm_of_writes(engine: Engine, sightings: Sightings) -> None:
    for _ in range(100):
        answer(sightings, False)
        sightings.flush()

    assert refusals(engine) == {MELATI: COUNTED}


def test_a_database_that_is_away_gets_the_count_later(engine: Engine, sightings: Sightings) -> None:
    answer(sightings, False)
    sightings.flush()
    with writing(engine) as session:
        session.connection().exec_driver_sql("ALTER TABLE devices RENAME TO hidden")
    try:
        for taken in ([True, False], [False]):
            answer(sightings, *taken)
            with pytest.raises(SQLAlchemyError):
                sightings.flush()
    finally:
        with writing(engine) as session:
            session.connection().exec_driver_sql("ALTER TABLE hidden RENAME TO devices")
    answer(sightings, False)
    sightings.flush()

    assert refusals(engine) == {MELATI: 3}


@pytest.mark.parametrize(
    ("earlier", "later", "both"),
    [
        (Answers(2), Answers(1), Answers(3)),
        (Answers(2, after_success=True), Answers(1), Answers(3, after_success=True)),
        (Answers(2), Answers(1, after_success=True), Answers(1, after_success=True)),
        (Answers(2), SUCCESS, SUCCESS),
    ],
)
def test_what_came_later_follows_what_came_before(
    earlier: Answers, later: Answers, both: Answers
) -> None:
    assert earlier.then(later) == both


def test_counts_for_the_device_that_a_header_names(engine: Engine, sightings: Sightings) -> None:
    gateway = wagate(**TWO_DEVICES)
    for headers in ({"x-device-id": MAWAR}, {"x-device-id": "wa-asing-1700000009"}, {}):
        sightings.refused(gateway, [], headers, accounts=None)
    sightings.flush()

    assert refusals(engine) == {MAWAR: 1}


def test_counts_for_no_device_for_which_the_secret_does_not_speak(
    engine: Engine, sightings: Sightings
) -> None:
    gateway = wagate(**TWO_DEVICES)
    mawar = gateway.accounts[1:]
    for _ in range(3):
        sightings.refused(gateway, [], {"x-device-id": MELATI}, accounts=None)
    sightings.refused(gateway, [], {"x-device-id": MELATI}, accounts=mawar)
    sightings.taken(gateway, [], {"x-device-id": MELATI}, accounts=mawar)
    sightings.refused(gateway, [], {}, accounts=mawar)
    sightings.flush()

    assert refusals(engine) == {MELATI: 3, MAWAR: 1}


def test_counts_for_no_device_that_nobody_named(engine: Engine, sightings: Sightings) -> None:
    for gateway in (wagate(), wagate(**TWO_DEVICES)):
        for number in range(200):
            sightings.refused(gateway, [f"wa-asing-{number}"], {}, accounts=None)
    sightings.flush()

    assert set(refusals(engine)) == {""}


def test_a_header_that_names_another_device_does_not_mean_the_only_one(
    engine: Engine, sightings: Sightings
) -> None:
    only = json.dumps([{"device": MELATI, "webhook_secret": "rahasia-melati"}])
    gateway = wagate(WAGATE_ACCOUNTS=only)
    for headers in ({"x-device-id": "wa-asing-1700000009"}, {}):
        sightings.refused(gateway, [], headers, accounts=None)
    sightings.flush()

    assert refusals(engine) == {MELATI: 1}


def test_counts_for_the_only_device_whichever_that_is(engine: Engine, sightings: Sightings) -> None:
    with writing(engine) as session:
        session.add(Device(gateway="wagate", device=MELATI))
    gateway = wagate()
    sightings.refused(gateway, [], {}, accounts=None)
    sightings.taken(gateway, [MELATI], {}, accounts=gateway.accounts)
    sightings.refused(gateway, [], {}, accounts=None)
    sightings.flush()
    assert refusals(engine) == {MELATI: 1}

    sightings.taken(gateway, [MELATI], {}, accounts=gateway.accounts)
    sightings.flush()
    assert refusals(engine) == {MELATI: 0}


def test_what_was_refused_before_the_device_was_known_ends_too(
    engine: Engine, sightings: Sightings
) -> None:
    gateway = wagate()
    sightings.refused(gateway, [], {}, accounts=None)
    sightings.flush()
    assert refusals(engine) == {"": 1}
    sightings.taken(gateway, [MELATI], {}, accounts=gateway.accounts)
    sightings.flush()

    assert refusals(engine) == {"": 0}


def test_other_gateways_are_not_counted(engine: Engine, sightings: Sightings) -> None:
    rijan = read_gateways({"RIJAN_WEBHOOK_SECRET": "rahasia"})["rijan"]
    sightings.refused(rijan, ["device_melati"], {}, accounts=None)
    sightings.flush()

    assert refusals(engine) == {}


# With the whole receiver.


@pytest.fixture
def web(database_url: str, redis: Redis, shared_valkey: Valkey) -> Iterator[Web]:
    environ = {**CONFIGURED, "WAGATE_WEBHOOK_SECRET": "", **TWO_DEVICES}
    with web_process(database_url, shared_valkey.url, environ) as running:
        yield running


def signed(secret: str) -> SignedWebhook:
    made = SIGNERS["wagate"](account_of("wagate", secret), text_body("wagate", device=MELATI))
    return SignedWebhook(made.path, {**made.headers, "X-Device-Id": MELATI}, made.body)


def test_every_refusal_counts_whatever_its_reason(
    web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    statuses = [web.post(signed("salah")).status_code]
    monkeypatch.setattr(web.runtime.gateways["wagate"], "max_body", 10)
    statuses.append(web.post(signed("rahasia-melati")).status_code)
    web.receiver.sightings.flush()

    assert statuses == [HTTPStatus.UNAUTHORIZED, HTTPStatus.REQUEST_ENTITY_TOO_LARGE]
    assert refusals(web.engine)[MELATI] == 2


def test_tells_forged_ones_from_others(web: Web, monkeypatch: pytest.MonkeyPatch) -> None:
    web.post(signed("salah"))
    web.post(signed("salah"))
    monkeypatch.setattr(web.runtime.gateways["wagate"], "max_body", 10)
    web.post(signed("rahasia-melati"))
    web.receiver.sightings.flush()

    assert forgeries(web.engine) == 2
    assert refusals(web.engine)[MELATI] == 3


def test_a_storm_of_forged_ones_does_not_hide_others(
    web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(COUNTED + 5):
        web.post(signed("salah"))
    monkeypatch.setattr(web.runtime.gateways["wagate"], "max_body", 10)
    web.post(signed("rahasia-melati"))
    web.receiver.sightings.flush()

    assert (refusals(web.engine)[MELATI], forgeries(web.engine)) == (COUNTED + 1, COUNTED)


def test_what_is_not_signed_at_all_is_no_webhook_of_the_gateways(web: Web) -> None:
    for path in ("/webhook/wagate", "/webhook/wagate/", "/webhook/whatsgate"):
        for _ in range(3):
            unsigned = SignedWebhook(path, {"X-Device-Id": MELATI}, b"{}")
            assert web.post(unsigned).status_code == HTTPStatus.UNAUTHORIZED
    web.receiver.sightings.flush()

    assert refusals(web.engine) == {}


def test_the_secret_of_one_device_touches_no_other(web: Web) -> None:
    """Neither its refusals nor its good webhooks do, nor do devices that it invents."""
    web.post(signed("salah"))
    mawar = account_of("wagate", "rahasia-mawar")
    ids = [MELATI, *(f"wa-asing-{number}" for number in range(20))]
    bodies = [text_body("wagate", device=device) for device in ids]
    for body in [b"no json", *bodies]:
        web.post(SIGNERS["wagate"](mawar, body))
    web.receiver.sightings.flush()

    found = refusals(web.engine)
    assert found[MELATI] == 1
    assert set(found) == {MELATI, MAWAR}


def test_a_webhook_that_is_kept_ends_the_row(web: Web) -> None:
    web.post(signed("salah"))
    web.receiver.sightings.flush()
    assert web.post(signed("rahasia-melati")).status_code == HTTPStatus.OK
    web.receiver.sightings.flush()

    assert (refusals(web.engine)[MELATI], forgeries(web.engine)) == (0, 0)


def test_who_may_not_post_at_all_does_not_count(
    database_url: str, redis: Redis, shared_valkey: Valkey
) -> None:
    environ = {**TWO_DEVICES, "WAGATE_ALLOWED_IPS": "203.0.113.7"}
    with web_process(database_url, shared_valkey.url, environ) as web:
        assert web.post(signed("salah")).status_code == HTTPStatus.FORBIDDEN
        web.receiver.sightings.flush()

        assert refusals(web.engine) == {}
