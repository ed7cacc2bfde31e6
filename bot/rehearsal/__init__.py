"""Rehearse a conversation without any process: the real inbox in memory, the time passed in."""

from bot.rehearsal.asking import FAILS, Asked
from bot.rehearsal.examples import Outcome, run, run_all
from bot.rehearsal.filling import NoSuchQuestion, fill_in
from bot.rehearsal.happening import NoSuchEvent
from bot.rehearsal.heard import Bubble, Heard
from bot.rehearsal.rehearsal import Contact, Rehearsal

__all__ = [
    "FAILS",
    "Asked",
    "Bubble",
    "Contact",
    "Heard",
    "NoSuchEvent",
    "NoSuchQuestion",
    "Outcome",
    "Rehearsal",
    "fill_in",
    "run",
    "run_all",
]
