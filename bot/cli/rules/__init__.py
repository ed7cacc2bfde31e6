"""flask rules: check the rules file, test it, compare two, and explain what it answers."""

from bot.cli.rules import check, diff, explain, reference, schema, test
from bot.cli.rules.group import rules

__all__ = ["check", "diff", "explain", "reference", "rules", "schema", "test"]
