"""The inbox: what an event means. Append makes events durable, process answers them."""

from bot.inbox.append import Inbox, NotKept
from bot.inbox.spool import Spool

__all__ = ["Inbox", "NotKept", "Spool"]
