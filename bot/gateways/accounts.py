"""A gateway's settings: one account for each device, or for all that no other names."""

from collections.abc import Mapping
from typing import Annotated, Any, ClassVar, get_args
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, SecretStr

from bot.gateways.errors import Scope
from bot.gateways.rates import read_rates


def _split(value: object) -> object:
    """Read a comma-separated string as a list: a secret may be two secrets, during a rotation."""
    if isinstance(value, str):
        return tuple(part.strip() for part in value.split(",") if part.strip())
    return value


def _without_slash(url: str) -> str:
    return url.rstrip("/")


Secrets = Annotated[tuple[SecretStr, ...], BeforeValidator(_split)]


def _is_url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("expected an address that begins with https:// or http://")
    return value


ApiUrl = Annotated[str, AfterValidator(_without_slash), AfterValidator(_is_url)]


def _is_rate(value: str) -> str:
    if value:
        read_rates(value, scope=Scope.DEVICE)
    return value


WrittenRate = Annotated[str, AfterValidator(_is_rate)]


class Account(BaseModel):
    """The settings of one device, or of all devices that no other account names (`device` = "").

    A subclass adds fields; each is read from `<GATEWAY>_<FIELD>` or from an entry of
    `<GATEWAY>_ACCOUNTS`. Class variables say what the fields mean to everybody else.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    # The field without which the gateway is off; the fields without which it cannot send;
    # field → older environment names that are unambiguous.
    secret_field: ClassVar[str]
    send_fields: ClassVar[tuple[str, ...]]
    # Those of them that may be missing beside the others, because nobody documents their value.
    optional_send_fields: ClassVar[tuple[str, ...]] = ()
    aliases: ClassVar[Mapping[str, str]] = {}
    # The field whose value is the device that `flask send` uses, where one variable names it.
    device_field: ClassVar[str | None] = None
    # What besides secrets, tokens and devices belongs to one device alone.
    own_fields: ClassVar[tuple[str, ...]] = ()

    device: str = ""
    # How many messages may go out: from the device, and to one recipient. "" is what the gateway
    # is known to take.
    rate: WrittenRate = ""
    recipient_rate: WrittenRate = ""

    @classmethod
    def shared_fields(cls) -> tuple[str, ...]:
        """Return the fields whose single variable holds for entries without them, too."""
        own = ("device", cls.device_field, *cls.own_fields)
        return tuple(
            name
            for name, field in cls.model_fields.items()
            if name not in own and not _holds_secret(field.annotation)
        )

    @property
    def secrets(self) -> tuple[str, ...]:
        """Return the webhook secrets that are valid now."""
        values: tuple[SecretStr, ...] = getattr(self, self.secret_field)
        # An empty secret would let everybody sign.
        return tuple(value.get_secret_value() for value in values if value)

    @property
    def can_send(self) -> bool:
        """Return whether everything that sending needs is set."""
        return all(bool(getattr(self, name)) for name in self.send_fields)

    @property
    def restarts_device(self) -> bool:
        """Return whether a device that disconnects shall be restarted."""
        return False

    @property
    def url_token(self) -> str:
        """Return the secret that the webhook's URL ends in: the first `webhook_token`, if any."""
        value: SecretStr | tuple[SecretStr, ...] | None = getattr(self, "webhook_token", None)
        tokens = value if isinstance(value, tuple) else (value,)
        return tokens[0].get_secret_value() if tokens and tokens[0] else ""

    @property
    def sends_from(self) -> str:
        """Return the device to send from when nobody names one."""
        return self.device or str(getattr(self, self.device_field or "", "") or "")


def _holds_secret(annotation: Any) -> bool:
    return annotation is SecretStr or any(map(_holds_secret, get_args(annotation)))


Accounts = tuple[Account, ...]
