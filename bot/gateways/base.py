"""What every gateway module implements. Nothing here or there does any I/O.

Inbound, a gateway reads bytes into events. Outbound it is a generator that yields `HttpRequest`s
and is sent `HttpResponse`s (the way httpx's `auth_flow` works), so that the same module runs under
threads today and an event loop tomorrow, and is tested without a network.
"""

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, ClassVar, TypedDict
from urllib.parse import urlsplit

from bot.content import Content
from bot.events import Button, Chat, Event, MediaReference, MessageType
from bot.gateways.accounts import Account, Accounts
from bot.gateways.capabilities import KIB, MIB, Capabilities, MediaBy
from bot.gateways.errors import Forged, NotSupported
from bot.gateways.exchange import Exchange, HttpRequest, HttpResponse, header
from bot.gateways.management import (
    DeviceReport,
    FailedWebhook,
    FetchedMedia,
    Finding,
    Management,
    MissedPage,
    Quota,
    Webhook,
)
from bot.gateways.numbers import normalise
from bot.gateways.outgoing import Attachment, LookedUp, OutgoingMessage, SentMessage
from bot.gateways.rates import Rate, overridden

# A module needs one import for all that it speaks in.
__all__ = [
    "KIB",
    "MIB",
    "Acknowledgement",
    "Attachment",
    "Capabilities",
    "DeviceReport",
    "EventFields",
    "Exchange",
    "FailedWebhook",
    "FetchedMedia",
    "Finding",
    "Gateway",
    "HttpRequest",
    "HttpResponse",
    "JsonObject",
    "LookedUp",
    "MediaBy",
    "MessageFields",
    "MissedPage",
    "OutgoingMessage",
    "Quota",
    "Rate",
    "SentMessage",
    "Webhook",
    "WebhookRequest",
    "header",
]

# What a person may write for a phone number; anything else is an address of the gateway's own.
WRITTEN_NUMBER = re.compile(r"\+?[\d\s().-]+")


@dataclass(frozen=True, slots=True, kw_only=True)
class WebhookRequest:
    """One HTTP request to a webhook, free of any web framework.

    Header names are lower case. `token` is the last path segment after the gateway's name, or "".
    """

    method: str = "POST"
    path: str = ""
    token: str = field(default="", repr=False)
    query: Mapping[str, str] = field(default_factory=dict, repr=False)
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Acknowledgement:
    """The HTTP answer to a webhook."""

    body: bytes
    content_type: str = "application/json"
    status: int = 200


class Gateway(Management, ABC):
    """One WhatsApp gateway, with the accounts that are configured for it."""

    name: ClassVar[str]
    title: ClassVar[str]
    account_type: ClassVar[type[Account]] = Account
    capabilities: ClassVar[Capabilities] = Capabilities()
    # The largest webhook body in bytes; more is refused unread.
    max_body: ClassVar[int] = 3 * MIB
    # The header (lower case) that marks a webhook as this gateway's on a shared URL, if any.
    signature_header: ClassVar[str | None] = None
    # The header (lower case) in which a webhook names its device, if any. It is not signed.
    device_header: ClassVar[str | None] = None
    # Whether what proves a webhook covers its body; if not, it is verified before the body is read.
    signs_body: ClassVar[bool] = True
    # Whether the gateway gives each device a webhook secret of its own.
    secret_per_device: ClassVar[bool] = False
    # After how many answers in a row that were no 2xx it switches a webhook off, if it does.
    gives_up_after: ClassVar[int | None] = None
    # Whether it posts no webhooks either while a device has no quota.
    silent_without_quota: ClassVar[bool] = False
    # Whether a phone number is enough to write to somebody.
    reaches_numbers: ClassVar[bool] = True

    def __init__(self, accounts: Sequence[Account]) -> None:
        self.accounts: Accounts = tuple(accounts)

    # Inbound: bytes into events.

    @abstractmethod
    def verify(self, request: WebhookRequest) -> Accounts:
        """Return the accounts whose secret matches the request, or raise Forged."""

    @abstractmethod
    def parse(self, request: WebhookRequest) -> list[Event]:
        """Return every event in the request, in its order.

        Needs nothing but `body`. Raises Unreadable only when there is no readable envelope; an odd
        element becomes an UnknownEvent. Closed over its own output: parsing an event's `raw`
        returns exactly that event.
        """

    @abstractmethod
    def acknowledge(self, request: WebhookRequest, *, duplicate: bool) -> Acknowledgement:
        """Return the answer that tells this gateway that its webhook is kept. Never raises."""

    def challenge(self, request: WebhookRequest) -> Acknowledgement:
        """Answer the gateway's question whether this URL is ours, or raise Forged."""
        raise NotSupported(f"{self.title} has no challenge")

    # Outbound: requests and responses.

    @abstractmethod
    def send(self, message: OutgoingMessage) -> Exchange[SentMessage]:
        """Send one message. Raises a SendError, or NotSupported for what `abilities` leaves out."""

    def abilities(self, device: str) -> Capabilities:
        """Return what can be done from a device: less than the gateway can, for some accounts."""
        return self.capabilities

    def rates(self, device: str) -> tuple[Rate, ...]:
        """Return how many messages may be sent from a device, in how long."""
        known = self.abilities(device).rates
        account = self.account(device)
        if account is None:
            return known
        return overridden(known, device=account.rate, recipient=account.recipient_rate)

    def window(self, device: str, address: str) -> timedelta | None:
        """Return how long after the last message from an address more than templates may go."""
        return self.abilities(device).window

    def outside_window(self, device: str, content: Content) -> Content | None:
        """Return what goes instead of a content once that time is over, None if nothing does."""
        return None

    def host(self, device: str) -> str:
        """Return the host of the API that a device is served by."""
        return urlsplit(str(getattr(self.account(device), "api_url", ""))).netloc

    def address(self, recipient: str) -> str:
        """Return what a person wrote as this gateway's webhooks write an address."""
        return (
            (normalise(recipient) or recipient)
            if WRITTEN_NUMBER.fullmatch(recipient)
            else recipient
        )

    def not_answered(self, event: Event) -> str | None:
        """Return why an event is kept but not answered, None if it may be."""
        return None

    def warnings(self) -> list[str]:
        """Return one sentence for each thing that the configuration leaves out."""
        return [
            f"{self.title} is receive-only: set {self._missing(account)} to answer"
            for account in self.accounts
            if not account.can_send
        ]

    # What the modules share.

    def account(self, device: str) -> Account | None:
        """Return the account that serves a device, None where nobody configured it."""
        for account in self.accounts:
            if account.device == device:
                return account
        for account in self.accounts:
            if not account.device:
                return account
        return self.accounts[0] if not device and len(self.accounts) == 1 else None

    def matching(self, matched: Sequence[Account]) -> Accounts:
        """Return `matched` as a tuple, or raise Forged when it is empty."""
        if not matched:
            raise Forged("the signature does not match")
        return tuple(matched)

    def serves(self, accounts: Accounts, device: str) -> bool:
        """Return whether an event of `device` may come with the secret of `accounts`.

        A device that another account names is refused. One that nobody names is kept where one
        secret signs for many devices, or where a verified account speaks for all devices.
        """
        owner = self.account(device)
        if owner is not None:
            return owner in accounts
        return not self.secret_per_device or not device

    def _missing(self, account: Account) -> str:
        names = [name for name in account.send_fields if not getattr(account, name)]
        return " and ".join(f"{self.name.upper()}_{name.upper()}" for name in names)


JsonObject = dict[str, Any]


class EventFields(TypedDict):
    """What every event has, for building one with `**fields`."""

    gateway: str
    device: str
    key: str
    address: str | None
    occurred_at: datetime | None
    raw: bytes


class MessageFields(EventFields):
    """What a message received and an echo share, for building either with `**fields`."""

    external_id: str | None
    type: MessageType
    text: str
    chat: Chat
    quoted_id: str | None
    button: Button | None
    media: MediaReference | None
    details: Mapping[str, Any]
