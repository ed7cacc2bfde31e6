"""What the configured gateways can do with the rules of a file."""

from collections.abc import Iterator, Mapping, Sequence

from bot.config import ConfigError, environment, read_settings
from bot.gateway_settings import read_gateways
from bot.gateways import GATEWAYS
from bot.gateways.capabilities import Capabilities, MediaBy
from bot.rules import Book, unheard
from bot.rules.lint import sayings


def limits_of_gateways() -> dict[str, Capabilities]:
    """Return what the configured gateways can do; where none is configured, what all can."""
    try:
        configured = read_gateways(environment())
    except ConfigError:
        configured = {}
    abilities = {
        name: gateway.abilities(gateway.accounts[0].device) for name, gateway in configured.items()
    }
    can_send = {name: found for name, found in abilities.items() if found.sends}
    return can_send or {name: gateway.capabilities for name, gateway in GATEWAYS.items()}


def out_of_reach(book: Book, limits: Mapping[str, Capabilities]) -> Iterator[str]:
    """Yield which gateways cannot get the files of replies: they read them at an address of ours.

    Only configured gateways are meant, as only for them somebody has to set one.
    """
    media = [saying.wording.media for saying in sayings(book)]
    if not any(found and found.file for found in media):
        return
    try:
        environ = environment()
        configured, public_url = read_gateways(environ), read_settings(environ).public_url
    except ConfigError:
        return
    for name in configured:
        ways = limits[name].media_by if name in limits else ()
        if ways and MediaBy.BYTES not in ways and not public_url:
            yield f"{name} takes files by address only: set PUBLIC_URL, or give links instead"


def not_heard(book: Book) -> Sequence[str]:
    """Return which of the configured gateways do not tell what a person writes."""
    try:
        configured = read_gateways(environment())
    except ConfigError:
        return ()
    echoes = {name: gateway.capabilities.echoes for name, gateway in configured.items()}
    return unheard(book, echoes=echoes)
