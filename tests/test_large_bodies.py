"""A body of many megabytes: kept before it is acknowledged, and read by everybody who needs it."""

import base64
import json
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from http import HTTPStatus

import pytest
from redis import Redis
from sqlalchemy import func, select

from bot.inbox.append import insert_large
from bot.inbox.arrivals import unparsed
from bot.inbox.parts import read_payload
from bot.rules import load
from models import Direction, Event, EventPart, reading
from tests.conftest import Valkey
from tests.web import NAMES, Web, text_body, web_process

SIZE = 6_000_000
# Too long for the row of its event.
LONG_TEXT = "panjang " * 40_000


@pytest.fixture
def web(database_url: str, redis: Redis, shared_valkey: Valkey) -> Iterator[Web]:
    with web_process(database_url, shared_valkey.url) as running:
        yield running


def document(*, size: int = SIZE, text: str = "harga") -> bytes:
    """Return a WAGate message with a file in it."""
    message = json.loads(text_body("wagate", text=text))
    content = base64.b64encode(b"%PDF-1.7\n" + os.urandom(size * 3 // 4)).decode()
    media = {"mimetype": "application/pdf", "filename": "nota.pdf", "data": content}
    message["data"] |= {"type": "document", "media": media}
    return json.dumps(message, separators=(",", ":")).encode()


def payloads(web: Web) -> list[bytes]:
    with reading(web.engine) as session:
        events = session.scalars(select(Event).order_by(Event.id))
        return [read_payload(session, event) for event in events.all()]


def count_parts(web: Web) -> int:
    with reading(web.engine) as session:
        return session.scalar(select(func.count()).select_from(EventPart)) or 0


def test_keeps_a_large_document_byte_by_byte(web: Web) -> None:
    body = document()

    answer = web.post(web.sign("wagate", body))

    assert answer.status_code == HTTPStatus.OK
    assert payloads(web) == [body]
    assert [event.kind for event in web.events()] == ["message.received"]


def test_a_repeat_of_a_large_document_takes_no_more_room(web: Web) -> None:
    webhook = web.sign("wagate", document())
    first = web.post(webhook)
    parts = count_parts(web)

    second = web.post(webhook)

    assert (second.status_code, second.data) == (HTTPStatus.OK, first.data)
    assert count_parts(web) == parts > 1
    assert len(web.events()) == 1


def test_answers_a_large_document(web: Web) -> None:
    web.post(web.sign("wagate", document(text="harga")))

    assert web.process(load("rules.yaml")) == 1

    received, *replies = web.messages()
    assert (received.direction, received.kind, received.text) == (
        Direction.IN,
        "document",
        "harga",
    )
    assert replies
    assert not [event.error for event in web.events() if event.error]


@pytest.mark.parametrize("name", NAMES)
def test_keeps_a_large_body_of_every_gateway(web: Web, name: str) -> None:
    body = text_body(name, text=LONG_TEXT)

    assert web.post(web.sign(name, body)).status_code == HTTPStatus.OK

    web.process(load("rules.yaml"))
    [event] = web.events()
    assert event.error is None
    assert [message.text for message in web.messages() if message.direction == Direction.IN] == [
        LONG_TEXT
    ]


def test_a_large_body_that_nobody_can_read_is_kept(web: Web) -> None:
    body = document()[:-1]

    assert web.post(web.sign("wagate", body)).status_code == HTTPStatus.OK

    assert [event.kind for event in web.events()] == ["unparsed"]
    assert payloads(web) == [body]


def test_a_large_body_that_a_newer_module_can_read_is_replayed(web: Web) -> None:
    body, now = document(), datetime.now(UTC)
    insert_large(web.engine, [unparsed("wagate", body, received_at=now)])
    [event] = web.events()

    result = web.app.test_cli_runner().invoke(args=["events", "replay", str(event.id)])

    assert result.exit_code == 0, result.output
    assert [event.kind for event in web.events()] == ["unparsed", "message.received"]
    assert payloads(web) == [body, body]


def test_the_command_shows_a_large_body(web: Web) -> None:
    body = document(size=900_000)
    web.post(web.sign("wagate", body))
    [event] = web.events()

    arguments = ["events", "show", str(event.id), "--payload"]
    result = web.app.test_cli_runner().invoke(args=arguments)

    assert body.decode() in result.output.replace("\n", "")


def test_many_large_bodies_at_once_are_all_kept(web: Web) -> None:
    webhooks = [web.sign("wagate", document(size=1_000_000)) for _ in range(8)]

    with ThreadPoolExecutor(8) as pool:
        clients = [web.app.test_client() for _ in webhooks]
        answers = list(
            pool.map(
                lambda pair: pair[0].post(pair[1].path, data=pair[1].body, headers=pair[1].headers),
                zip(clients, webhooks, strict=True),
            )
        )

    assert {answer.status_code for answer in answers} == {HTTPStatus.OK}
    assert sorted(payloads(web)) == sorted(webhook.body for webhook in webhooks)
