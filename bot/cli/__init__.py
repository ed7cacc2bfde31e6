"""The `flask …` commands: for whoever runs the bot."""

from flask import Flask

from bot.cli.alerts import alerts
from bot.cli.chat import chat
from bot.cli.devices import devices
from bot.cli.doctor import doctor
from bot.cli.events import events
from bot.cli.gateways import gateways
from bot.cli.messages import messages
from bot.cli.migrate import migrate
from bot.cli.payload import payload
from bot.cli.records import records
from bot.cli.rules import rules
from bot.cli.send import send
from bot.cli.up import up
from bot.cli.webhooks import webhooks

COMMANDS = (
    alerts,
    chat,
    devices,
    doctor,
    events,
    gateways,
    messages,
    migrate,
    payload,
    records,
    rules,
    send,
    up,
    webhooks,
)


def init_app(app: Flask) -> None:
    """Add the commands to the app."""
    for command in COMMANDS:
        app.cli.add_command(command)
