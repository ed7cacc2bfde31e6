"""CSKU: all that is known of this gateway, and nothing else."""

from bot.gateways.csku.gateway import Account, Csku

__all__ = ["Account", "Csku"]
