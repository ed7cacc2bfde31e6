"""Whatsgate."""

from bot.gateways.base import Gateway


class Whatsgate(Gateway):
    name = "whatsgate"
    title = "Whatsgate"
