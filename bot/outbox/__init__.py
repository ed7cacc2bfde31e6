"""The outbox: what becomes of a message that we want to send."""

from bot.outbox.add import NewMessage, add, lane
from bot.outbox.claim import Claimed, claim, mark_sending
from bot.outbox.deliver import Courier
from bot.outbox.evidence import Echo, record_status, settle_echo
from bot.outbox.outcome import Outcome, judge_outcome
from bot.outbox.record import record_outcomes, resume
from bot.outbox.sweep import expire

__all__ = [
    "Claimed",
    "Courier",
    "Echo",
    "NewMessage",
    "Outcome",
    "add",
    "claim",
    "expire",
    "judge_outcome",
    "lane",
    "mark_sending",
    "record_outcomes",
    "record_status",
    "resume",
    "settle_echo",
]
