"""Marker words: people's words and secrets go in everywhere, and come out nowhere they must not."""

import contextlib
import io
import json
import logging
import sys
import zlib
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import structlog
from redis import Redis
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from bot import rules
from bot.client import Client
from bot.lanes import LANES
from bot.outbox import Courier
from bot.outbox.outcome import reason
from bot.simulator.compose import compose
from models import Direction, writing
from tests.conftest import Valkey
from tests.peers import Connection, Peer, peer
from tests.web import CONFIGURED, NAMES, Web, web_process

WORD, PERSON, NUMBER = "kata-rahasia-pelanggan", "nama-rahasia-pelanggan", "6281200000087"
BOOK = """
version: 1
rules:
  - id: ulang
    match: {contains: [rahasia]}
    reply: "{{ contact.name }}: {{ message.text }}"
fallback:
  reply: "{{ contact.name }}: {{ message.text }}"
"""
LIBRARIES = ("sqlalchemy", "rq", "urllib3", "redis", "flask", "werkzeug", "balas")


def secrets() -> dict[str, str]:
    """Return settings in which each secret is a marker of its own."""
    return {
        name: f"rahasia-{name.lower()}"
        if name.endswith(("_SECRET", "_TOKEN", "_API_KEY"))
        else value
        for name, value in CONFIGURED.items()
    }


SECRETS = [value for name, value in secrets().items() if value.startswith("rahasia-")]
MARKERS = (WORD, PERSON, NUMBER, *SECRETS)


def markers_in(found: str) -> list[str]:
    return [marker for marker in MARKERS if marker in found]


@pytest.fixture
def web(database_url: str, redis: Redis, shared_valkey: Valkey, gateway: Peer) -> Iterator[Web]:
    environ = {
        name: gateway.url if name.endswith("_API_URL") else value
        for name, value in secrets().items()
    }
    with web_process(database_url, shared_valkey.url, environ) as running:
        yield running


@pytest.fixture
def gateway() -> Iterator[Peer]:
    """Give a gateway that refuses everything, and repeats in its refusal whatever it was sent."""

    def refuse(connection: Connection) -> None:
        while connection.take():
            said = connection.peer.requests[-1].decode("utf-8", "replace")
            error = {"message": said, "code": 190, "error_msg": said, "error_data": said}
            body = json.dumps({"error": error, "message": said, "name": said, "status": 0})
            status = b"500" if len(connection.peer.requests) % 2 else b"400"
            head = b"HTTP/1.1 %s No\r\nContent-Length: %d\r\n\r\n" % (status, len(body))
            connection.give(head + body.encode())

    with peer(refuse) as running:
        yield running


@pytest.fixture
def logs(web: Web) -> Iterator[io.StringIO]:
    """Give everything that is logged, from DEBUG on."""
    written = io.StringIO()
    before = structlog.get_config()
    structlog.configure(
        processors=[structlog.processors.JSONRenderer(default=repr)],
        logger_factory=structlog.PrintLoggerFactory(written),
        wrapper_class=structlog.make_filtering_bound_logger(logging.DEBUG),
        cache_logger_on_first_use=False,
    )
    # A logger that was used before keeps the way in which it wrote then.
    for name, module in list(sys.modules.items()):
        if name.startswith("bot.") and hasattr(module, "logger"):
            vars(module.logger).pop("bind", None)
    stream = logging.StreamHandler(written)
    levels = {name: logging.getLogger(name).level for name in LIBRARIES}
    logging.getLogger().addHandler(stream)
    logging.getLogger().setLevel(logging.DEBUG)
    yield written
    structlog.configure(**before)
    logging.getLogger().removeHandler(stream)
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


def post_everything(web: Web) -> None:
    """Post what a customer may say, and what strangers and broken gateways send."""
    for name in NAMES:
        web.post_text(name, sender=NUMBER, text=WORD)
        for case in ("image", "button", "status", "disconnected"):
            body = _sample(name, case)
            if body:
                web.post(web.sign(name, body))
        web.post(web.sign(name, b'{"text": "' + WORD.encode()))
        web.client.post(f"/webhook/{name}?token={WORD}", data=WORD, headers={"X-Kata": WORD})
        web.client.post(f"/webhook/{name}/{WORD}", data=WORD, headers={"Authorization": WORD})
        web.client.get(f"/webhook/{name}?hub.verify_token={WORD}&hub.challenge={WORD}")


def _sample(name: str, case: str) -> bytes:
    now = datetime.now(UTC)
    try:
        return compose(name, case, now=now, sender=NUMBER, text=WORD, name=PERSON)
    except KeyError:
        return b""


def deliver(web: Web) -> None:
    """Send what is queued, once."""
    courier = Courier(web.engine, Client(), web.runtime.gateways, lambda *_, **__: None, threads=4)
    for lane in range(LANES):
        courier.deliver(lane)
    assert courier.finish(seconds=20)


def test_no_marker_is_in_a_log_or_an_error(
    web: Web, logs: io.StringIO, gateway: Peer, redis: Redis
) -> None:
    post_everything(web)
    web.process(rules.read(BOOK))
    deliver(web)

    sent = b"".join(gateway.requests).decode()
    errors = [event.error or "" for event in web.events()]
    errors += [message.error or "" for message in web.messages()]
    failed = [message for message in web.messages() if message.error]
    assert WORD in sent, "otherwise nothing could leak"
    assert {message.gateway for message in failed} >= {"meta", "wagate", "rijan", "csku"}
    assert "webhook kept" in logs.getvalue()
    assert markers_in(logs.getvalue()) == []
    assert markers_in(" ".join(errors)) == []
    assert markers_in(everything_in(redis)) == []


def test_no_marker_is_in_the_error_of_an_event_that_fails(web: Web, logs: io.StringIO) -> None:
    web.post_text("wagate", sender=NUMBER, text=WORD)
    with writing(web.engine) as session:
        session.execute(
            text("UPDATE events SET payload = :payload"),
            {"payload": json.dumps({"flow": WORD}).encode()[:-1]},
        )

    web.process(rules.read(BOOK))

    [event] = web.events()
    assert event.error
    assert markers_in(event.error) == []
    assert markers_in(logs.getvalue()) == []


def test_no_marker_is_in_the_error_of_a_database_that_refuses(web: Web, logs: io.StringIO) -> None:
    web.post_text("wagate", sender=NUMBER, text=WORD)
    with writing(web.engine) as session:
        session.execute(text("ALTER TABLE messages RENAME COLUMN text TO hidden"))
    try:
        with pytest.raises(SQLAlchemyError) as caught:
            web.process(rules.read(BOOK))
    finally:
        with writing(web.engine) as session:
            session.execute(text("ALTER TABLE messages RENAME COLUMN hidden TO text"))

    chain: BaseException | None = caught.value
    while chain is not None:
        assert markers_in(f"{chain} {chain!r}") == []
        chain = chain.__cause__ or chain.__context__
    assert markers_in(logs.getvalue()) == []


@pytest.mark.parametrize("error", [KeyError(WORD), ValueError(WORD), OSError(2, WORD)])
def test_no_marker_is_in_the_reason_of_an_error_that_nobody_expected(error: Exception) -> None:
    assert reason(error) == type(error).__name__


def test_no_marker_is_in_an_answer_to_a_stranger(web: Web) -> None:
    answers = [
        web.client.open(path, method=method, data=WORD, headers={"Authorization": WORD})
        for method in ("GET", "POST", "PUT")
        for path in (
            "/webhook",
            "/webhook/meta",
            "/webhook/rijan/x",
            "/health",
            "/ready",
            "/metrics",
        )
    ]

    assert [markers_in(answer.get_data(as_text=True)) for answer in answers] == [[]] * len(answers)


def test_no_marker_is_in_the_metrics(web: Web) -> None:
    post_everything(web)
    web.process(rules.read(BOOK))

    metrics = web.client.get("/metrics").get_data(as_text=True)

    assert "balas_messages_waiting" in metrics
    assert markers_in(metrics) == []
    assert web.events()[0].device not in metrics


def test_a_reply_that_holds_the_words_is_only_in_its_row(web: Web, redis: Redis) -> None:
    web.post_text("rijan", sender=NUMBER, text=WORD)
    web.process(rules.read(BOOK))

    [reply] = [message for message in web.messages() if message.direction == Direction.OUT]
    assert WORD in reply.text
    assert WORD not in json.dumps(reply.explanation)
    assert markers_in(everything_in(redis)) == []


def everything_in(redis: Redis) -> str:
    """Return every key and value in Redis, unpacked."""
    found: list[Any] = []
    for key in redis.keys("*"):
        found.append(key)
        match redis.type(key):
            case b"string":
                found.append(redis.get(key))
            case b"hash":
                found += [part for pair in redis.hgetall(key).items() for part in pair]
            case b"list":
                found += redis.lrange(key, 0, -1)
            case b"set":
                found += redis.smembers(key)
            case b"zset":
                found += redis.zrange(key, 0, -1)
            case kind:
                raise AssertionError(f"nobody said that there is a {kind!r}")
    return " ".join(_unpacked(value) for value in found)


def _unpacked(value: bytes) -> str:
    with contextlib.suppress(zlib.error):
        value = zlib.decompress(value)
    return value.decode("utf-8", "replace")
