"""The load generator, a process of its own: posts webhooks and notes when each was answered.

`python -m bench.load --port 8000 --tag a1 --count 1000 --connections 16` makes all webhooks, then
starts the clock: every connection posts the next webhook when its last one is answered. With
`--rate`, webhooks fall due at fixed times instead, and the time to the answer counts from there:
one that has to wait for a free connection is not measured too kindly. Prints JSON.
"""

import argparse
import asyncio
import gc
import json
import re
import sys
import time
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass

from bench.webhooks import Webhook, make_webhooks

CONTENT_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)
CLOSES = re.compile(rb"^HTTP/1\.0|\nconnection: *close", re.IGNORECASE)
RECONNECT_SECONDS = 0.05


@dataclass(slots=True)
class Post:
    """A webhook on its way. Status 0: not answered."""

    webhook: Webhook
    due_at: float = 0.0
    answered_at: float = 0.0
    status: int = 0


class Load:
    """Gives the posts that are due to the connections that are free."""

    def __init__(self, posts: Sequence[Post], *, port: int, connections: int) -> None:
        self._posts = posts
        self._port = port
        self._connections = connections
        self._due: deque[Post] = deque()
        self._idle: deque[Connection] = deque()
        self._left = len(posts)
        self._is_done = asyncio.Event()

    async def run(self, *, rate: float, seconds: float) -> None:
        """Post everything: at once, or `rate` a second. Gives up after so many seconds."""
        for _ in range(self._connections):
            await self._connect()
        async with asyncio.timeout(seconds):
            if rate:
                await self._pace(rate)
            else:
                self._due.extend(self._posts)
                self._dispatch()
            await self._is_done.wait()

    def free(self, connection: "Connection") -> None:
        """Give a connection its next post, or keep it for later."""
        self._idle.append(connection)
        self._dispatch()

    def settle(self, post: Post, status: int) -> None:
        """Note an answer, or with status 0 that there was none."""
        post.answered_at = time.monotonic()
        post.status = status
        self._left -= 1
        if not self._left:
            self._is_done.set()

    def replace(self) -> "asyncio.Task[None]":
        """Connect again in the place of a connection that was closed."""
        return asyncio.ensure_future(self._connect())

    async def _connect(self) -> None:
        loop = asyncio.get_running_loop()
        while not self._is_done.is_set():
            try:
                await loop.create_connection(lambda: Connection(self), "127.0.0.1", self._port)
            except OSError:
                await asyncio.sleep(RECONNECT_SECONDS)
            else:
                return

    async def _pace(self, rate: float) -> None:
        start = time.monotonic()
        for number, post in enumerate(self._posts):
            post.due_at = start + number / rate
            await asyncio.sleep(post.due_at - time.monotonic())
            self._due.append(post)
            self._dispatch()

    def _dispatch(self) -> None:
        while self._due and self._idle:
            self._idle.popleft().post(self._due.popleft())


class Connection(asyncio.Protocol):
    """One connection, kept as long as the receiver keeps it."""

    def __init__(self, load: Load) -> None:
        self._load = load
        self._post: Post | None = None
        self._buffer = b""
        self._transport: asyncio.Transport | None = None
        self._replacement: asyncio.Task[None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._load.free(self)

    def post(self, post: Post) -> None:
        """Write a webhook."""
        if self._transport is None or self._transport.is_closing():
            self._load.settle(post, 0)
            return
        self._post = post
        post.due_at = post.due_at or time.monotonic()
        self._transport.write(post.webhook.request)

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, body = self._buffer.partition(b"\r\n\r\n")
        if not found:
            return
        length = CONTENT_LENGTH.search(head)
        if len(body) < (int(length[1]) if length else 0):
            return
        self._buffer = b""
        post, self._post = self._post, None
        if post is not None:
            self._load.settle(post, int(head[9:12]))
        if not CLOSES.search(head):
            self._load.free(self)
        elif self._transport is not None:
            self._transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._transport = None
        if self._post is not None:
            self._load.settle(self._post, 0)
        self._replacement = self._load.replace()


def main() -> None:
    """Post and print what came of it."""
    options = _read_options()
    webhooks = make_webhooks(options.tag, options.count, port=options.port)
    posts = [Post(webhook) for webhook in webhooks]
    gc.freeze()
    gc.disable()
    try:
        asyncio.run(_run(posts, options))
    except TimeoutError:
        sys.stderr.write("not everything was answered in time\n")
    json.dump(
        [[post.webhook.text, post.due_at, post.answered_at, post.status] for post in posts],
        sys.stdout,
    )


async def _run(posts: Sequence[Post], options: argparse.Namespace) -> None:
    load = Load(posts, port=options.port, connections=options.connections)
    await load.run(rate=options.rate, seconds=options.seconds)


def _read_options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench.load", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--tag", required=True, help="stands in every text of this run")
    parser.add_argument("--count", type=int, required=True)
    parser.add_argument("--connections", type=int, default=16)
    parser.add_argument("--rate", type=float, default=0.0, help="webhooks a second; 0: all at once")
    parser.add_argument("--seconds", type=float, default=60.0, help="gives up after this long")
    return parser.parse_args()


if __name__ == "__main__":
    main()
