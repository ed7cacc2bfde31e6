"""The sockets of the simulator: its server owns them, because some of what gateways do wrong
happens there: no answer, half an answer, a broken connection.
"""

import socket
import struct
import sys
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Lock
from typing import Any

from bot.gateways.base import MIB
from bot.simulator.aftermath import Aftermath
from bot.simulator.calls import Reply, reply_json
from bot.simulator.control import control
from bot.simulator.desk import Desk
from bot.simulator.faults import Fault, FaultKind
from bot.simulator.routes import Request, route

HOST = "127.0.0.1"
MAX_BODY = 64 * MIB
STOP_WITHIN = 2.0


class Server(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def __init__(self, port: int, *, desk: Desk, aftermath: Aftermath) -> None:
        self.desk = desk
        self.aftermath = aftermath
        self.stopping = Event()
        self._connections: dict[Connection, Event] = {}
        self._lock = Lock()
        super().__init__((HOST, port), Connection)

    def stop(self) -> None:
        """Break every connection and stop listening."""
        self.stopping.set()
        self.shutdown()
        self.server_close()
        self._break_connections()

    def handle_error(self, request: Any, client_address: Any) -> None:
        # A client that goes away is what the faults are about; a defect of ours must be seen.
        if not isinstance(sys.exception(), ConnectionError):
            super().handle_error(request, client_address)

    def opened(self, connection: "Connection") -> None:
        """Keep a connection in mind, to break it in the end."""
        with self._lock:
            self._connections[connection] = Event()

    def closed(self, connection: "Connection") -> None:
        """Forget a connection."""
        with self._lock:
            self._connections.pop(connection).set()

    def _break_connections(self) -> None:
        with self._lock:
            open_now = dict(self._connections)
        for connection in open_now:
            connection.shut()
        for closed in open_now.values():
            closed.wait(STOP_WITHIN)


class Connection(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: Server

    def setup(self) -> None:
        super().setup()
        self.server.opened(self)

    def finish(self) -> None:
        try:
            super().finish()
        finally:
            self.server.closed(self)

    def do_POST(self) -> None:
        """Answer a request of any method."""
        body = self._read_body()
        if body is None:
            return
        path, _, query = self.path.partition("?")
        headers = {name.lower(): value for name, value in self.headers.items()}
        request = Request(method=self.command, path=path, query=query, headers=headers, body=body)
        reply = control(request, self.server.desk, self.server.aftermath)
        if reply is not None:
            self._answer(reply)
            return
        outcome = route(request, self.server.desk)
        self._answer(outcome.reply, fault=outcome.fault)

    do_GET = do_PUT = do_DELETE = do_PATCH = do_POST  # noqa: N815 - the names are the base's

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the base's
        """Say nothing: paths hold devices, and calls hold people's words."""

    def shut(self) -> None:
        """Wake a thread that waits for this connection."""
        try:
            self.connection.shutdown(socket.SHUT_RDWR)
        except OSError:
            return

    def _read_body(self) -> bytes | None:
        length = self.headers.get("Content-Length", "0")
        if "Transfer-Encoding" in self.headers or not length.isdecimal():
            self.close_connection = True
            self._answer(reply_json(411, {"error": "Content-Length is required"}))
            return None
        if int(length) > MAX_BODY:
            self.close_connection = True
            self._answer(reply_json(413, {"error": "the body is too large"}))
            return None
        return self.rfile.read(int(length))

    def _answer(self, reply: Reply, *, fault: Fault | None = None) -> None:
        match fault.kind if fault else None:
            case None | FaultKind.FAIL | FaultKind.LOST:
                self.wfile.write(self._wire(reply))
            case FaultKind.DELAY:
                self.server.stopping.wait(fault.seconds if fault else 0)
                self.wfile.write(self._wire(reply))
            case FaultKind.SILENCE:
                self._stay_silent(fault.seconds if fault else 0)
            case FaultKind.RESET:
                self._reset()
            case FaultKind.HALF:
                wire = self._wire(reply)
                self.wfile.write(wire[: len(wire) - len(reply.body) // 2 - 1])
                self.close_connection = True

    def _wire(self, reply: Reply) -> bytes:
        phrase = self.responses.get(reply.status, ("Unknown",))[0]
        headers = {
            "Content-Type": "application/json",
            "Content-Length": str(len(reply.body)),
            "Connection": "close" if self.close_connection else "keep-alive",
            **reply.headers,
        }
        lines = [f"HTTP/1.1 {reply.status} {phrase}"]
        lines += [f"{name}: {value}" for name, value in headers.items()]
        return "\r\n".join([*lines, "", ""]).encode("latin-1") + reply.body

    def _stay_silent(self, seconds: float) -> None:
        self.close_connection = True
        self.server.stopping.wait(seconds)

    def _reset(self) -> None:
        self.close_connection = True
        # Lingering for zero seconds makes closing a reset instead of an orderly end.
        linger = struct.pack("ii", 1, 0)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        self.connection.close()
