"""The rules: one YAML file, read into a book, and played one turn at a time."""

from bot.rules.book import load, read
from bot.rules.draft import ConversationView, Turn
from bot.rules.effects import (
    Effect,
    Handover,
    HttpCall,
    Later,
    Notify,
    OptIn,
    OptOut,
    Record,
    TaskCall,
)
from bot.rules.errors import Problem, RulesError
from bot.rules.explanation import Explanation
from bot.rules.lint import unheard, warnings
from bot.rules.parts import Book
from bot.rules.replies import Reply
from bot.rules.schema import Settings
from bot.rules.shelf import Shelf
from bot.rules.state import Running, State, release, without_flow
from bot.rules.tracing import Trace, trace
from bot.rules.trouble import Trouble
from bot.rules.turn import Answer, play

__all__ = [
    "Answer",
    "Book",
    "ConversationView",
    "Effect",
    "Explanation",
    "Handover",
    "HttpCall",
    "Later",
    "Notify",
    "OptIn",
    "OptOut",
    "Problem",
    "Record",
    "Reply",
    "RulesError",
    "Running",
    "Settings",
    "Shelf",
    "State",
    "TaskCall",
    "Trace",
    "Trouble",
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
