"""WhatsGate: all that is known of this gateway, and nothing else."""

from bot.gateways.whatsgate.gateway import Account, Whatsgate

__all__ = ["Account", "Whatsgate"]
