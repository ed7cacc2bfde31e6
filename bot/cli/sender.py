"""From where `flask send` sends, and whether a message would leave there at all."""

from dataclasses import dataclass
from pathlib import PurePosixPath
from urllib.parse import urlsplit

import click

from bot.cli.acting import acting_runtime, gateway_named, known_devices, simulating_run
from bot.cli.contents import with_article
from bot.content import Content, Media, Text
from bot.gateways.accounts import Account
from bot.gateways.base import Attachment, Gateway, MediaBy, OutgoingMessage
from bot.gateways.capabilities import Capabilities
from bot.gateways.errors import GatewayError, NotSupported, Scope, SendError
from bot.simulator.compose import DEVICES
from bot.webhook_urls import is_local

# A file of ours gets such an address when it is sent.
SHARED = "/media/token/"


@dataclass(frozen=True, slots=True)
class Target:
    """Where a message goes: the gateway, what it can do from there, and the conversation."""

    gateway: Gateway
    abilities: Capabilities
    place: tuple[str, str, str]


def target_of(name: str, to: str, device: str | None) -> Target:
    """Return where a message goes. Raises ClickException where nobody could send it."""
    gateway = gateway_named(name)
    account = gateway.account(device or "")
    if account is None:
        devices = ", ".join(account.device for account in gateway.accounts)
        raise click.ClickException(f"--device must be one of {devices}")
    if not account.can_send:
        raise click.ClickException("; ".join(gateway.warnings()))
    sender = device or _sender(gateway, account)
    target = Target(gateway, gateway.abilities(sender), (name, sender, gateway.address(to)))
    if not sender and _refusal(target, Text(text="-"), scope=Scope.DEVICE):
        raise click.ClickException(_no_device(gateway))
    return target


def check_sendable(part: Content, target: Target, *, is_file: bool) -> None:
    """Raise ClickException for a content that the gateway cannot be given."""
    title = target.gateway.title
    if part.kind not in target.abilities.sends:
        hint = "; give a link instead of a file" if is_file and isinstance(part, Media) else ""
        # What the gateway can do and this account cannot, its module explains.
        can = part.kind in target.gateway.capabilities.sends
        why = _refusal(target, part) if can else ""
        raise click.ClickException((why or f"{title} cannot send {with_article(part.kind)}") + hint)
    refusal = _refusal(target, part)
    if refusal:
        public_url = acting_runtime().settings.public_url or ""
        shares = is_file and isinstance(part, Media) and is_local(public_url)
        hint = (
            f": PUBLIC_URL is {public_url}, so only a link that the world can read works here"
            if shares
            else ""
        )
        raise click.ClickException(refusal + hint)


def _sender(gateway: Gateway, account: Account) -> str:
    """Return the device to send from where nobody names one, "" if that is not known."""
    if account.sends_from:
        return account.sends_from
    if simulating_run():
        return DEVICES[gateway.name]
    known = known_devices(gateway, account)
    return known[0] if len(known) == 1 else ""


def _no_device(gateway: Gateway) -> str:
    field = gateway.account_type.device_field
    setting = f", or set {f'{gateway.name}_{field}'.upper()}" if field else ""
    return (
        f"{gateway.title} wants to know from which device: name one with --device "
        f"(`flask devices` lists them){setting}"
    )


def _refusal(target: Target, part: Content, *, scope: Scope | None = None) -> str:
    """Return why the gateway's module refuses a message before any request, "" if it does not.

    Files that go as bytes are judged when they are attached.
    """
    _, device, address = target.place
    attachment = _attachment(part, target) if isinstance(part, Media) else None
    message = OutgoingMessage(
        device=device,
        address=address,
        content=part,
        reference="0",
        idempotency_key="0",
        attachment=attachment,
    )
    if isinstance(part, Media) and attachment is None and part.kind in target.abilities.sends:
        return ""
    exchange = target.gateway.send(message)
    try:
        next(exchange)
    except SendError as error:
        return error.reason if scope in (None, error.scope) else ""
    except NotSupported as error:
        return str(error) if scope is None else ""
    except (GatewayError, StopIteration):
        return ""
    finally:
        exchange.close()
    return ""


def _attachment(media: Media, target: Target) -> Attachment | None:
    """Return the attachment of media that go as an address."""
    ways = target.abilities.media_by
    if MediaBy.LINK not in ways:
        return None
    if media.link:
        name = media.filename or PurePosixPath(urlsplit(media.link).path).name
        return Attachment(link=media.link, mimetype=media.mimetype, filename=name)
    if ways[0] is not MediaBy.LINK:
        return None
    link = (acting_runtime().settings.public_url or "").rstrip("/") + SHARED + "file"
    return Attachment(link=link, mimetype=media.mimetype, filename=media.filename)
