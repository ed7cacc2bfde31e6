"""Perform the effects: what is done at gateways besides sending."""

from bot.performing.performer import Performer

__all__ = ["Performer"]
