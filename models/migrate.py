"""Bring the database's tables up to date, and tell whether they are."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, text

from models.engine import turnstile

# Any number, the same everywhere: only one process migrates at a time.
_LOCK = 4_211_990


def upgrade(engine: Engine) -> None:
    """Run the migrations that are missing. Safe to run twice, and in two processes at once."""
    if engine.dialect.name == "sqlite":
        database = Path(str(engine.url.database))
        database.parent.mkdir(parents=True, exist_ok=True)
        with turnstile(database), engine.execution_options(writing=True).begin() as connection:
            _upgrade(connection)
        return
    with engine.begin() as connection:
        # Another process may be migrating, and an index on a big table takes its time.
        connection.execute(text("SET LOCAL lock_timeout = 0"))
        connection.execute(text("SET LOCAL statement_timeout = 0"))
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        _upgrade(connection)


def is_current(engine: Engine) -> bool:
    """Return whether every migration has run."""
    with engine.connect() as connection:
        current = MigrationContext.configure(connection).get_current_revision()
    return current == ScriptDirectory.from_config(_config()).get_current_head()


def _upgrade(connection: Connection) -> None:
    config = _config()
    config.attributes["connection"] = connection
    command.upgrade(config, "head")


def _config() -> Config:
    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    return config
