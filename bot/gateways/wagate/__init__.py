"""WAGate: all that is known of this gateway, and nothing else."""

from bot.gateways.wagate.gateway import Account, Wagate

__all__ = ["Account", "Wagate"]
