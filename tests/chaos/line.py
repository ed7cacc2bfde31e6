"""A way to PostgreSQL that a test may cut and mend."""

import contextlib
import select
import socket
import socketserver
import threading

from sqlalchemy import make_url


class Line:
    """A way to PostgreSQL that a test may cut and mend. A context manager."""

    def __init__(self, database_url: str) -> None:
        url = make_url(database_url)
        self._socket = f"{url.query['host']}/.s.PGSQL.{url.port or 5432}"
        self._port = 0
        self._wires: _Wires | None = None
        self.mend()
        self.url = url.set(
            host="127.0.0.1", port=self._port, query={"sslmode": "disable"}
        ).render_as_string(hide_password=False)

    def __enter__(self) -> "Line":
        return self

    def __exit__(self, *_: object) -> None:
        self.cut()

    def mend(self) -> None:
        """Let connections through, at the same port as before."""
        self._wires = _Wires(self._port, self._socket)
        self._port = self._wires.server_address[1]
        threading.Thread(target=self._wires.serve_forever, args=(0.02,), daemon=True).start()

    def cut(self) -> None:
        """Break every connection and refuse new ones."""
        if self._wires is not None:
            self._wires.stop()
            self._wires = None


class _Wires(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    request_queue_size = 64

    def __init__(self, port: int, far: str) -> None:
        self.far = far
        self.open: set[socket.socket] = set()
        super().__init__(("127.0.0.1", port), _Wire)

    def stop(self) -> None:
        self.shutdown()
        for end in list(self.open):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)
        self.server_close()


class _Wire(socketserver.BaseRequestHandler):
    server: _Wires

    def handle(self) -> None:
        near: socket.socket = self.request
        with socket.socket(socket.AF_UNIX) as far, contextlib.suppress(OSError):
            far.connect(self.server.far)
            self.server.open |= {near, far}
            other = {near: far, far: near}
            while True:
                for end in select.select([near, far], [], [])[0]:
                    chunk = end.recv(65536)
                    if not chunk:
                        return
                    other[end].sendall(chunk)
