"""Rijan: a gateway of one's own, on Baileys. Signed webhooks; sends to JIDs only.

Source and documents: https://github.com/teguh02/rijan_wa
"""

import re
from typing import ClassVar

from pydantic import SecretStr

from bot.events import Event
from bot.gateways import accounts
from bot.gateways.accounts import Accounts, ApiUrl, Secrets
from bot.gateways.base import (
    Acknowledgement,
    Capabilities,
    Exchange,
    Gateway,
    HttpResponse,
    JsonObject,
    OutgoingMessage,
    SentMessage,
    WebhookRequest,
)
from bot.gateways.errors import (
    DeviceOffline,
    Forged,
    NotAuthorised,
    Rejected,
    Scope,
    SendError,
)
from bot.gateways.numbers import number_in
from bot.gateways.reading import read_retry_after
from bot.gateways.responses import (
    code_of,
    judge_status,
    post_json,
    rate_limited,
    read_response,
    segment,
)
from bot.gateways.rijan.events import read_events
from bot.gateways.signatures import among, signed_by

OFFLINE = re.compile(r"not connected|socket not available", re.IGNORECASE)
RATE_LIMIT = re.compile(r"rate limit exceeded", re.IGNORECASE)
# Mistakes of the request, which the program answers with 500 like everything else.
OUR_MISTAKE = re.compile(
    r"must have required property|^body\b|not valid json|unsupported media type|too large"
    r"|invalid jid",
    re.IGNORECASE,
)


class Account(accounts.Account):
    """One tenant of a Rijan; its key and webhook secret serve all of its devices."""

    secret_field = "webhook_secret"  # noqa: S105 - the name of a field
    send_fields = ("api_key",)
    aliases: ClassVar = {"webhook_token": "WEBHOOK_TOKEN"}

    webhook_secret: Secrets = ()
    webhook_token: SecretStr | None = None
    api_key: SecretStr | None = None
    api_url: ApiUrl = "http://localhost:3000"


class Rijan(Gateway):
    """Rijan WA Gateway."""

    name = "rijan"
    title = "Rijan"
    account_type = Account
    capabilities = Capabilities(idempotency=True, statuses=True)
    signature_header = "x-rijan-signature"

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

    def send(self, message: OutgoingMessage) -> Exchange[SentMessage]:
        """Send a text. Without an idempotency key Rijan may send it many times."""
        account = self.account(message.device)
        if not isinstance(account, Account) or not account.api_key:
            raise NotAuthorised("no RIJAN_API_KEY is set for this device")
        device = segment(message.device or account.device)
        if not device:
            raise Rejected("no device to send from", scope=Scope.DEVICE)
        body = {
            "to": _recipient(message.address),
            "text": message.text,
            "idempotencyKey": message.idempotency_key,
        }
        response = yield post_json(
            f"{account.api_url}/v1/devices/{device}/messages/text",
            body,
            Authorization=f"Bearer {account.api_key.get_secret_value()}",
        )
        return _read_sent(response)


def _has_token(account: accounts.Account, request: WebhookRequest) -> bool:
    token = account.webhook_token if isinstance(account, Account) else None
    if not token:
        return True
    secrets = (token.get_secret_value(),)
    return among(request.query.get("token", ""), secrets) or among(request.token, secrets)


def _recipient(address: str) -> str:
    """Return the JID of an address: Rijan takes only those of phone numbers and groups."""
    user, _, server = address.partition("@")
    if server == "g.us" and user:
        return address
    if server == "lid":
        raise Rejected("cannot send to a hidden @lid address", scope=Scope.RECIPIENT)
    number = number_in(address)
    if number is None:
        raise Rejected("the address is no phone number or group", scope=Scope.RECIPIENT)
    return f"{number}@s.whatsapp.net"


def _read_sent(response: HttpResponse) -> SentMessage:
    body = read_response(response)
    if 200 <= response.status < 300 and body.get("success") is not False and not body.get("error"):
        message_id = body.get("messageId") or body.get("id")
        if isinstance(message_id, str):
            return SentMessage(external_id=message_id)
        raise judge_status("Rijan", response)
    raise _refusal(response, body)


def _refusal(response: HttpResponse, body: JsonObject) -> SendError:
    """Return what an error means. Most come as 500, so the message in it goes before the status.

    Measured on the program itself: {"success":false,"error":{"code","message"}}.
    """
    error = body.get("error")
    fields = error if isinstance(error, dict) else {}
    code, text = code_of(fields.get("code")), fields.get("message")
    message = text if isinstance(text, str) else ""
    if OFFLINE.search(message):
        return DeviceOffline("the device is not connected", code=code)
    if response.status == 429 or RATE_LIMIT.search(message):
        return rate_limited("Rijan", response, code=code)
    if response.status == 500 and not message and read_retry_after(response.headers) is not None:
        return rate_limited("Rijan", response, code=code, scope=Scope.GATEWAY)
    if code in ("UNAUTHORIZED", "INVALID_API_KEY"):
        return NotAuthorised("Rijan refuses our API key", code=code)
    if response.status == 404:
        return Rejected("Rijan knows no such device", code=code, scope=Scope.DEVICE)
    if OUR_MISTAKE.search(message):
        return Rejected("Rijan refuses the request", code=code)
    return judge_status("Rijan", response, code=code)
