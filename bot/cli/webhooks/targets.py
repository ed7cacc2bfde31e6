"""Which accounts a command is about, and doing one thing at each of them."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

import click

from bot.cli.acting import HINT, acting_runtime, gateway_named, gateways
from bot.cli.common import printable
from bot.gateways.accounts import Account
from bot.gateways.base import Gateway
from bot.gateways.errors import GatewayError, NotSupported
from bot.outbox.outcome import reason
from bot.webhook_urls import NoPublicUrl, webhook_url


class NotDone(Exception):
    """What was asked for was not done at an account; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Target:
    """An account of a gateway; `device` is what the gateway's methods are given."""

    gateway: Gateway
    account: Account
    device: str

    def __str__(self) -> str:
        return f"{self.gateway.name} {self.device}".strip()

    @property
    def url(self) -> str:
        """Return the URL of its webhook, with its secret. Raises NoPublicUrl."""
        return webhook_url(acting_runtime().settings.public_url, self.gateway, self.account)


def targets(gateway: str | None, device: str | None) -> list[Target]:
    """Return the accounts of a gateway or of all, or the one that serves a device."""
    chosen = [gateway_named(gateway)] if gateway else list(gateways().values())
    if not chosen:
        raise click.ClickException(f"no gateway is configured here: {HINT}")
    if device is None:
        return [
            Target(each, account, account.sends_from)
            for each in chosen
            for account in each.accounts
        ]
    found = [Target(each, account, device) for each in chosen if (account := each.account(device))]
    if not found:
        raise click.ClickException(f"no account is configured for the device {printable(device)}")
    return found


def at_each(
    chosen: Sequence[Target], act: Callable[[Target], Iterable[str]], *, must: bool
) -> None:
    """Do one thing at each account and tell how it went; end with exit code 1 if one failed.

    What a gateway does not have is a failure only where it was asked for by name (`must`).
    """
    failed = False
    for target in chosen:
        try:
            for line in act(target):
                _tell("✓", target, line)
        except NotSupported as error:
            failed |= must
            _tell("!", target, str(error))
        except (NotDone, NoPublicUrl) as error:
            failed = True
            _tell("✗", target, str(error))
        except GatewayError as error:
            failed = True
            _tell("✗", target, reason(error))
    if failed:
        raise click.exceptions.Exit(1)


def _tell(mark: str, target: Target, text: str) -> None:
    click.echo(f"{mark} {target}: {printable(text)}")
