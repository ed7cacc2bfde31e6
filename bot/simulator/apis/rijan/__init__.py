"""Rijan's API, as the program was measured to behave."""

from bot.simulator.apis.rijan.answers import REFUSALS
from bot.simulator.apis.rijan.api import answer

__all__ = ["REFUSALS", "answer"]
