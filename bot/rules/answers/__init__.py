"""What people answer to a question: read as the type that the question has. Pure."""

from bot.rules.answers.asked import TODAY, Asked
from bot.rules.answers.reading import read_answer
from bot.rules.answers.seeing import Amount, Day, value_of

__all__ = ["TODAY", "Amount", "Asked", "Day", "read_answer", "value_of"]
