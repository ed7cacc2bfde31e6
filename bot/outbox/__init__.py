"""The outbox: what becomes of a message that we want to send."""

from bot.outbox.add import NewMessage, add, lane
from bot.outbox.cancel import cancel_automatic
from bot.outbox.claim import Claimed, claim, mark_sending
from bot.outbox.deliver import Courier
from bot.outbox.echoes import Echo, Heard, Verdict, confirm, judge_echoes, settle_echo
from bot.outbox.evidence import is_ticketed, record_status
from bot.outbox.outcome import Outcome, judge_outcome
from bot.outbox.rates import Rates
from bot.outbox.record import record_outcomes, resume
from bot.outbox.release import release_held
from bot.outbox.sweep import Doubt, expire

__all__ = [
    "Claimed",
    "Courier",
    "Doubt",
    "Echo",
    "Heard",
    "NewMessage",
    "Outcome",
    "Rates",
    "Verdict",
    "add",
    "cancel_automatic",
    "claim",
    "confirm",
    "expire",
    "is_ticketed",
    "judge_echoes",
    "judge_outcome",
    "lane",
    "mark_sending",
    "record_outcomes",
    "record_status",
    "release_held",
    "resume",
    "settle_echo",
]
