"""The shape of rules.yaml, as it is written. `book` compiles it.

In `match` and `if` a list means *or*, the keys of a map mean *and*. In `reply` and `done` a list
means the first entry whose `if` holds.
"""

from bot.rules.schema.actions import (
    CallAction,
    Handover,
    HttpAction,
    Notify,
    Outcome,
    Record,
    Reply,
    Told,
    Variant,
)
from bot.rules.schema.example import Example, Expect, Happened, Happening, Sent
from bot.rules.schema.flow import Done, Flow, Step
from bot.rules.schema.match import TYPES, Condition, Conditions, Match, Matches
from bot.rules.schema.part import Part
from bot.rules.schema.rule import EVENTS, EXPIRES, Fallback, NamedReply, Rule
from bot.rules.schema.settings import Admin, LoopGuard, Settings, Takeover

SECTIONS = (
    "version",
    "include",
    "settings",
    "admins",
    "hours",
    "vars",
    "synonyms",
    "tables",
    "replies",
    "rules",
    "fallback",
    "flows",
    "tests",
)

__all__ = [
    "EVENTS",
    "EXPIRES",
    "SECTIONS",
    "TYPES",
    "Admin",
    "CallAction",
    "Condition",
    "Conditions",
    "Done",
    "Example",
    "Expect",
    "Fallback",
    "Flow",
    "Handover",
    "Happened",
    "Happening",
    "HttpAction",
    "LoopGuard",
    "Match",
    "Matches",
    "NamedReply",
    "Notify",
    "Outcome",
    "Part",
    "Record",
    "Reply",
    "Rule",
    "Sent",
    "Settings",
    "Step",
    "Takeover",
    "Told",
    "Variant",
]
