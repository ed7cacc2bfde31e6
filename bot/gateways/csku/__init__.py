"""CSKU: all that is known of this gateway, and nothing else."""

from bot.gateways.csku.account import Account
from bot.gateways.csku.gateway import Csku

__all__ = ["Account", "Csku"]
