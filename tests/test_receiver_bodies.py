"""Whatever an authentic body holds, it is kept; what is broken in it harms nobody else."""

import json
from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

import pytest
from redis import Redis

from bot.rules import load
from models import Direction
from tests.conftest import Valkey
from tests.web import NAMES, Web, payload_files, text_body, web_process

gateways = pytest.mark.parametrize("name", NAMES)

BROKEN = {
    "empty": b"",
    "a brace": b"{",
    "a list": b"[]",
    "null": b"null",
    "a number": b"12",
    "a text": b'"halo"',
    "no UTF-8": b"\xff\xfe{}",
    "deep": b"[" * 50_000 + b"]" * 50_000,
    "deep objects": b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    "a large number": b'{"timestamp":' + b"9" * 5000 + b"}",
    "NaN": b'{"timestamp":NaN,"data":Infinity}',
    "the same key twice": b'{"event":"message","event":7,"data":{},"data":[]}',
    "an empty object": b"{}",
    "U+0000 alone": b"\0",
    "a byte order mark": b"\xef\xbb\xbf{}",
}

WRONG_VALUES: tuple[Any, ...] = (None, 0, "x", [], {}, True, -1.5, 10**30)
BOOK = "rules.yaml"


@pytest.fixture
def web(database_url: str, redis: Redis, shared_valkey: Valkey) -> Iterator[Web]:
    with web_process(database_url, shared_valkey.url) as running:
        yield running


def compact(value: Any) -> bytes:
    """Write JSON as JavaScript's JSON.stringify does."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode()


def pretty(value: Any) -> bytes:
    """Write JSON as PHP's JSON_PRETTY_PRINT does, with its escaped slashes."""
    return json.dumps(value, indent=4).replace("/", "\\/").encode()


def escaped(value: Any) -> bytes:
    """Write JSON as Meta does: escapes in lower case for all that is not ASCII, and slashes."""
    return json.dumps(value, separators=(",", ":")).replace("/", "\\/").encode()


@pytest.mark.parametrize("write", [compact, pretty, escaped])
@gateways
def test_takes_a_body_in_whatever_way_it_is_written(web: Web, name: str, write: Any) -> None:
    body = write(json.loads(text_body(name, text="Selamat pagi ☕ a/b é")))

    answer = web.post(web.sign(name, body))

    assert answer.status_code == HTTPStatus.OK
    assert [event.kind for event in web.events()] == ["message.received"]


@pytest.mark.parametrize("body", BROKEN.values(), ids=BROKEN)
@gateways
def test_keeps_whatever_a_gateway_signs(web: Web, name: str, body: bytes) -> None:
    answer = web.post(web.sign(name, body))

    assert answer.status_code == HTTPStatus.OK
    assert len(web.events()) == 1


@gateways
def test_broken_bodies_harm_no_neighbour(web: Web, name: str) -> None:
    for body in BROKEN.values():
        web.post(web.sign(name, body))
    web.post_text(name, text="halo")

    web.process(load(BOOK))

    assert [event.kind for event in web.events() if event.error] == []
    assert all(event.processed_at for event in web.events())
    assert [message.direction for message in web.messages()] == [Direction.IN, Direction.OUT]


@pytest.mark.parametrize("bad", ["\0", "\ud800", "\udfff\0", "a\0b\ud83d"])
@gateways
def test_keeps_and_answers_texts_that_databases_refuse(web: Web, name: str, bad: str) -> None:
    everywhere = _with_everywhere(json.loads(text_body(name)), bad)
    before, after = text_body(name, sender="6281200000021"), text_body(name, sender="6281200000022")
    bodies = [before, json.dumps(everywhere).encode(), after]

    answers = [web.post(web.sign(name, body)).status_code for body in bodies]
    web.process(load(BOOK))

    assert answers == [HTTPStatus.OK] * 3
    assert all(event.processed_at and not event.error for event in web.events())
    replies = [message for message in web.messages() if message.direction == Direction.OUT]
    assert len(replies) >= 2


@gateways
def test_wrong_types_anywhere_are_kept_and_harm_no_neighbour(web: Web, name: str) -> None:
    count = 0
    for value in WRONG_VALUES:
        for wrong in _with_each_replaced(json.loads(text_body(name)), value):
            answer = web.post(web.sign(name, json.dumps(wrong).encode()))
            assert answer.status_code == HTTPStatus.OK
            count += 1
    web.post_text(name, sender="6281200000023")

    web.process(load(BOOK))

    assert count
    assert [event.error for event in web.events() if event.error] == []
    assert all(event.processed_at for event in web.events())


@gateways
def test_every_payload_file_is_kept_and_processed(web: Web, name: str) -> None:
    files = payload_files(name)
    for file in files:
        answer = web.post(web.sign(name, file.read_bytes()))
        assert answer.status_code == HTTPStatus.OK, file.name

    web.process(load(BOOK))

    failed = {event.key: event.error for event in web.events() if event.error}
    waiting = {event.kind for event in web.events() if not event.processed_at}
    assert files
    assert len(web.events()) >= 1
    assert failed == {}
    # A status or an echo that is nobody's yet is put off.
    assert waiting <= {"message.status", "message.echo"}


def _with_everywhere(value: Any, bad: str) -> Any:
    """Put `bad` into every text of a JSON value, but not where it would change its meaning."""
    match value:
        case dict():
            return {
                key: child if key in KEPT_FIELDS else _with_everywhere(child, bad)
                for key, child in value.items()
            }
        case list():
            return [_with_everywhere(child, bad) for child in value]
        case str():
            return value + bad
    return value


# What says which kind of event it is.
KEPT_FIELDS = {"event", "eventType", "event_action", "object", "field", "type", "timestamp"}


def _with_each_replaced(value: Any, new: Any) -> Iterator[Any]:
    """Yield copies of a JSON value, each with another of its values replaced."""
    children: Any = ()
    if isinstance(value, dict):
        children = list(value)
    elif isinstance(value, list):
        children = range(len(value))
    for key in children:
        for changed in (new, *_with_each_replaced(value[key], new)):
            copy = value.copy()
            copy[key] = changed
            yield copy
