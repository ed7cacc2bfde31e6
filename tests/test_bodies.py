"""Large bodies share some threads and a room of a fixed size; small ones never wait for them."""

import threading
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager

import pytest
from flask import Flask
from werkzeug.exceptions import (
    BadRequest,
    HTTPException,
    RequestEntityTooLarge,
    ServiceUnavailable,
    UnsupportedMediaType,
)

from bot import bodies, intake
from bot.bodies import LARGE, RESERVE, ROOM, Bodies
from bot.gateways import GATEWAYS
from bot.intake import STEP
from bot.room import NoRoom, Room
from tests.waiting import wait_until

LIMIT = 1024 * 1024
LARGEST = max(gateway.max_body for gateway in GATEWAYS.values())
# Two large bodies at a time.
THREADS = 8


class Trickle:
    """A body that comes a little at a time, and counts what was read of it."""

    def __init__(self, size: int, step: int = 10_000) -> None:
        self.left, self.step, self.count = size, step, 0

    def read(self, size: int = -1) -> bytes:
        size = min(size if size >= 0 else self.left, self.step, self.left)
        self.left -= size
        self.count += size
        return b"x" * size


class Halting(Trickle):
    """A body that comes to a halt once so much of it was read, until it may go on."""

    def __init__(self, size: int, *, after: int) -> None:
        super().__init__(size, step=64 * 1024)
        self.after, self.halts, self.goes_on = after, threading.Event(), threading.Event()

    def read(self, size: int = -1) -> bytes:
        if self.count >= self.after and not self.goes_on.is_set():
            self.halts.set()
            self.goes_on.wait(20)
        return super().read(size)


def read(
    stream: object,
    *,
    told: int | None,
    limit: int = LIMIT,
    headers: dict[str, str] | None = None,
    taken_by: Bodies | None = None,
) -> bytes:
    environ: dict[str, object] = {"wsgi.input": stream, "wsgi.input_terminated": True}
    if told is not None:
        environ["CONTENT_LENGTH"] = str(told)
    with (
        Flask("test").test_request_context(
            method="POST", headers=headers or {}, environ_overrides=environ
        ),
        (taken_by or Bodies(threads=THREADS)).within(limit) as body,
    ):
        return body


@contextmanager
def halted(taken_by: Bodies, *streams: Halting, told: int) -> Iterator[list[Future[bytes]]]:
    """Give what is being read of bodies, once all of them halt; let them go on at the end."""
    with ThreadPoolExecutor(len(streams)) as pool:
        futures = []
        try:
            for stream in streams:
                futures.append(
                    pool.submit(read, stream, told=told, limit=LARGEST, taken_by=taken_by)
                )
                assert stream.halts.wait(5)
            yield futures
        finally:
            for stream in streams:
                stream.goes_on.set()


@pytest.mark.parametrize("size", [0, 1, LARGE, LARGE + 1, LIMIT])
@pytest.mark.parametrize("tells", [True, False], ids=["told", "untold"])
def test_reads_a_body_of_any_size_up_to_the_limit(size: int, tells: bool) -> None:
    assert read(Trickle(size), told=size if tells else None) == b"x" * size


@pytest.mark.parametrize("tells", [True, False], ids=["told", "untold"])
def test_reads_the_largest_body_of_all_gateways(tells: bool) -> None:
    stream = Trickle(LARGEST, step=LARGE)

    assert len(read(stream, told=LARGEST if tells else None, limit=LARGEST)) == LARGEST
    assert LARGEST + STEP <= RESERVE < ROOM


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


def test_a_large_body_too_many_is_refused_at_once_and_unread() -> None:
    taken_by = Bodies(threads=THREADS)
    told, untold = Trickle(LARGE + 1), Trickle(LARGE + 1)
    with halted(taken_by, *(Halting(LIMIT, after=1) for _ in range(2)), told=LIMIT):
        since = time.monotonic()
        with pytest.raises(ServiceUnavailable) as caught:
            read(told, told=LARGE + 1, taken_by=taken_by)
        with pytest.raises(ServiceUnavailable):
            read(untold, told=None, taken_by=taken_by)

        assert time.monotonic() - since < 1
        assert caught.value.retry_after
        assert (told.count, untold.count) == (0, LARGE + 1)


def test_a_small_body_needs_no_place() -> None:
    taken_by = Bodies(threads=THREADS)
    with halted(taken_by, *(Halting(LIMIT, after=1) for _ in range(2)), told=LIMIT):
        assert read(Trickle(LARGE), told=LARGE, taken_by=taken_by) == b"x" * LARGE
        assert read(Trickle(LARGE), told=None, taken_by=taken_by) == b"x" * LARGE


def test_one_thread_is_enough_for_a_large_body() -> None:
    assert read(Trickle(LIMIT), told=LIMIT, taken_by=Bodies(threads=1))


@pytest.mark.parametrize(
    ("size", "told"), [(LARGE, LARGE + 10), (10 * LIMIT, None)], ids=["broken off", "too large"]
)
def test_a_body_gives_its_place_and_room_back_whatever_becomes_of_it(
    size: int, told: int | None
) -> None:
    taken_by = Bodies(threads=1)

    for _ in range(100):
        with pytest.raises((BadRequest, RequestEntityTooLarge)):
            read(Trickle(size, step=LARGE), told=told, taken_by=taken_by)

    assert read(Trickle(LIMIT), told=LIMIT, taken_by=taken_by)


def test_what_is_only_told_takes_no_room() -> None:
    taken_by = Bodies(threads=64)
    idle = [Halting(LARGEST, after=LARGE) for _ in range(12)]
    with halted(taken_by, *idle, told=LARGEST):
        stream = Trickle(10 * LIMIT, step=LARGE)

        assert read(stream, told=10 * LIMIT, limit=LARGEST, taken_by=taken_by)


def test_bodies_that_are_half_read_all_end_where_not_all_have_room() -> None:
    """Eight times 20 MiB want more than there is, and all have some of it."""
    taken_by = Bodies(threads=64)
    size = 20 * LIMIT
    streams = [Halting(size, after=3 * LIMIT) for _ in range(8)]
    with halted(taken_by, *streams, told=size) as futures:
        pass

    assert [len(future.result()) for future in futures] == [size] * 8


def test_a_large_body_is_asked_for_again_where_it_finds_no_room_for_long(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(bodies, "PATIENCE_SECONDS", 0.05)
    taken_by = Bodies(threads=64)
    slow = [Halting(LARGEST, after=31 * LIMIT - LARGE) for _ in range(2)]
    with halted(taken_by, *slow, told=LARGEST) as futures:
        with pytest.raises(ServiceUnavailable) as caught:
            read(Trickle(LIMIT), told=LIMIT, taken_by=taken_by)
        assert caught.value.retry_after
        assert read(Trickle(LARGE), told=LARGE, taken_by=taken_by)
        # The oldest one goes on even so.
        slow[0].goes_on.set()
        assert len(futures[0].result(5)) == LARGEST


def test_a_body_that_is_too_slow_loses_its_place_to_another(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    taken_by = Bodies(threads=1)
    slow = Halting(LIMIT, after=LARGE)
    with halted(taken_by, slow, told=LIMIT) as [future]:
        monkeypatch.setattr(intake, "GRACE_SECONDS", -60)

        assert read(Trickle(LIMIT), told=LIMIT, taken_by=taken_by)

    with pytest.raises(ServiceUnavailable):
        future.result(5)
    assert slow.left, "the rest would only fill memory"


def test_a_body_that_is_too_slow_loses_its_room_to_another(monkeypatch: pytest.MonkeyPatch) -> None:
    taken_by = Bodies(threads=64)
    slow = [Halting(LARGEST, after=31 * LIMIT - LARGE) for _ in range(2)]
    with halted(taken_by, *slow, told=LARGEST) as futures:
        monkeypatch.setattr(intake, "GRACE_SECONDS", -600)

        assert read(Trickle(LIMIT), told=LIMIT, taken_by=taken_by)

    assert all(isinstance(future.exception(5), ServiceUnavailable) for future in futures)


def test_a_slow_body_that_is_in_nobodys_way_is_read_to_its_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(intake, "GRACE_SECONDS", -600)

    assert read(Trickle(LIMIT), told=LIMIT)


def test_a_body_that_is_whole_is_never_too_slow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(intake, "GRACE_SECONDS", -600)
    taken_by = Bodies(threads=1)
    environ = {"wsgi.input": Trickle(LIMIT), "CONTENT_LENGTH": str(LIMIT)}
    with (
        Flask("test").test_request_context(method="POST", environ_overrides=environ),
        taken_by.within(LIMIT) as body,
    ):
        with ThreadPoolExecutor(1) as pool:
            other = pool.submit(read, Trickle(LIMIT), told=LIMIT, taken_by=taken_by)
            assert isinstance(other.exception(5), ServiceUnavailable)
        assert body == b"x" * LIMIT


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
        wait_until(lambda: len(room._line) == 1)
        pool.submit(take, "small", 2)
        wait_until(lambda: len(room._line) == 2)
        may_leave.set()

    assert order == ["large", "small"]


def test_who_gives_up_holds_nobody_else_up() -> None:
    room = Room(10)
    with room.lend(6, patience=0):
        with pytest.raises(NoRoom), room.lend(8, patience=0.01):
            pass
        with room.lend(4, patience=0):
            pass
