"""Rijan: all that is known of this gateway, and nothing else."""

from bot.gateways.rijan.gateway import Account, Rijan

__all__ = ["Account", "Rijan"]
