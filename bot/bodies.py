"""Read the body of a request, within its gateway's limit and the memory that there is.

A large body fills memory before anybody knows whether it is authentic, and holds a thread while it
comes. So only some of the threads may have a large one at a time, and all of those share a room of
a fixed size, from their reading to their answer. Who finds no place is asked at once to send again.
Small ones never wait for them.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import structlog
from flask import request
from werkzeug.exceptions import (
    BadRequest,
    RequestEntityTooLarge,
    ServiceUnavailable,
    UnsupportedMediaType,
)

from bot.intake import MIB, Incoming, Intake, TooSlow, places
from bot.room import NoRoom

logger = structlog.get_logger("balas.receiver")

CHUNK = 64 * 1024
# Bodies above this are large.
LARGE = 256 * 1024
# For the large bodies of one process together: two of the largest, or many of usual size.
ROOM = 64 * MIB
# Of that, for the oldest one: the largest body that a gateway may post, and a step.
RESERVE = 33 * MIB
PATIENCE_SECONDS = 3.0
RETRY_AFTER_SECONDS = 10


class Bodies:
    """The bodies of the requests that one process answers with so many threads."""

    def __init__(self, *, threads: int) -> None:
        self._intake = Intake(ROOM, reserve=RESERVE, at_once=places(threads))

    @contextmanager
    def within(self, limit: int) -> Iterator[bytes]:
        """Give the raw body, or refuse it as early as its size or encoding is known."""
        _refuse_early(limit)
        body = Incoming(PATIENCE_SECONDS)
        with ExitStack() as until_answered:
            try:
                self._read(body, limit, until_answered)
            except (NoRoom, TooSlow) as error:
                logger.warning("large body refused", reason=str(error), read=body.size)
                # Not 408, which would be right as well: some gateways drop what gets a 4xx.
                raise ServiceUnavailable(str(error), retry_after=RETRY_AFTER_SECONDS) from None
            if body.size < (request.content_length or 0):
                raise BadRequest("the body broke off")
            yield body.content.getvalue()

    def _read(self, body: Incoming, limit: int, until_answered: ExitStack) -> None:
        """Read to the end. What is told to be large is counted before its first byte is read."""
        is_told_large = (request.content_length or 0) > LARGE
        if not is_told_large and _fill(body, min(LARGE, limit) + 1):
            return
        _refuse_above(limit, body.size)
        until_answered.enter_context(self._intake.admit(body))
        is_whole = False
        while not is_whole:
            self._intake.extend(body)
            is_whole = _fill(body, min(body.lent, limit + 1))
            _refuse_above(limit, body.size)
        self._intake.finish(body)


def _refuse_early(limit: int) -> None:
    if request.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise UnsupportedMediaType("send the body as it is, without Content-Encoding")
    _refuse_above(limit, request.content_length or 0)


def _refuse_above(limit: int, size: int) -> None:
    if size > limit:
        raise RequestEntityTooLarge(f"more than {limit} bytes")


def _fill(body: Incoming, size: int) -> bool:
    """Read on until there are so many bytes; return whether the body ended before."""
    while body.size < size:
        chunk = request.stream.read(min(CHUNK, size - body.size))
        if not chunk:
            return True
        body.write(chunk)
    return False
