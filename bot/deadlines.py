"""End HTTP exchanges that take too long in all.

A timeout of requests is one for each read: a server that sends one byte at a time never reaches it.
Here a thread shuts the socket of whoever is late, and the read that waits there breaks off.
"""

import heapq
import itertools
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

_watched = threading.local()


class Watch:
    """One exchange that has to end in time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._socket: socket.socket | None = None
        self._is_over = False

    @property
    def is_over(self) -> bool:
        """Return whether the time is up: what was read since may be cut off."""
        return self._is_over

    def use(self, connected: socket.socket | None) -> None:
        """Note the socket that the exchange waits at now."""
        with self._lock:
            self._socket = connected
            if self._is_over:
                self._shut()

    def end(self) -> None:
        """Break the exchange off."""
        with self._lock:
            self._is_over = True
            self._shut()

    def _shut(self) -> None:
        if self._socket is not None:
            try:
                self._socket.shutdown(socket.SHUT_RDWR)
            except OSError:
                return


class Deadlines:
    """Watches over exchanges from one thread, which starts with the first of them."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._due: list[tuple[float, int, Watch]] = []
        self._number = itertools.count()
        self._thread: threading.Thread | None = None

    @contextmanager
    def within(self, seconds: float) -> Iterator[Watch]:
        """Break off what this thread exchanges in here once so much time has passed."""
        watch = Watch()
        entry = (time.monotonic() + seconds, next(self._number), watch)
        with self._condition:
            heapq.heappush(self._due, entry)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="deadlines", daemon=True)
                self._thread.start()
            if self._due[0] is entry:
                self._condition.notify()
        _watched.watch = watch
        try:
            yield watch
        finally:
            _watched.watch = None
            watch.use(None)

    def _run(self) -> None:
        while True:
            with self._condition:
                while not self._due or self._due[0][0] > time.monotonic():
                    wait = self._due[0][0] - time.monotonic() if self._due else None
                    self._condition.wait(wait)
                _, _, watch = heapq.heappop(self._due)
            watch.end()


class _Noting:
    """Tells the watch of the current thread at which socket it waits."""

    sock: socket.socket | None

    def request(self, *arguments: Any, **options: Any) -> None:
        super().request(*arguments, **options)  # type: ignore[misc] # of the connection it is mixed into
        watch: Watch | None = getattr(_watched, "watch", None)
        if watch is not None:
            watch.use(self.sock)


class PlainConnection(_Noting, HTTPConnection):
    """A plain connection that is watched."""


class TlsConnection(_Noting, HTTPSConnection):
    """A TLS connection that is watched."""


class _HttpPool(HTTPConnectionPool):
    ConnectionCls = PlainConnection


class _HttpsPool(HTTPSConnectionPool):
    ConnectionCls = TlsConnection


class WatchedAdapter(HTTPAdapter):
    """Makes connections that are watched, with and without a proxy."""

    def init_poolmanager(self, *arguments: Any, **options: Any) -> None:
        """Prepare the pools of direct connections."""
        super().init_poolmanager(*arguments, **options)
        self.poolmanager.pool_classes_by_scheme = _POOLS

    def proxy_manager_for(self, *arguments: Any, **options: Any) -> Any:
        """Return the pools of connections through a proxy."""
        manager = super().proxy_manager_for(*arguments, **options)
        manager.pool_classes_by_scheme = _POOLS
        return manager


_POOLS = {"http": _HttpPool, "https": _HttpsPool}
