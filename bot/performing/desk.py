"""What performing an effect needs, and how it may end."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime

from sqlalchemy import Engine
from sqlalchemy.orm import Session

from bot.client import Client
from bot.effects import ClaimedEffect
from bot.gateways.base import Gateway
from bot.gateways.errors import NotSupported
from bot.media import MediaStore

Wake = Callable[..., None]


class NotYet(Exception):
    """The gateway does not know it yet; ask again."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """The world as an effect meets it. `wake` is told the lanes that have something to do.

    `media` is where files are kept, None where none are.
    """

    engine: Engine
    client: Client
    gateways: Mapping[str, Gateway]
    wake: Wake
    media: MediaStore | None = None

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
    GatewayError or NotYet. `give_up` is written down when the tries are used up or make no sense.
    """

    perform: Callable[[ClaimedEffect, Desk], "Record"]
    give_up: Callable[[Session, ClaimedEffect, str], None] | None = None
    tries: int = 8
    # The longest wait between two tries, in seconds.
    longest_wait: float = 600.0
    # What has waited so long is not worth doing any more, in seconds.
    useful_for: float = field(default=86400.0)


Record = Callable[[Session], set[str]]


def nothing(_session: Session) -> set[str]:
    """Write nothing down."""
    return set()
