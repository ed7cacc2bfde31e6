"""Rijan."""

from bot.gateways.base import Gateway


class Rijan(Gateway):
    name = "rijan"
    title = "Rijan"
