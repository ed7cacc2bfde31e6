"""What changed between two books, in words, whatever the files look like."""

from bot.rules.diff.sections import differences

__all__ = ["differences"]
