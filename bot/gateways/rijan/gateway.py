"""Rijan: a gateway of one's own, on Baileys. Signed webhooks; sends to JIDs only.

Source and documents: https://github.com/teguh02/rijan_wa
"""

from collections.abc import Sequence
from typing import ClassVar

from bot.events import Event, MediaReference
from bot.gateways import accounts
from bot.gateways.accounts import Accounts
from bot.gateways.base import (
    Acknowledgement,
    Capabilities,
    DeviceReport,
    Exchange,
    FailedWebhook,
    FetchedMedia,
    Finding,
    Gateway,
    LookedUp,
    MediaBy,
    OutgoingMessage,
    SentMessage,
    Webhook,
    WebhookRequest,
)
from bot.gateways.errors import Forged, Rejected, Scope
from bot.gateways.lengths import check_lengths
from bot.gateways.numbers import number_in
from bot.gateways.responses import judge_file, segment
from bot.gateways.rijan import webhooks
from bot.gateways.rijan.account import Account, Api, api_of
from bot.gateways.rijan.devices import read_report
from bot.gateways.rijan.events import read_events
from bot.gateways.rijan.findings import look_around
from bot.gateways.rijan.refusals import TITLE, accepted, refusal
from bot.gateways.rijan.sending import MEDIA_LIMIT, MEDIA_TYPES, RATES, compose, read_sent
from bot.gateways.rijan.tickets import read_ticket
from bot.gateways.signatures import among, signed_by


class Rijan(Gateway):
    """Rijan WA Gateway."""

    name = "rijan"
    title = "Rijan"
    account_type = Account
    capabilities = Capabilities(
        rates=RATES,
        sends=frozenset({"text", *MEDIA_TYPES, "location", "contacts", "reaction"}),
        media_by=(MediaBy.LINK,),
        media_limits=dict.fromkeys(MEDIA_TYPES, MEDIA_LIMIT),
        idempotency=True,
        # The program takes their key and forgets it.
        not_idempotent=frozenset({"location", "contacts"}),
        statuses=True,
        calls=True,
        device_events=True,
    )
    signature_header = "x-rijan-signature"
    # Its guide has them, the program has not; one it takes and does not carry out.
    caveats: ClassVar = {
        "calls": "guide only",
        "mark_read": "ignored",
        "fetch_media": "guide only",
        "test_webhook": "guide only",
        "failed_webhooks": "guide only",
        "retry_webhook": "guide only",
        # Its failed webhooks, retried one by one, are all of the past that it keeps.
        "missed_webhooks": "guide only",
    }

    # Inbound.

    def verify(self, request: WebhookRequest) -> Accounts:
        """Check the HMAC over the raw body, and the shared token in the URL where one is set."""
        signature = request.headers.get("x-rijan-signature", "").strip()
        signed = [
            account
            for account in self.accounts
            if signed_by(signature, account.secrets, request.body)
        ]
        admitted = [account for account in self.matching(signed) if _has_token(account, request)]
        if not admitted:
            raise Forged("the token in the URL is missing or wrong")
        return tuple(admitted)

    def parse(self, request: WebhookRequest) -> list[Event]:
        """Return the events in a body of either shape."""
        return read_events(request.body)

    def acknowledge(
        self,
        request: WebhookRequest,  # noqa: ARG002 - every webhook gets the same answer
        *,
        duplicate: bool,
    ) -> Acknowledgement:
        """Say that the webhook is kept; only the status counts for the gateway."""
        repeat = b',"duplicate":true' if duplicate else b""
        return Acknowledgement(body=b'{"received":true' + repeat + b"}")

    def address(self, recipient: str) -> str:
        number = number_in(recipient)
        return f"{number}@s.whatsapp.net" if number else recipient

    # Messages.

    def send(self, message: OutgoingMessage) -> Exchange[SentMessage]:
        """Send one message. Without an idempotency key Rijan may send it many times."""
        api = api_of(self.account(message.device))
        device = self._device(message.device)
        check_lengths(message, self.abilities(message.device))
        response = yield compose(message, api=api, device=device)
        return read_sent(response, kind=message.content.kind)

    def look_up(self, device: str, ticket: str) -> Exchange[LookedUp]:
        """Ask for the WhatsApp id, which is the one that statuses carry."""
        path = f"/v1/devices/{self._device(device)}/messages/{segment(ticket)}/status"
        return read_ticket((yield self._api(device).request("GET", path)))

    def mark_read(self, device: str, address: str, message_id: str) -> Exchange[None]:
        """Mark a whole chat as read. The program takes the order, and so far only notes it."""
        chat = segment(self.address(address))
        path = f"/v1/devices/{self._device(device)}/chats/{chat}/mark-read"
        body = {"messageId": message_id}
        accepted((yield self._api(device).request("POST", path, body, is_safe=True)))

    def show_typing(self, device: str, address: str, message_id: str) -> Exchange[None]:  # noqa: ARG002 - the chat is enough
        """Show that somebody is typing, without marking anything as read."""
        path = f"/v1/devices/{self._device(device)}/presence"
        body = {"to": self.address(address), "type": "composing"}
        accepted((yield self._api(device).request("POST", path, body, is_safe=True)))

    def fetch_media(self, device: str, reference: MediaReference) -> Exchange[FetchedMedia]:
        """Fetch a file from Rijan itself. Only its older guide lets a webhook name one."""
        request = self._api(device).request_file(reference.url) if reference.url else None
        if request is None:
            raise Rejected("the file does not lie at Rijan's own address")
        response = yield request
        if response.status >= 400:
            raise refusal(response)
        return judge_file(TITLE, response, reference)

    # Devices.

    def device_report(self, device: str) -> Exchange[DeviceReport]:
        """Ask how a device is."""
        path = f"/v1/devices/{self._device(device)}"
        return read_report((yield self._api(device).request("GET", path)), device=device)

    def restart_device(self, device: str) -> Exchange[None]:
        """Start a device; nothing happens to one that runs."""
        path = f"/v1/devices/{self._device(device)}/start"
        accepted((yield self._api(device).request("POST", path, is_safe=True)))

    def inspect(self, device: str) -> Exchange[list[Finding]]:
        """Look at the device and at the webhooks that the account's secret signs."""
        account = self.account(device)
        secrets = account.secrets if account else ()
        name = device or (account.device if account else "")
        return (yield from look_around(self._api(device), name, secrets=secrets))

    # Webhooks.

    def register_webhook(
        self, device: str, url: str, events: Sequence[str] = ()
    ) -> Exchange[Webhook]:
        """Register a URL with our own secret; one that is registered already is renewed."""
        account = self.account(device)
        if not account or not account.secrets:
            raise Rejected("set RIJAN_WEBHOOK_SECRET first: Rijan signs with it")
        api = self._api(device)
        return (yield from webhooks.register(api, url, events, secret=account.secrets[0]))

    def list_webhooks(self, device: str) -> Exchange[list[Webhook]]:
        """Return the webhooks that are switched on; the program hides the others."""
        return (yield from webhooks.list_all(self._api(device)))

    def update_webhook(
        self,
        device: str,
        webhook_id: str,
        *,
        url: str | None = None,
        events: Sequence[str] = (),
        active: bool | None = None,
    ) -> Exchange[Webhook]:
        """Change a webhook; what is None or empty stays, and so does its secret."""
        api = self._api(device)
        return (yield from webhooks.update(api, webhook_id, url=url, events=events, active=active))

    def delete_webhook(self, device: str, webhook_id: str) -> Exchange[None]:
        """Delete a webhook."""
        yield from webhooks.delete(self._api(device), webhook_id)

    def test_webhook(self, device: str, webhook_id: str) -> Exchange[str]:
        """Let Rijan post a test. Raises NotSupported where only its guide has one."""
        return (yield from webhooks.post_test(self._api(device), webhook_id))

    def failed_webhooks(self, device: str) -> Exchange[list[FailedWebhook]]:
        """Return the failed webhooks. Raises NotSupported where only its guide has them."""
        return (yield from webhooks.list_failed(self._api(device)))

    def retry_webhook(self, device: str, failed_id: str) -> Exchange[str]:
        """Let Rijan post a failed webhook again. Raises NotSupported where only its guide does."""
        return (yield from webhooks.retry(self._api(device), failed_id))

    def _api(self, device: str) -> Api:
        return api_of(self.account(device))

    def _device(self, device: str) -> str:
        """Return a device as a part of a path."""
        account = self.account(device)
        name = device or (account.device if account else "")
        if not name:
            raise Rejected("no device is named", scope=Scope.DEVICE)
        return segment(name)


def _has_token(account: accounts.Account, request: WebhookRequest) -> bool:
    token = account.webhook_token if isinstance(account, Account) else None
    if not token:
        return True
    secrets = (token.get_secret_value(),)
    return among(request.query.get("token", ""), secrets) or among(request.token, secrets)
