"""What else a gateway can be asked and told: media, devices, its webhooks, people.

Every method has a default that says that the gateway has no such thing, so a module overrides
what its gateway has, and nobody else keeps a list of that.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import ClassVar

from bot.events import DeviceState, MediaReference
from bot.gateways.errors import NotSupported
from bot.gateways.exchange import Exchange
from bot.gateways.outgoing import LookedUp


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedMedia:
    """The bytes of media; the type is what the gateway says, not yet compared with the bytes."""

    content: bytes = field(repr=False)
    mimetype: str | None = None
    filename: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quota:
    """How many messages a device may still send. `resets_at` is aware."""

    limit: int
    remaining: int
    resets_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class DeviceReport:
    """What a gateway answers when it is asked how a device is. `reason` is in its own words."""

    device: str
    state: DeviceState | None = None
    reason: str = ""
    phone: str | None = field(default=None, repr=False)
    name: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """A webhook as the gateway keeps it. `id` is "" where there is only one.

    `secret` is the webhook secret where the gateway tells it (it is not shown). `ours`: whether it
    belongs to us, where others' are listed, too; None where the gateway does not say.
    """

    id: str = ""
    url: str = field(default="", repr=False)
    events: tuple[str, ...] = ()
    active: bool | None = None
    secret: str | None = field(default=None, repr=False)
    ours: bool | None = True


@dataclass(frozen=True, slots=True, kw_only=True)
class FailedWebhook:
    """A webhook that the gateway could not deliver, and would deliver again."""

    id: str
    event: str = ""
    error: str = ""
    attempts: int | None = None
    at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class MissedPage:
    """Webhook bodies as the gateway would have posted them. `next_page` is None after the last."""

    bodies: Sequence[bytes] = field(repr=False)
    next_page: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at: whether it is as it should be, and if not, what to do."""

    ok: bool
    what: str
    advice: str = ""


class Management:
    """The defaults. Methods return None or raise NotSupported; the others raise a SendError.

    `device` is the device's id as webhooks carry it, "" for the one that the account speaks for.
    """

    title: ClassVar[str]
    # What a method is worth less than its presence says, by its name: shown in the table of
    # docs/gateways.md.
    caveats: ClassVar[Mapping[str, str]] = {}

    # Media.

    def fetch_media(self, device: str, reference: MediaReference) -> Exchange[FetchedMedia]:
        """Fetch the bytes of media that a webhook refers to."""
        raise self._has_no("media to fetch")
        yield  # makes this a generator, here and below

    def media_hosts(self, device: str) -> tuple[str, ...]:
        """Return the hosts that media may be fetched from besides the API's own.

        A name that begins with a dot stands for every host below it.
        """
        return ()

    def inline_media(self, raw: bytes, reference: MediaReference) -> bytes:
        """Return the media that lie in an event's own `raw`. Raises ValueError if broken."""
        raise self._has_no("media inside its webhooks")

    def without_media(self, raw: bytes) -> bytes:
        """Return an event's `raw` without the media that lie in it: the same event otherwise."""
        return raw

    # Messages and people.

    def look_up(self, device: str, ticket: str) -> Exchange[LookedUp]:
        """Ask what became of a message that `send` gave a ticket for."""
        raise self._has_no("tickets")
        yield

    def mark_read(self, device: str, address: str, message_id: str) -> Exchange[None]:
        """Show the contact that a message of theirs was read."""
        raise self._has_no("way to mark messages as read")
        yield

    def show_typing(self, device: str, address: str, message_id: str) -> Exchange[None]:
        """Show the contact that somebody is typing, for some seconds."""
        raise self._has_no("typing indicator")
        yield

    def call_human(self, device: str, address: str) -> Exchange[None]:
        """Tell the gateway's own people that this conversation needs one of them."""
        raise self._has_no("people of its own to call")
        yield

    def check_number(self, device: str, number: str) -> Exchange[bool]:
        """Ask whether a number is on WhatsApp."""
        raise self._has_no("way to check a number")
        yield

    # Devices.

    def quota(self, device: str) -> Exchange[Quota | None]:
        """Return what quota the device has left, None where the gateway does not say."""
        return None
        yield

    def device_report(self, device: str) -> Exchange[DeviceReport]:
        """Ask how a device is."""
        raise self._has_no("way to ask about a device")
        yield

    def restart_device(self, device: str) -> Exchange[None]:
        """Connect a device anew."""
        raise self._has_no("way to restart a device")
        yield

    def inspect(self, device: str) -> Exchange[list[Finding]]:
        """Look at what only the gateway knows of this set-up, for `flask doctor`."""
        return []
        yield

    # Webhooks. `device` chooses the account, and the device where each has a webhook of its own.

    def register_webhook(
        self, device: str, url: str, events: Sequence[str] = ()
    ) -> Exchange[Webhook]:
        """Let the gateway post to `url`; no `events` means those that Balas understands."""
        raise self._has_no("API for its webhooks: enter the URL in its dashboard")
        yield

    def list_webhooks(self, device: str) -> Exchange[list[Webhook]]:
        """Return the webhooks that the gateway keeps."""
        raise self._has_no("API for its webhooks: look at its dashboard")
        yield

    def update_webhook(
        self,
        device: str,
        webhook_id: str,
        *,
        url: str | None = None,
        events: Sequence[str] = (),
        active: bool | None = None,
    ) -> Exchange[Webhook]:
        """Change a webhook; what is None or empty stays."""
        raise self._has_no("API for its webhooks: change it in its dashboard")
        yield

    def delete_webhook(self, device: str, webhook_id: str) -> Exchange[None]:
        """Let the gateway post no more."""
        raise self._has_no("API for its webhooks: delete it in its dashboard")
        yield

    def test_webhook(self, device: str, webhook_id: str) -> Exchange[str]:
        """Let the gateway post a test; return what it says of that."""
        raise self._has_no("API that tests a webhook: use the button in its dashboard")
        yield

    def failed_webhooks(self, device: str) -> Exchange[list[FailedWebhook]]:
        """Return what the gateway could not deliver."""
        raise self._has_no("list of failed webhooks")
        yield

    def retry_webhook(self, device: str, failed_id: str) -> Exchange[str]:
        """Let the gateway deliver a failed webhook again; return what it says of that."""
        raise self._has_no("list of failed webhooks")
        yield

    def missed_webhooks(
        self, device: str, *, since: datetime, page: int = 1
    ) -> Exchange[MissedPage]:
        """Return webhooks of the past as the gateway keeps them, one page at a time."""
        raise self._has_no("record of past webhooks")
        yield

    @classmethod
    def has(cls, method: str) -> bool:
        """Return whether the gateway has what a method of this class is for."""
        return getattr(cls, method) is not getattr(Management, method)

    def _has_no(self, what: str) -> NotSupported:
        return NotSupported(f"{self.title} has no {what}")
