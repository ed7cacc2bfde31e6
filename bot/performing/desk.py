"""What performing an effect needs, and how it may end."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from pydantic import SecretStr
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from bot.client import Client
from bot.effects import ClaimedEffect
from bot.gateways.base import Gateway
from bot.gateways.errors import NotSupported
from bot.media import MediaStore
from bot.outbox import Rates
from bot.rules import Shelf

Wake = Callable[..., None]


class NotYet(Exception):
    """It cannot be done yet; try again, after so many seconds where that is known."""

    def __init__(self, reason: str, *, after: float | None = None) -> None:
        super().__init__(reason)
        self.after = after


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The world as an effect meets it. `wake` is told the lanes that have something to do.

    `media` is where files are kept, None where none are. `quota_reserve_percent` is the share of a
    quota that is kept for what people write. `shelf` gives the rules, and with them the admins;
    alerts are posted to `alert_url`. `rates` has the tokens for requests. What addresses of the
    user's own are asked is signed with `signing_keys`.
    """

    engine: Engine
    client: Client
    gateways: Mapping[str, Gateway]
    wake: Wake
    media: MediaStore | None = None
    quota_reserve_percent: int = 0
    shelf: Callable[[], Shelf | None] | None = None
    alert_url: SecretStr | None = None
    rates: Rates | None = None
    signing_keys: tuple[bytes, ...] = field(default=(), repr=False)

    def gateway(self, effect: ClaimedEffect) -> Gateway:
        """Return the effect's gateway. Raises NotSupported."""
        gateway = self.gateways.get(effect.gateway)
        if gateway is None:
            raise NotSupported("the gateway is not configured here")
        return gateway

    def now(self) -> datetime:
        """Return the time."""
        return datetime.now(UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """How one kind of effect is performed.

    `perform` talks to the gateway, outside any transaction, and returns what to write down; that is
    called in the transaction which closes the effect, and returns the lanes to wake. It raises a
    GatewayError or NotYet. `give_up` is written down when the tries are used up or make no sense;
    it returns the lanes to wake, too.
    """

    perform: Callable[[ClaimedEffect, Desk], "Record"]
    give_up: Callable[[Session, ClaimedEffect, str], set[str]] | None = None
    tries: int = 8
    # The longest wait between two tries, in seconds.
    longest_wait: float = 600.0
    # Whether NotYet uses up a try; if not, only its age ends it.
    counts_waits: bool = True
    # What has waited so long is not worth doing any more, in seconds.
    useful_for: float = field(default=86400.0)


Record = Callable[[Session], set[str]]


def nothing(_session: Session) -> set[str]:
    """Write nothing down."""
    return set()
