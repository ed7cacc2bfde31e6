"""The device through which an admin is told: one that is well, and may write to them."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine

from bot.alerts.reach import way_to
from bot.gateways.base import Gateway
from bot.rules.schema import Admin
from models import Base, Breaker, Conversation, Device, reading, writing
from tests.making import NOW, gateways

NUMBER = "6281200000001"
NOBODY = ("", "")
HOUR = timedelta(hours=1)


def put(engine: Engine, *rows: Base) -> None:
    with writing(engine) as session:
        session.add_all(rows)


def device(gateway: str = "wagate", device: str = "toko-1", **values: Any) -> Device:
    return Device(**{"gateway": gateway, "device": device, "pauses": 0, **values})


def way(
    engine: Engine,
    *,
    named: str = "auto",
    about: tuple[str, str] = NOBODY,
    served: Mapping[str, Gateway] | None = None,
) -> tuple[str, str, str] | None:
    admin = Admin(to=NUMBER, device=named)
    with reading(engine) as session:
        return way_to(session, served or gateways(), admin, about=about, now=NOW)


def test_nobody_is_told_through_a_device_that_nobody_knows(engine: Engine) -> None:
    assert way(engine) is None


@pytest.mark.parametrize("state", ["connected", None])
def test_tells_through_a_device_that_is_well(engine: Engine, state: str | None) -> None:
    put(engine, device(state=state))

    assert way(engine) == ("wagate", "toko-1", NUMBER)


def test_writes_the_address_as_the_gateway_does(engine: Engine) -> None:
    put(engine, device("rijan"))

    assert way(engine) == ("rijan", "toko-1", f"{NUMBER}@s.whatsapp.net")


@pytest.mark.parametrize(
    "values",
    [
        {"state": "disconnected"},
        {"state": "qr"},
        {"pauses": 1},
        {"paused_until": NOW + HOUR},
        {"stopped_until": NOW + HOUR},
        {"quota_remaining": 0},
        {"gateway": "lontar"},
    ],
)
def test_tells_through_no_device_that_is_not_well(engine: Engine, values: dict[str, Any]) -> None:
    put(engine, device(**values))

    assert way(engine) is None


def test_tells_through_a_device_whose_plan_has_no_limit(engine: Engine) -> None:
    put(engine, device(quota_limit=0, quota_remaining=0))

    assert way(engine) == ("wagate", "toko-1", NUMBER)


def test_tells_through_no_gateway_whose_breaker_is_open(engine: Engine) -> None:
    put(engine, device(), Breaker(gateway="wagate", host="wagate.in", paused_until=NOW))

    assert way(engine) is None


def test_tells_through_no_account_that_only_receives(engine: Engine) -> None:
    put(engine, device())

    assert way(engine, served=gateways(WAGATE_API_TOKEN="")) is None


def test_the_device_that_an_alert_is_about_goes_last(engine: Engine) -> None:
    put(engine, device(device="toko-1"), device(device="toko-2"))

    assert way(engine, about=("wagate", "toko-1")) == ("wagate", "toko-2", NUMBER)


def test_the_device_that_an_alert_is_about_is_better_than_none(engine: Engine) -> None:
    put(engine, device())

    assert way(engine, about=("wagate", "toko-1")) == ("wagate", "toko-1", NUMBER)


def test_the_device_that_the_admins_entry_names_goes_first(engine: Engine) -> None:
    put(engine, *(device(device=f"toko-{number}") for number in (1, 2, 3)))

    assert way(engine, named="toko-2") == ("wagate", "toko-2", NUMBER)


def test_another_device_helps_out_where_the_named_one_is_away(engine: Engine) -> None:
    put(engine, device(device="toko-1"), device(device="toko-2", state="disconnected"))

    assert way(engine, named="toko-2") == ("wagate", "toko-1", NUMBER)


def test_a_device_that_is_surely_connected_goes_before_one_that_may_be(engine: Engine) -> None:
    put(engine, device(device="toko-1"), device(device="toko-2", state="connected"))

    assert way(engine) == ("wagate", "toko-2", NUMBER)


def conversation(gateway: str, address: str, **values: Any) -> Conversation:
    known = {"gateway": gateway, "device": "toko-1", "address": address, "lane": 1, "state": {}}
    return Conversation(**{**known, "chat": "private", "created_at": NOW, **values})


@pytest.mark.parametrize(("minutes", "is_told"), [(0, False), (4, False), (6, True)])
def test_where_a_window_closes_only_an_admin_who_wrote_lately_is_told(
    engine: Engine, minutes: int, is_told: bool
) -> None:
    """A message that would just get through the window may come too late."""
    wrote_at = NOW - 24 * HOUR + timedelta(minutes=minutes)
    put(engine, device("meta"), conversation("meta", NUMBER, wrote_at=wrote_at))

    assert (way(engine) is not None) == is_told


def test_where_a_window_closes_an_admin_who_never_wrote_is_not_told(engine: Engine) -> None:
    put(engine, device("meta"), conversation("meta", NUMBER))

    assert way(engine) is None


def test_where_no_number_reaches_anybody_a_known_conversation_does(engine: Engine) -> None:
    put(engine, device("csku"))
    assert way(engine) is None
    put(engine, conversation("csku", "percakapan-7", phone=NUMBER))

    assert way(engine) == ("csku", "toko-1", "percakapan-7")
