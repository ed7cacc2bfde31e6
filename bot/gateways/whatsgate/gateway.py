"""WhatsGate: a gateway on WhatsApp Web. Its webhooks are not signed.

No document tells how to know that a webhook is theirs, so the URL that one gives them ends in a
secret. https://whatsgate.org/docs/api
"""

import json
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bot.content import MEDIA_KINDS
from bot.events import Event, MediaReference
from bot.gateways.accounts import Accounts
from bot.gateways.base import (
    Acknowledgement,
    Capabilities,
    DeviceReport,
    Exchange,
    FetchedMedia,
    Finding,
    Gateway,
    HttpRequest,
    JsonObject,
    MediaBy,
    MissedPage,
    OutgoingMessage,
    Rate,
    SentMessage,
    Webhook,
    WebhookRequest,
)
from bot.gateways.errors import NotAuthorised, NotSupported, Rejected, Scope, Unreadable
from bot.gateways.lengths import check_lengths
from bot.gateways.numbers import number_in
from bot.gateways.reading import read_object
from bot.gateways.responses import post_json
from bot.gateways.signatures import among
from bot.gateways.whatsgate import media, past, sending, sessions
from bot.gateways.whatsgate.account import Account
from bot.gateways.whatsgate.answers import read_answer, refuses_quote
from bot.gateways.whatsgate.events import read_event

# WhatsGate documents none.
RATES = (Rate(times=20, seconds=1),)


class Whatsgate(Gateway):
    """WhatsGate."""

    name = "whatsgate"
    title = "WhatsGate"
    signs_body = False
    account_type = Account
    capabilities = Capabilities(
        rates=RATES,
        sends=frozenset({"text", *MEDIA_KINDS}),
        media_by=(MediaBy.BYTES,),
        media_limits=dict.fromkeys(MEDIA_KINDS, sending.LARGEST_MEDIA),
        quotes=True,
        echoes=True,
        statuses=True,
        device_events=True,
    )

    def verify(self, request: WebhookRequest) -> Accounts:
        """Look for the secret at the end of the path, or as `token` in the query."""
        given = (request.token, request.query.get("token", ""))
        return self.matching(
            [
                account
                for account in self.accounts
                if among(given[0], account.secrets) or among(given[1], account.secrets)
            ]
        )

    def parse(self, request: WebhookRequest) -> list[Event]:
        """Return the one event in a body."""
        return [read_event(request.body)]

    def acknowledge(
        self,
        request: WebhookRequest,
        *,
        duplicate: bool,  # noqa: ARG002 - a repeat gets the same answer
    ) -> Acknowledgement:
        """Give the envelope's id back: without it WhatsGate sends the webhook again."""
        answer = {"result": "OK", "id": _envelope_id(request.body)}
        return Acknowledgement(body=json.dumps(answer, separators=(",", ":")).encode())

    def address(self, recipient: str) -> str:
        number = number_in(recipient)
        return f"{number}@c.us" if number else recipient

    def send(self, message: OutgoingMessage) -> Exchange[SentMessage]:
        """Send a message and wait for it, or only queue it where the account says so.

        One that cannot be sent as a reply, because what it answers is not found, is sent without.
        """
        account, device = self._sender(message.device)
        check_lengths(message, self.abilities(message.device))
        body = {
            "async": account.send_async,
            "recipient": {"id": sending.recipient(message.address)},
            "message": sending.write_message(message),
        }
        response = yield _command(account, "send", {"WhatsappID": device, **body}, is_safe=False)
        if message.quoted_id and refuses_quote(response):
            body["message"] = sending.write_message(replace(message, quoted_id=None))
            response = yield _command(
                account, "send", {"WhatsappID": device, **body}, is_safe=False
            )
        answer = read_answer(response, is_safe=False)
        return sending.read_sent(answer, is_async=account.send_async)

    def fetch_media(self, device: str, reference: MediaReference) -> Exchange[FetchedMedia]:
        """Fetch the media of a message by its long id, or by their key where there is none."""
        command, fields = media.question(reference)
        account, device = self._sender(device)
        request = _command(account, command, {"WhatsappID": device, **fields})
        response = yield replace(request, media=True)
        media.check_shape(response)
        return media.read_media(read_answer(response))

    def mark_read(
        self,
        device: str,
        address: str,
        message_id: str,  # noqa: ARG002 - it marks all that the contact wrote
    ) -> Exchange[None]:
        """Show the contact that their latest messages were read."""
        yield from self._ask(device, "seen", {"recipient": {"id": sending.recipient(address)}})

    def show_typing(
        self,
        device: str,
        address: str,
        message_id: str,  # noqa: ARG002 - it is about the chat
    ) -> Exchange[None]:
        """Show the contact for 15 seconds that somebody is typing."""
        yield from self._ask(device, "typing", {"recipient": {"id": sending.recipient(address)}})

    def check_number(self, device: str, number: str) -> Exchange[bool]:
        """Ask whether a number is on WhatsApp."""
        digits = number_in(number)
        if digits is None:
            raise Rejected("this is no phone number", scope=Scope.RECIPIENT)
        answer = yield from self._ask(device, "check", {"number": digits})
        return answer.get("data") is True

    def device_report(self, device: str) -> Exchange[DeviceReport]:
        """Ask how a session is."""
        _, device = self._sender(device)
        found = yield from self._sessions(device)
        return sessions.report(found, device=device)

    def inspect(self, device: str) -> Exchange[list[Finding]]:
        """Look at the session and at the URL that it posts to; without a device, at all of them."""
        account = self._account(device)
        found = yield from self._sessions(device)
        return list(
            sessions.findings(found, device=device or account.sends_from, secrets=account.secrets)
        )

    def register_webhook(
        self, device: str, url: str, events: Sequence[str] = ()
    ) -> Exchange[Webhook]:
        """Let a session post to `url`, which ends in the account's webhook token."""
        if events:
            raise NotSupported("WhatsGate posts every event: it has no choice of them")
        _, device = self._sender(device)
        yield from self._ask(device, "set-hook", {"callback": url})
        return Webhook(id=device, url=url, active=bool(url))

    def list_webhooks(self, device: str) -> Exchange[list[Webhook]]:
        """Return the webhook of the device, or of every session where none is named."""
        found = yield from self._sessions(device)
        return sessions.webhooks(found)

    def update_webhook(
        self,
        device: str,
        webhook_id: str,
        *,
        url: str | None = None,
        events: Sequence[str] = (),
        active: bool | None = None,
    ) -> Exchange[Webhook]:
        """Change the URL of a session's webhook, or switch it off."""
        if active is False:
            url = ""
        if url is None:
            raise Rejected("WhatsGate keeps nothing of a webhook but its URL: name one")
        return (yield from self.register_webhook(webhook_id or device, url, events))

    def delete_webhook(self, device: str, webhook_id: str) -> Exchange[None]:
        """Let a session post no more, by an empty URL: that is how one without a webhook looks."""
        yield from self.register_webhook(webhook_id or device, "")

    def missed_webhooks(
        self, device: str, *, since: datetime, page: int = 1
    ) -> Exchange[MissedPage]:
        """Return the events of the past, those of all sessions where no device is named."""
        account = self._account(device)
        device = device or account.sends_from
        fields = past.question(device, since=since, page=page)
        response = yield _command(account, "events-get", fields)
        return past.read_page(read_answer(response), device=device, page=page)

    def _sessions(self, device: str) -> Exchange[tuple[sessions.Session, ...]]:
        account = self._account(device)
        device = device or account.sends_from
        fields = {"WhatsappID": device} if device else {"page_cnt": str(past.LARGEST_PAGE)}
        response = yield _command(account, "sessions-get", fields)
        return sessions.read_sessions(read_answer(response), device=device)

    def _ask(self, device: str, command: str, fields: JsonObject) -> Exchange[JsonObject]:
        account, device = self._sender(device)
        response = yield _command(account, command, {"WhatsappID": device, **fields})
        return read_answer(response)

    def _sender(self, device: str) -> tuple[Account, str]:
        """Return the account of a device and the WhatsappID to give. Raises a PermanentError."""
        account = self._account(device)
        device = device or account.sends_from
        if not device:
            raise Rejected("no WhatsappID is known: set WHATSGATE_WHATSAPP_ID", scope=Scope.DEVICE)
        return account, device

    def _account(self, device: str) -> Account:
        account = self.account(device)
        if not isinstance(account, Account) or not account.api_key:
            raise NotAuthorised("no WHATSGATE_API_KEY is set for this device")
        return account


def _command(
    account: Account, name: str, fields: JsonObject, *, is_safe: bool = True
) -> HttpRequest:
    key = account.api_key.get_secret_value() if account.api_key else ""
    request = post_json(f"{account.api_url}/{name}", fields, X_Api_Key=key)
    return replace(request, is_safe=is_safe)


def _envelope_id(body: bytes) -> object:
    try:
        value = read_object(body).get("id")
    except Unreadable:
        return None
    return value if isinstance(value, int | str | float) else None
