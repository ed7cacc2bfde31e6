"""Meta: all that is known of this gateway, and nothing else."""

from bot.gateways.meta.gateway import Account, Meta

__all__ = ["Account", "Meta"]
