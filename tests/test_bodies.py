"""Large bodies share a room of a fixed size; small ones never wait for it."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest
from flask import Flask
from werkzeug.exceptions import (
    BadRequest,
    HTTPException,
    RequestEntityTooLarge,
    ServiceUnavailable,
    UnsupportedMediaType,
)

from bot import bodies
from bot.bodies import LARGE, ROOM, body_within
from bot.room import NoRoom, Room

LIMIT = 1024 * 1024


class Trickle:
    """A body that comes a little at a time, and counts what was read of it."""

    def __init__(self, size: int, step: int = 10_000) -> None:
        self.left, self.step, self.count = size, step, 0

    def read(self, size: int = -1) -> bytes:
        size = min(size if size >= 0 else self.left, self.step, self.left)
        self.left -= size
        self.count += size
        return b"x" * size


def read(
    stream: object,
    *,
    told: int | None,
    limit: int = LIMIT,
    headers: dict[str, str] | None = None,
) -> bytes:
    environ: dict[str, object] = {"wsgi.input": stream, "wsgi.input_terminated": True}
    if told is not None:
        environ["CONTENT_LENGTH"] = str(told)
    with (
        Flask("test").test_request_context(
            method="POST", headers=headers or {}, environ_overrides=environ
        ),
        body_within(limit) as body,
    ):
        return body


@pytest.fixture
def full_room() -> Iterator[None]:
    """Lend the whole room to somebody else."""
    with bodies._room.lend(ROOM, patience=0):
        yield


@pytest.mark.parametrize("size", [0, 1, LARGE, LARGE + 1, LIMIT])
@pytest.mark.parametrize("tells", [True, False], ids=["told", "untold"])
def test_reads_a_body_of_any_size_up_to_the_limit(size: int, tells: bool) -> None:
    assert read(Trickle(size), told=size if tells else None) == b"x" * size


@pytest.mark.parametrize("limit", [10, LARGE, LIMIT])
def test_reads_no_more_than_it_needs_to_know_that_a_body_is_too_large(limit: int) -> None:
    stream = Trickle(10 * LIMIT)

    with pytest.raises(RequestEntityTooLarge):
        read(stream, told=None, limit=limit)

    assert stream.count == limit + 1


@pytest.mark.parametrize(
    ("stream", "told", "headers", "refusal"),
    [
        (Trickle(5), 10, {}, BadRequest),
        (Trickle(LARGE + 5), LARGE + 10, {}, BadRequest),
        (Trickle(5), LIMIT + 1, {}, RequestEntityTooLarge),
        (Trickle(5), 5, {"Content-Encoding": "gzip"}, UnsupportedMediaType),
    ],
)
def test_refuses_what_is_no_whole_body(
    stream: Trickle, told: int, headers: dict[str, str], refusal: type[HTTPException]
) -> None:
    with pytest.raises(refusal):
        read(stream, told=told, headers=headers)


@pytest.mark.usefixtures("full_room")
def test_a_small_body_needs_no_room() -> None:
    assert read(Trickle(LARGE), told=LARGE) == b"x" * LARGE
    assert read(Trickle(LARGE), told=None) == b"x" * LARGE


@pytest.mark.usefixtures("full_room")
def test_a_large_body_is_asked_for_again_where_there_is_no_room(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bodies, "PATIENCE_SECONDS", 0.05)
    stream = Trickle(LARGE + 1)

    with pytest.raises(ServiceUnavailable) as caught:
        read(stream, told=LARGE + 1)

    assert caught.value.retry_after
    # The rest would only fill memory.
    assert stream.count <= LARGE + 1


def test_a_body_gives_its_room_back_whatever_becomes_of_it() -> None:
    with pytest.raises(BadRequest):
        read(Trickle(LARGE + 5), told=LARGE + 10)

    with bodies._room.lend(ROOM, patience=0):
        pass


def test_room_is_lent_until_it_is_full() -> None:
    room = Room(10)
    with ExitStack() as lent:
        for _ in range(5):
            lent.enter_context(room.lend(2, patience=0))
        with pytest.raises(NoRoom), room.lend(1, patience=0.01):
            pass
    with room.lend(10, patience=0):
        pass


def test_what_is_larger_than_the_room_gets_all_of_it() -> None:
    with Room(10).lend(11, patience=0):
        pass


def test_a_small_one_does_not_overtake_a_large_one_for_ever() -> None:
    room = Room(10)
    order: list[str] = []
    first_is_in, may_leave = threading.Event(), threading.Event()

    def first() -> None:
        with room.lend(6, patience=5):
            first_is_in.set()
            may_leave.wait(5)

    def take(name: str, size: int) -> None:
        with room.lend(size, patience=5):
            order.append(name)

    with ThreadPoolExecutor(3) as pool:
        pool.submit(first)
        first_is_in.wait(5)
        pool.submit(take, "large", 8)
        wait_for_line(room, 1)
        pool.submit(take, "small", 2)
        wait_for_line(room, 2)
        may_leave.set()

    assert order == ["large", "small"]


def test_who_gives_up_holds_nobody_else_up() -> None:
    room = Room(10)
    with room.lend(6, patience=0):
        with pytest.raises(NoRoom), room.lend(8, patience=0.01):
            pass
        with room.lend(4, patience=0):
            pass


def wait_for_line(room: Room, length: int) -> None:
    end = time.monotonic() + 5
    while len(room._line) < length and time.monotonic() < end:
        time.sleep(0.001)
    assert len(room._line) == length
