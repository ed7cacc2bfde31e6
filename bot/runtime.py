"""The parts of a running Balas, put together from the settings; each connects on first use."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from redis import Redis
from sqlalchemy import Engine

from bot.config import ConfigError, Settings, read_settings
from bot.counting import Counts
from bot.gateway_settings import read_gateways
from bot.gateways.base import Gateway
from bot.inbox import Inbox, Spool
from bot.intake import places
from bot.lanes import Lanes, Waker
from bot.media import MediaStore
from bot.redis import WEB_SECONDS, WORKER_SECONDS, connect
from models import make_engine


@dataclass(frozen=True)
class Runtime:
    """Settings and gateways, and everything that is made from them on first use."""

    settings: Settings
    gateways: Mapping[str, Gateway]

    @cached_property
    def engine(self) -> Engine:
        """Return the database engine."""
        if self.settings.on_sqlite:
            _make_folder(self.settings.data_dir)
        return make_engine(self.settings.database)

    @cached_property
    def redis(self) -> Redis:
        """Return the impatient client, for whoever has a webhook or a person waiting."""
        return connect(self.settings, patience=WEB_SECONDS)

    @cached_property
    def worker_redis(self) -> Redis:
        """Return the patient client, for workers."""
        return connect(self.settings, patience=WORKER_SECONDS)

    @cached_property
    def waker(self) -> Waker:
        """Return what wakes lanes without waiting."""
        return Waker(Lanes(self.redis))

    @cached_property
    def counts(self) -> Counts:
        """Return what counts for /metrics."""
        return Counts(self.worker_redis)

    @cached_property
    def spool(self) -> Spool:
        """Return the spool."""
        return Spool(self.redis, self.settings.spool)

    @cached_property
    def media_store(self) -> MediaStore | None:
        """Return where files are kept, None where none are."""
        place = self.settings.media_place
        return MediaStore(place, largest=self.settings.media_limit) if place else None

    @cached_property
    def inbox(self) -> Inbox:
        """Return the way into the events."""
        places_for_large = places(self.settings.web_threads)
        return Inbox(self.engine, self.spool, self.wake, large_in_line=places_for_large)

    def wake(self, names: Iterable[str], *, after: float = 0.0) -> None:
        """Wake lanes now, or in some seconds."""
        self.waker.wake(names, after=after)


def _make_folder(directory: Path) -> None:
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            f"the data folder {directory} cannot be used ({error.strerror}): "
            "set DATA_DIR to another one"
        ) from None


def assemble(environ: Mapping[str, str]) -> Runtime:
    """Return a runtime for an environment, or raise ConfigError."""
    return Runtime(settings=read_settings(environ), gateways=read_gateways(environ))
