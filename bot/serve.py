"""Become the web server: `python -m bot.serve`. The one place that knows granian's options."""

import os
import sys

from sqlalchemy.exc import SQLAlchemyError

from bot.config import ROOT, ConfigError, Settings, environment, read_settings
from bot.gateway_settings import read_gateways
from bot.memory import return_large_blocks
from models import make_engine
from models.migrate import is_current

# Longer than the slowest commit may take, shorter than a dyno's 30 seconds.
KILL_SECONDS = 20


def main() -> None:
    """Check the configuration, then let granian take over this process."""
    environ = environment()
    try:
        settings = read_settings(environ)
        read_gateways(environ)
    except ConfigError as error:
        raise SystemExit(f"balas: {error}") from None
    warn_of_missing_tables(settings)
    return_large_blocks()
    os.chdir(ROOT)
    os.execv(sys.executable, arguments(settings))  # noqa: S606 - no shell is wanted


def arguments(settings: Settings) -> list[str]:
    """Return granian's command line. SQLite has one writer, so it gets one process."""
    workers = 1 if settings.on_sqlite else settings.web_concurrency
    options = {
        "--interface": "wsgi",
        "--host": settings.bind,
        "--port": str(settings.port),
        "--workers": str(workers),
        "--blocking-threads": str(settings.web_threads),
        # What comes above the threads waits in the socket, where it costs nothing.
        "--backpressure": str(settings.web_threads * 2),
        "--workers-kill-timeout": str(KILL_SECONDS),
        "--respawn-interval": "0.5",
        "--log-level": "error",
    }
    pairs = [part for pair in options.items() for part in pair]
    flags = ["--factory", "--respawn-failed-workers", "--no-ws", "--no-access-log"]
    return [sys.executable, "-m", "granian", *pairs, *flags, "app:create_app"]


def warn_of_missing_tables(settings: Settings) -> None:
    """Say when `flask migrate` was forgotten; a database that is away is no news."""
    engine = make_engine(settings.database)
    try:
        if not is_current(engine):
            sys.stderr.write(
                "balas: the database's tables are not up to date: run `flask migrate`\n"
            )
    except SQLAlchemyError:
        return
    finally:
        engine.dispose()


if __name__ == "__main__":
    main()
