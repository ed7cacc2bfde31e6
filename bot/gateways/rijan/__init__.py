"""Rijan: all that is known of this gateway, and nothing else."""

from bot.gateways.rijan.account import Account
from bot.gateways.rijan.gateway import Rijan

__all__ = ["Account", "Rijan"]
