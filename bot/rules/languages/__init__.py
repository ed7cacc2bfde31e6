"""The languages that the bot knows, each from a data file beside this module: `id.yaml` is `id`."""

from bot.rules.languages.language import Language, find
from bot.rules.languages.reading import LANGUAGES

__all__ = ["LANGUAGES", "Language", "find"]
