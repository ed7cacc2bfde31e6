"""WAGate: all that is known of this gateway, and nothing else."""

from bot.gateways.wagate.account import Account
from bot.gateways.wagate.gateway import Wagate

__all__ = ["Account", "Wagate"]
