"""The group of commands, and the arguments that they share."""

from collections.abc import Callable
from typing import Any

import click
from flask.cli import AppGroup

from bot.gateways import GATEWAYS

webhooks = AppGroup("webhooks", help="Tell the gateways where to post, and fetch what was missed.")

Command = Callable[..., Any]


def of_gateways(command: Command) -> Command:
    """Let a command take one gateway and one device, or all that are configured."""
    command = click.option("--device", help="Only the account that serves this device.")(command)
    return click.argument("gateway", type=click.Choice(list(GATEWAYS)), required=False)(command)
