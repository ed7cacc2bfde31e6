"""flask messages: look at the history and the outbox, and decide what becomes of a message."""

from bot.cli.messages.escalating import escalate
from bot.cli.messages.group import messages
from bot.cli.messages.listing import list_messages
from bot.cli.messages.settling import discard_messages, resolve_messages, retry_messages
from bot.cli.messages.showing import show_message

__all__ = [
    "discard_messages",
    "escalate",
    "list_messages",
    "messages",
    "resolve_messages",
    "retry_messages",
    "show_message",
]
