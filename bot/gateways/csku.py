"""Csku."""

from bot.gateways.base import Gateway


class Csku(Gateway):
    name = "csku"
    title = "Csku"
