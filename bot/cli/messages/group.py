"""The group of commands, and finding one message."""

import click
from flask.cli import AppGroup

messages = AppGroup(
    "messages", help="Look at messages; send again, discard or resolve those that went wrong."
)

# What fits into the column.
MESSAGE_ID = click.IntRange(1, 2**63 - 1)


def no_message(message_id: int) -> click.ClickException:
    """Return that there is no such message."""
    return click.ClickException(f"there is no message {message_id}")
