"""flask chat --offline: type as a customer against the rules file alone, without any process."""

from bot.cli.offline.converse import converse

__all__ = ["converse"]
