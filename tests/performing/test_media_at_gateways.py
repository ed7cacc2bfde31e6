"""Files through a whole worker: out of a webhook, and from beside the rules to a phone."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select, update

from bot import rules
from bot.content import Media
from bot.gateway_settings import read_gateways
from bot.inbox.conversations import ensure_conversation
from bot.inbox.fold import Responder
from bot.lanes import LANES
from bot.media.types import type_of
from bot.outbox import NewMessage, add
from bot.runtime import Runtime, assemble
from bot.simulator.compose import DEVICES
from bot.simulator.files import PDF, sample
from bot.simulator.server import Simulator
from models import Conversation, reading, writing
from models import Media as MediaRow
from tests.making import (
    ECHO,
    ENVIRONMENT,
    arrivals,
    incoming,
    outgoing,
    process_all,
    receive,
)
from worker import carriers

ADDRESSES = {
    "meta": "6281200000001",
    "wagate": "6281200000001",
    "rijan": "6281200000001@s.whatsapp.net",
    "whatsgate": "6281200000001@c.us",
}


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    accounts = {name: list(each.accounts) for name, each in read_gateways(ENVIRONMENT).items()}
    with Simulator.for_accounts(accounts) as running:
        yield running


@pytest.fixture
def runtime(database_url: str, tmp_path: Path, simulator: Simulator) -> Iterator[Runtime]:
    """Give the parts of a worker; its rules lie in a folder of their own, with a catalogue."""
    shop = tmp_path / "toko"
    shop.mkdir()
    (shop / "katalog.pdf").write_bytes(PDF)
    urls = {f"{name.upper()}_API_URL": url for name, url in simulator.api_urls.items()}
    running = assemble(
        {
            **ENVIRONMENT,
            **urls,
            "DATABASE_URL": database_url,
            "DATA_DIR": str(tmp_path / "data"),
            "RULES_FILE": str(shop / "rules.yaml"),
            "PUBLIC_URL": "https://balas.contoh.id/",
            # Nobody listens there; a lost nudge costs nothing here.
            "REDIS_URL": "redis://127.0.0.1:9",
        }
    )
    yield running
    running.engine.dispose()


def take_in(runtime: Runtime, name: str, case: str) -> None:
    """Take a webhook in, and do at the gateway what it makes us do."""
    now = datetime.now(UTC)
    receive(runtime.engine, arrivals(name, case, now=now))
    who = Responder(book=rules.read(ECHO), gateways=runtime.gateways)
    process_all(runtime.engine, who, now=now)
    _, performer = carriers(runtime)
    for lane in range(LANES):
        performer.perform(lane)
    assert performer.finish(seconds=20)


@pytest.mark.parametrize(
    ("name", "case"),
    [("meta", "image"), ("meta", "voice"), ("wagate", "image"), ("whatsgate", "image")],
)
def test_the_media_of_a_message_come_into_the_store(runtime: Runtime, name: str, case: str) -> None:
    take_in(runtime, name, case)

    [message] = incoming(runtime.engine)
    with reading(runtime.engine) as session:
        [file] = session.scalars(select(MediaRow))
    store = runtime.media_store
    assert store is not None
    assert (message.media_id, message.media_problem) == (file.id, None)
    assert type_of(store.read(file.sha256)) == type_of(sample(case)[1]) == file.mimetype


@pytest.mark.parametrize("name", ["csku", "rijan"])
def test_a_file_on_a_host_that_nobody_allowed_leaves_the_reason(
    runtime: Runtime, name: str
) -> None:
    take_in(runtime, name, "image")

    [message] = incoming(runtime.engine)
    assert message.media_id is None
    assert message.media_problem


@pytest.mark.parametrize("name", ADDRESSES)
def test_a_file_of_ours_goes_out_the_way_each_gateway_takes_it(
    runtime: Runtime, simulator: Simulator, name: str
) -> None:
    place = (name, DEVICES[name], ADDRESSES[name])
    now = datetime.now(UTC)
    with writing(runtime.engine) as session:
        message = NewMessage(
            conversation_id=ensure_conversation(session, place, now=now),
            place=place,
            content=Media(kind="document", file="katalog.pdf"),
        )
        add(session, [message], now=now)
        session.execute(update(Conversation).values(wrote_at=now))
    courier, _ = carriers(runtime)
    for lane in range(LANES):
        courier.deliver(lane)
    assert courier.finish(seconds=20)

    [sent] = outgoing(runtime.engine)
    assert (sent.status, sent.error) == ("sent", None)
    [taken] = simulator.sent
    assert (taken.kind, bool(taken.media)) == ("document", True)
    assert taken.media.startswith("https://balas.contoh.id/media/") or "://" not in taken.media
