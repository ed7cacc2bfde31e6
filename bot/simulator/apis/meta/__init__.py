"""Meta's Graph API, as its users meet it: messages, media, phone numbers, subscriptions."""

from bot.simulator.apis.meta.answers import answer
from bot.simulator.apis.meta.words import REFUSALS

__all__ = ["REFUSALS", "answer"]
