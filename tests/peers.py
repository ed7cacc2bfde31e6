"""A gateway made of a bare socket, which answers whatever a test writes, byte for byte."""

import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Connection:
    """One connection that a client made."""

    def __init__(self, peer: "Peer", connected: socket.socket) -> None:
        self.peer = peer
        self.socket = connected

    def take(self) -> bytes:
        """Read one request, and keep it; b"" when the client has left."""
        received = b""
        while b"\r\n\r\n" not in received:
            chunk = self.socket.recv(65536)
            if not chunk:
                return b""
            received += chunk
        head, _, body = received.partition(b"\r\n\r\n")
        length = next(
            (int(line[15:]) for line in head.lower().split(b"\r\n") if line[:15] == LENGTH), 0
        )
        while len(body) < length:
            body += self.socket.recv(65536)
        self.peer.requests.append(head + b"\r\n\r\n" + body)
        return head

    def give(self, answer: bytes) -> None:
        """Write bytes, wholly or until the client has left."""
        self.socket.sendall(answer)

    def reset(self) -> None:
        """Break the connection hard."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.socket.close()


LENGTH = b"content-length:"
Script = Callable[[Connection], None]


class Peer:
    """A gateway made of a bare socket. Each connection follows the same script."""

    def __init__(self, script: Script) -> None:
        self.script = script
        self.requests: list[bytes] = []
        self.connections = 0
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def close(self) -> None:
        self._listener.close()

    def _accept(self) -> None:
        while True:
            try:
                connected, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            threading.Thread(target=self._follow, args=(connected,), daemon=True).start()

    def _follow(self, connected: socket.socket) -> None:
        with connected:
            try:
                self.script(Connection(self, connected))
            except OSError:
                return


@contextmanager
def peer(script: Script) -> Iterator[Peer]:
    running = Peer(script)
    try:
        yield running
    finally:
        running.close()


def keep_answering(connection: Connection) -> None:
    while connection.take():
        connection.give(OK)


def once(answer: bytes) -> Script:
    def script(connection: Connection) -> None:
        connection.take()
        connection.give(answer)

    return script
