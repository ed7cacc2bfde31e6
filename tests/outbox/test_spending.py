"""What goes out is taken off the quota, and a refusal for want of quota is asked about."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import Engine, select

from bot.simulator.faults import Fault
from bot.simulator.server import Simulator
from models import Device, Effect, reading, writing
from tests.making import gateways
from tests.outbox.test_deliver import Post


@pytest.fixture
def post(engine: Engine) -> Iterator[Post]:
    accounts = {name: list(gateway.accounts) for name, gateway in gateways().items()}
    with Simulator.for_accounts(accounts) as simulator:
        urls = {f"{name.upper()}_API_URL": url for name, url in simulator.api_urls.items()}
        yield Post(engine, simulator, gateways(**urls))


def know(post: Post, remaining: int) -> None:
    asked_at = datetime.now(UTC) - timedelta(minutes=1)
    with writing(post.engine) as session:
        session.add(
            Device(
                gateway="wagate",
                device="device-1",
                quota_limit=1000,
                quota_remaining=remaining,
                quota_at=asked_at,
            )
        )


def left(post: Post) -> int | None:
    with reading(post.engine) as session:
        return session.scalar(select(Device.quota_remaining))


def questions(post: Post) -> list[tuple[str, str, str]]:
    with reading(post.engine) as session:
        return [(each.kind, each.gateway, each.device) for each in session.scalars(select(Effect))]


def test_what_was_sent_is_taken_off(post: Post) -> None:
    know(post, 100)
    post.queue("wagate", "satu", "dua", "tiga")

    post.deliver()

    assert left(post) == 97
    assert questions(post) == []


def test_what_may_have_been_sent_is_taken_off(post: Post) -> None:
    know(post, 100)
    post.simulator.plan("wagate", Fault(kind="reset", records=True))
    post.queue("wagate", "satu")

    post.deliver()

    assert left(post) == 99


def test_what_was_refused_is_not_taken_off(post: Post) -> None:
    know(post, 100)
    post.simulator.plan("wagate", Fault(kind="fail", refusal="rejected"))
    post.queue("wagate", "satu")

    post.deliver()

    assert left(post) == 100


def test_a_refusal_for_want_of_quota_is_asked_about_at_once(post: Post) -> None:
    know(post, 100)
    post.simulator.plan("wagate", Fault(kind="fail", times=3, refusal="quota"))
    post.queue("wagate", "satu", address="6281200000001")
    post.queue("wagate", "dua", address="6281200000002")

    post.deliver()

    assert questions(post) == [("report_device", "wagate", "device-1")]
    assert left(post) == 100
