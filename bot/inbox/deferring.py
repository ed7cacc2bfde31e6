"""For how long an event is put off that may belong to a send which is still being committed.

A status or an echo may come before our own commit of the send it belongs to. It is put off until
the lease of that send must have ended, each time for longer. A status can wait for the longest
lease (see MEDIA_LEASE); an echo may be a person's word, which the bot must not talk over.
"""

from datetime import datetime, timedelta

from bot.inbox.changes import Pending

PUT_OFF = timedelta(seconds=2)
LONGEST_PUT_OFF = timedelta(seconds=15)
STATUS_AT_MOST = timedelta(seconds=130)
ECHO_AT_MOST = timedelta(seconds=30)


def has_waited(pending: Pending, at_most: timedelta, *, now: datetime) -> bool:
    """Return whether to wait no longer; the first look, however late, is not the last one."""
    return pending.was_put_off and now - pending.received_at > at_most


def next_wait(pending: Pending, *, now: datetime) -> timedelta:
    """Return how long an event is put off: the longer it has waited, the longer."""
    return max(PUT_OFF, min((now - pending.received_at) / 2, LONGEST_PUT_OFF))
