"""Read the body of a request, within its gateway's limit and the memory that there is.

A large body fills memory before anybody knows whether it is authentic, and takes several times its
size while it is parsed and kept. So large bodies share a room of a fixed size, from their reading
to their answer; who finds it full waits in line for a while. Small ones never wait for it.
"""

import threading
import time
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from io import BytesIO

from flask import request
from werkzeug.exceptions import (
    BadRequest,
    RequestEntityTooLarge,
    ServiceUnavailable,
    UnsupportedMediaType,
)

CHUNK = 64 * 1024
# Bodies above this are large.
LARGE = 256 * 1024
# For the large bodies of one process together: two of the largest, or many of usual size.
ROOM = 64 * 1024 * 1024
PATIENCE_SECONDS = 3.0
RETRY_AFTER_SECONDS = 10


class NoRoom(Exception):
    """The line did not move on in time."""


class Room:
    """Memory that is lent out, in the order in which it was asked for."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._free = size
        self._change = threading.Condition()
        self._line: deque[object] = deque()

    @contextmanager
    def lend(self, size: int, *, patience: float) -> Iterator[None]:
        """Lend so many bytes, or all there are, until the block ends. Raises NoRoom."""
        size = min(size, self._size)
        self._take(size, patience=patience)
        try:
            yield
        finally:
            with self._change:
                self._free += size
                self._change.notify_all()

    def _take(self, size: int, *, patience: float) -> None:
        end = time.monotonic() + patience
        place = object()
        with self._change:
            self._line.append(place)
            try:
                while self._line[0] is not place or self._free < size:
                    wait = end - time.monotonic()
                    if wait <= 0:
                        raise NoRoom
                    self._change.wait(wait)
                self._free -= size
            finally:
                self._line.remove(place)
                self._change.notify_all()


_room = Room(ROOM)


@contextmanager
def body_within(limit: int) -> Iterator[bytes]:
    """Give the raw body, or refuse it as early as its size or encoding is known."""
    _refuse_early(limit)
    body = BytesIO()
    is_whole = _fill(body, min(LARGE, limit))
    # Of a body that does not tell its size, the largest is to be expected.
    size = request.content_length or limit
    with nullcontext() if is_whole else _lent(size):
        if not is_whole and not _fill(body, limit):
            raise RequestEntityTooLarge(f"more than {limit} bytes")
        if body.tell() < (request.content_length or 0):
            raise BadRequest("the body broke off")
        yield body.getvalue()


def _refuse_early(limit: int) -> None:
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise UnsupportedMediaType("send the body as it is, without Content-Encoding")
    if (request.content_length or 0) > limit:
        raise RequestEntityTooLarge(f"more than {limit} bytes")


def _fill(body: BytesIO, limit: int) -> bool:
    """Read on; return whether the body ended before it had more than `limit` bytes."""
    while body.tell() <= limit:
        chunk = request.stream.read(min(CHUNK, limit + 1 - body.tell()))
        if not chunk:
            return True
        body.write(chunk)
    return False


@contextmanager
def _lent(size: int) -> Iterator[None]:
    try:
        with _room.lend(size, patience=PATIENCE_SECONDS):
            yield
    except NoRoom:
        raise ServiceUnavailable(
            "too many large bodies at once", retry_after=RETRY_AFTER_SECONDS
        ) from None
