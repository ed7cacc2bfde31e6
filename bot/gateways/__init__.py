"""The gateways that Balas speaks, in one explicit table."""

from bot.gateways.base import Gateway
from bot.gateways.csku import Csku
from bot.gateways.meta import Meta
from bot.gateways.rijan import Rijan
from bot.gateways.wagate import Wagate
from bot.gateways.whatsgate import Whatsgate

GATEWAYS: dict[str, type[Gateway]] = {
    "meta": Meta,
    "wagate": Wagate,
    "rijan": Rijan,
    "csku": Csku,
    "whatsgate": Whatsgate,
}
