"""Tell in full why the rules answer as they do: every rule with its reason. For people, not stored.

Unlike an explanation it shows the words of the message; it is for `flask rules explain`.
"""

from bot.rules.tracing.trace import Line, Trace, trace
from bot.rules.tracing.words import in_words

__all__ = ["Line", "Trace", "in_words", "trace"]
