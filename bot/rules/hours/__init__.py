"""Opening hours: named schedules, when they are open, and how that is told. Pure."""

from bot.rules.hours.compiling import compile_schedule
from bot.rules.hours.schedule import Holiday, Schedule
from bot.rules.hours.telling import TOLD, Told

__all__ = ["TOLD", "Holiday", "Schedule", "Told", "compile_schedule"]
