"""What is allowed in a rules file and yet surely not meant."""

from bot.rules.lint.finding import unheard, warnings
from bot.rules.lint.limits import Limits
from bot.rules.lint.places import sayings

__all__ = ["Limits", "sayings", "unheard", "warnings"]
