"""Meta."""

from bot.gateways.base import Gateway


class Meta(Gateway):
    name = "meta"
    title = "Meta"
