"""The rules: one YAML file, read into a book, and played one turn at a time."""

from bot.rules.book import load, read
from bot.rules.effects import Effect, Handover, Notify, OptIn, OptOut
from bot.rules.errors import Problem, RulesError
from bot.rules.explanation import Explanation
from bot.rules.lint import unheard, warnings
from bot.rules.parts import Book
from bot.rules.replies import Reply
from bot.rules.schema import Settings
from bot.rules.shelf import Shelf
from bot.rules.state import State, release, without_flow
from bot.rules.tracing import Trace, trace
from bot.rules.turn import Answer, ConversationView, Turn, play

__all__ = [
    "Answer",
    "Book",
    "ConversationView",
    "Effect",
    "Explanation",
    "Handover",
    "Notify",
    "OptIn",
    "OptOut",
    "Problem",
    "Reply",
    "RulesError",
    "Settings",
    "Shelf",
    "State",
    "Trace",
    "Turn",
    "load",
    "play",
    "read",
    "release",
    "trace",
    "unheard",
    "warnings",
    "without_flow",
]
