"""Settings: the environment and `.env`, read once, checked, and explained when wrong.

General settings are fields of `Settings`. A gateway's own settings are read by
`bot.gateway_settings`.
"""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, ValidationError
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from bot.callers import Networks
from bot.environment import DATA_DIR, ROOT, environment
from bot.gateways import GATEWAYS
from bot.gateways.capabilities import MIB
from bot.media.place import place_of, problem_with
from bot.open_hours import Hours
from bot.signing import read_keys

# What the environment is belongs to the settings, for everybody else.
__all__ = [
    "DATA_DIR",
    "ROOT",
    "ConfigError",
    "LogFormat",
    "LogLevel",
    "Settings",
    "Spool",
    "UnknownPolicy",
    "environment",
    "read_settings",
]


# An echo may wait half a minute until it is clear whose it is, and takes its time to come.
EVIDENCE_SECONDS = 45


class ConfigError(Exception):
    """A mistake in the configuration. The text is one sentence that says what to set."""


class Spool(StrEnum):
    """Whether Redis may keep webhooks while the database is away."""

    AUTO = "auto"
    ON = "on"
    OFF = "off"


class UnknownPolicy(StrEnum):
    """What becomes of a message that was perhaps sent."""

    HOLD = "hold"
    RESEND = "resend"


class LogFormat(StrEnum):
    """How a log line looks."""

    CONSOLE = "console"
    JSON = "json"


class LogLevel(StrEnum):
    """From which level on something is logged."""

    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


class Settings(BaseModel):
    """The general settings. Names are those of the environment, in lower case."""

    model_config = ConfigDict(frozen=True, hide_input_in_errors=True)

    port: int = Field(8000, ge=1, le=65535)
    bind: str = "0.0.0.0"  # noqa: S104 - a web dyno is reached from outside
    data_dir: Path = DATA_DIR
    database_url: SecretStr | None = None
    redis_url: SecretStr = SecretStr("redis://127.0.0.1:6379/0")
    redis_insecure_tls: bool = False
    rules_file: Path = ROOT / "rules.yaml"
    public_url: str | None = None
    # A folder, an address of fsspec's (which may hold a password), or "off".
    media_store: SecretStr | None = None
    media_limit_mb: int = Field(32, ge=1, le=1024)
    inbox_workers: int = Field(1, ge=0, le=64)
    outbox_workers: int = Field(1, ge=0, le=64)
    outbox_threads: int = Field(128, ge=1, le=512)
    web_threads: int = Field(64, ge=1, le=512)
    # Heroku sets it by the size of the dyno.
    web_concurrency: int = Field(2, ge=1, le=64)
    spool: Spool = Spool.AUTO
    log_format: LogFormat = LogFormat.CONSOLE
    log_level: LogLevel = LogLevel.INFO
    metrics_token: SecretStr | None = None
    # Who may post: to one gateway by its name, to all others by "". Nobody named: everybody.
    allowed_ips: Mapping[str, Networks] = Field(default_factory=dict)
    trusted_proxies: int = Field(0, ge=0, le=16)
    proxy_url: SecretStr | None = None
    # What becomes of a message that was perhaps sent, when no evidence has come for so long.
    unknown_policy: UnknownPolicy = UnknownPolicy.HOLD
    unknown_wait_seconds: int = Field(60, ge=5, le=600)
    # What a contact who gets an answer is shown besides.
    mark_read: bool = False
    show_typing: bool = False
    # How often the gateways are asked how the devices are; 0 is never.
    device_poll_seconds: int = Field(300, ge=0, le=86_400)
    # The shares of a quota at which people are told, and which is kept for what people write.
    quota_low_percent: int = Field(10, ge=0, le=100)
    quota_reserve_percent: int = Field(2, ge=0, le=100)
    # Where alerts are posted to; its path may be its secret.
    alert_url: SecretStr | None = None
    # What `http:` of the rules is signed with; several with commas while it is being changed.
    http_signing_secret: SecretStr | None = None
    # After how many opening hours without a webhook a device counts as silent; 0 is never.
    alert_silent_hours: float = Field(0, ge=0, le=720)
    # None: the opening hours of the rules file.
    alert_open_hours: Hours | None = None
    # Heroku sets it: the name of the dyno.
    dyno: str = ""

    @property
    def database(self) -> str:
        """Return the SQLAlchemy URL: psycopg 3 for PostgreSQL; by default a file."""
        if self.database_url is None:
            return f"sqlite:///{self.data_dir.resolve() / 'balas.sqlite3'}"
        url = self.database_url.get_secret_value()
        for prefix in ("postgres://", "postgresql://"):
            if url.startswith(prefix):
                return "postgresql+psycopg://" + url.removeprefix(prefix)
        return url

    @property
    def media_place(self) -> str | None:
        """Return where media are kept: a folder, an address of fsspec's, None for nowhere."""
        setting = self.media_store.get_secret_value() if self.media_store else None
        return place_of(setting, data_dir=self.data_dir)

    @property
    def private_places(self) -> tuple[Path, ...]:
        """Return what may lie beside the rules file and is sent to nobody."""
        places = [self.data_dir, self.rules_file]
        if self.on_sqlite:
            database = Path(str(make_url(self.database).database))
            places += [database.with_name(database.name + end) for end in ("", "-wal", "-shm")]
        if self.media_place and "://" not in self.media_place:
            places.append(Path(self.media_place))
        return tuple(places)

    @property
    def media_limit(self) -> int:
        """Return how many bytes a file may have that is fetched or sent."""
        return self.media_limit_mb * MIB

    @property
    def signing_keys(self) -> tuple[bytes, ...]:
        """Return what requests to addresses of the user's own are signed with."""
        secret = self.http_signing_secret
        return read_keys(secret.get_secret_value()) if secret else ()

    @property
    def on_sqlite(self) -> bool:
        """Return whether the database is an SQLite file."""
        return self.database.startswith("sqlite")

    @property
    def proxies(self) -> int:
        """Return how many proxies of one's own stand before us: on a dyno, Heroku's router."""
        is_set = "trusted_proxies" in self.model_fields_set
        return 1 if self.dyno and not is_set else self.trusted_proxies


def read_settings(environ: Mapping[str, str]) -> Settings:
    """Read and check the general settings, or raise ConfigError."""
    values: dict[str, object] = {
        name: environ[name.upper()]
        for name in Settings.model_fields
        if environ.get(name.upper(), "") != ""
    }
    values["allowed_ips"] = {
        name: environ[variable]
        for name in ("", *GATEWAYS)
        if environ.get(variable := _allowed_ips(name))
    }
    try:
        settings = Settings.model_validate(values)
    except ValidationError as error:
        first = error.errors(include_input=False, include_context=False)[0]
        field, *rest = [str(part) for part in first["loc"]]
        variable = _allowed_ips(rest[0]) if field == "allowed_ips" else field.upper()
        problem = first["msg"].removeprefix("Value error, ")
        raise ConfigError(f"{variable} is not usable: {problem}") from None
    _check_database(settings)
    _check_redis(settings)
    _check_media(settings)
    _check_public_url(settings)
    _check_alert_url(settings)
    _check_signing(settings)
    _check_unknown(settings)
    return settings


def _allowed_ips(name: str) -> str:
    return f"{name}_allowed_ips".upper().removeprefix("_")


def _check_database(settings: Settings) -> None:
    try:
        url = make_url(settings.database)
    except (ArgumentError, ValueError):  # a port that is no number is only a ValueError
        raise ConfigError(
            "DATABASE_URL is not usable: expected postgres://user:password@host/name"
        ) from None
    if url.drivername not in ("sqlite", "postgresql+psycopg"):
        raise ConfigError("DATABASE_URL is not usable: only PostgreSQL and SQLite are supported")
    if settings.on_sqlite and url.database in (None, "", ":memory:"):
        raise ConfigError(
            "DATABASE_URL is not usable: SQLite needs a file that all processes share"
        )
    if settings.dyno and settings.on_sqlite:
        raise ConfigError(
            "a Heroku dyno forgets its files: add a PostgreSQL add-on, which sets DATABASE_URL"
        )
    if settings.on_sqlite and settings.inbox_workers > 1:
        raise ConfigError("SQLite takes one inbox worker: set INBOX_WORKERS=1, or use PostgreSQL")


def _check_redis(settings: Settings) -> None:
    try:
        url = urlsplit(settings.redis_url.get_secret_value())
        is_usable = url.scheme in ("redis", "rediss", "unix") and url.port != 0
    except ValueError:
        is_usable = False
    if not is_usable:
        raise ConfigError(
            "REDIS_URL is not usable: expected redis://:password@host:6379/0, or rediss:// for TLS"
        )


def _check_media(settings: Settings) -> None:
    problem = problem_with(settings.media_place, forgets_files=bool(settings.dyno))
    if problem:
        raise ConfigError(problem)


def _check_public_url(settings: Settings) -> None:
    if settings.public_url is not None and not _is_url(settings.public_url):
        raise ConfigError("PUBLIC_URL is not usable: expected https://balas.example.com")


def _check_alert_url(settings: Settings) -> None:
    if settings.alert_url is not None and not _is_url(settings.alert_url.get_secret_value()):
        raise ConfigError("ALERT_URL is not usable: expected https://alerts.example.com/balas")


def _check_signing(settings: Settings) -> None:
    try:
        _ = settings.signing_keys
    except ValueError as error:
        raise ConfigError(f"HTTP_SIGNING_SECRET is not usable: {error}") from None


def _check_unknown(settings: Settings) -> None:
    is_early = settings.unknown_wait_seconds < EVIDENCE_SECONDS
    if settings.unknown_policy is UnknownPolicy.RESEND and is_early:
        raise ConfigError(
            f"UNKNOWN_WAIT_SECONDS must be {EVIDENCE_SECONDS} at least with UNKNOWN_POLICY=resend: "
            "what a gateway echoes later would be sent twice"
        )


def _is_url(text: str) -> bool:
    try:
        url = urlsplit(text)
        return url.scheme in ("http", "https") and bool(url.hostname) and url.port != 0
    except ValueError:
        return False
