"""WhatsGate: all that is known of this gateway, and nothing else."""

from bot.gateways.whatsgate.account import Account
from bot.gateways.whatsgate.gateway import Whatsgate

__all__ = ["Account", "Whatsgate"]
