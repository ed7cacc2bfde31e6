"""The reference of rules.yaml, written from the schema: docs/rules-reference.md."""

from bot.rules.reference.page import page

__all__ = ["page"]
