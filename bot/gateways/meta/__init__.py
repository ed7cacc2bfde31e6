"""Meta: all that is known of this gateway, and nothing else."""

from bot.gateways.meta.account import Account
from bot.gateways.meta.gateway import Meta

__all__ = ["Account", "Meta"]
