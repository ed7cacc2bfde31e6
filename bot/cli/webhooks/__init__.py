"""flask webhooks: tell the gateways where to post, and fetch what was missed."""

from bot.cli.webhooks import missed, registered
from bot.cli.webhooks.group import webhooks

__all__ = ["missed", "registered", "webhooks"]
