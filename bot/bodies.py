"""Read the body of a request, within its gateway's limit and the memory that there is.

A large body fills memory before anybody knows whether it is authentic, and takes several times its
size while it is parsed and kept. So large bodies share a room of a fixed size, from their reading
to their answer; who finds it full waits in line for a while. Small ones never wait for it.
"""

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

from bot.room import NoRoom, Room

CHUNK = 64 * 1024
# Bodies above this are large.
LARGE = 256 * 1024
# For the large bodies of one process together: two of the largest, or many of usual size.
ROOM = 64 * 1024 * 1024
PATIENCE_SECONDS = 3.0
RETRY_AFTER_SECONDS = 10


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
