"""Wagate."""

from bot.gateways.base import Gateway


class Wagate(Gateway):
    name = "wagate"
    title = "Wagate"
