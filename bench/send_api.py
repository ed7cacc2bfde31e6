"""The send API of a run, a process of its own: takes WAGate sends and remembers them.

`python -m bench.send_api --port 9000`. A send is noted when it has come in and answered after the
latency, which `PUT /latency/<milliseconds>` sets. `GET /count` and `GET /sends` tell what came.
"""

import argparse
import asyncio
import json
import re
import time
from itertools import count

CONTENT_LENGTH = re.compile(rb"content-length: *(\d+)", re.IGNORECASE)


class SendApi:
    """What was sent: the time at which it came in, and the text."""

    def __init__(self) -> None:
        self.latency = 0.0
        self._sends: list[tuple[float, str]] = []
        self._numbers = count(1)

    def send(self, body: bytes) -> bytes:
        """Take a message and return the answer's body."""
        self._sends.append((time.monotonic(), json.loads(body)["message"]))
        return b'{"success":true,"message":"queued","data":{"message_id":"3EB0%016X"}}' % next(
            self._numbers
        )

    def control(self, target: str) -> bytes:
        """Answer the benchmark itself."""
        name, _, value = target.strip("/").partition("/")
        match name:
            case "latency":
                self.latency = int(value) / 1000
            case "sends":
                return json.dumps(self._sends).encode()
        return b"%d" % len(self._sends)


class Connection(asyncio.Protocol):
    """One connection of a sender; requests come one after the other."""

    def __init__(self, api: SendApi) -> None:
        self._api = api
        self._buffer = b""
        self._transport: asyncio.Transport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        head, found, body = self._buffer.partition(b"\r\n\r\n")
        length = CONTENT_LENGTH.search(head)
        if not found or len(body) < (int(length[1]) if length else 0):
            return
        self._buffer = b""
        method, target, _ = head.split(b" ", 2)
        if method != b"POST":
            self._answer(self._api.control(target.decode()))
        elif self._api.latency:
            answer = self._api.send(body)
            asyncio.get_running_loop().call_later(self._api.latency, self._answer, answer)
        else:
            self._answer(self._api.send(body))

    def connection_lost(self, exc: Exception | None) -> None:
        del exc
        self._transport = None

    def _answer(self, body: bytes) -> None:
        if self._transport is None:
            return
        head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"
        self._transport.write(head % len(body) + body)


async def serve(port: int) -> None:
    """Serve until the process is ended."""
    api = SendApi()
    server = await asyncio.get_running_loop().create_server(
        lambda: Connection(api), "127.0.0.1", port, backlog=1024
    )
    await server.serve_forever()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(prog="python -m bench.send_api", description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    asyncio.run(serve(parser.parse_args().port))
