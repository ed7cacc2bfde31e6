"""The `flask …` commands: for whoever runs the bot."""

from flask import Flask

from bot.cli.chat import chat
from bot.cli.events import events
from bot.cli.messages import messages
from bot.cli.migrate import migrate
from bot.cli.payload import payload
from bot.cli.rules import rules
from bot.cli.send import send
from bot.cli.up import up

COMMANDS = (chat, events, messages, migrate, payload, rules, send, up)


def init_app(app: Flask) -> None:
    """Add the commands to the app."""
    for command in COMMANDS:
        app.cli.add_command(command)
