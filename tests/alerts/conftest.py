"""A running Balas with rules that name admins, on both databases."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from sqlalchemy import Engine, delete, select

from bot import rules
from bot.alerts.watch import watch
from bot.config import read_settings
from bot.lanes import Lanes
from bot.runtime import Runtime
from models import Alert, Base, Effect, reading, writing
from tests.conftest import Valkey
from tests.making import NOW, gateways

BOOK = """
version: 1
settings: {language: id, timezone: Asia/Jakarta}
admins:
  pemilik: {to: "6281200000001"}
  gudang: {to: "6281200000002", device: "100200300400500"}
rules:
  - id: halo
    match: {words: [halo]}
    reply: Halo
"""

MakeRuntime = Callable[..., Runtime]


@pytest.fixture
def make_runtime(
    engine: Engine, redis: Redis, shared_valkey: Valkey, tmp_path: Path
) -> MakeRuntime:
    def make(**environ: str) -> Runtime:
        settings = read_settings(
            {"REDIS_URL": shared_valkey.url, "DATA_DIR": str(tmp_path), **environ}
        )
        runtime = Runtime(settings=settings, gateways=gateways())
        runtime.__dict__["engine"] = engine  # the fixture's database instead of the settings'
        return runtime

    return make


class Watcher:
    """Somebody who looks at the database whenever a test wants it."""

    def __init__(self, runtime: Runtime, redis: Redis, text: str = BOOK) -> None:
        self.runtime = runtime
        self.engine = runtime.engine
        self.redis = redis
        self.book = rules.read(text)

    def look(self, now: Any = NOW) -> list[Effect]:
        """Look once and return what people are to be told; it is forgotten here."""
        self.redis.delete("balas:alerts")
        watch(self.runtime, Lanes(self.redis), self.book, now=now)
        return self.taken()

    def taken(self) -> list[Effect]:
        """Return what people are to be told; it is forgotten here."""
        with writing(self.engine) as session:
            told = list(session.scalars(select(Effect).order_by(Effect.id)))
            session.expunge_all()
            session.execute(delete(Effect))
        return told

    def put(self, *rows: Base) -> None:
        """Put rows into the database."""
        with writing(self.engine) as session:
            session.add_all(rows)

    def alerts(self) -> list[Alert]:
        """Return every alert, open or not."""
        with reading(self.engine) as session:
            return list(session.scalars(select(Alert).order_by(Alert.id)))


@pytest.fixture
def watcher(make_runtime: MakeRuntime, redis: Redis) -> Watcher:
    return Watcher(make_runtime(ALERT_URL="http://127.0.0.1:9/rahasia"), redis)
