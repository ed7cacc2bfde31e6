"""Meta's WhatsApp Cloud API.

https://developers.facebook.com/documentation/business-messaging/whatsapp/
"""

import re
from collections.abc import Generator
from typing import Annotated, ClassVar

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
    OutgoingMessage,
    SentMessage,
    WebhookRequest,
)
from bot.gateways.errors import Forged, NotAuthorised, OutcomeUnknown
from bot.gateways.meta.envelope import parts
from bot.gateways.meta.errors import failed, refused
from bot.gateways.meta.events import event_of
from bot.gateways.numbers import phone_of
from bot.gateways.reading import OBJECTS, Payload, Text, read_object
from bot.gateways.responses import post_json, read_response, segment
from bot.gateways.signatures import as_bytes, same, signed_by

API_URL = "https://graph.facebook.com/v23.0"
SIGNATURE = re.compile(r"sha256=([0-9a-f]{64})", re.ASCII)
# Business-scoped user ids begin with a country: "ID.13491208655302741918".
USER_ID = re.compile(r"[A-Z]{2}\.[A-Za-z0-9.]+", re.ASCII)


class Account(accounts.Account):
    """A phone number at Meta, or all numbers of one app."""

    secret_field = "app_secret"  # noqa: S105 - the name of a field
    send_fields = ("access_token",)
    aliases: ClassVar = {"app_secret": "APP_SECRET", "verify_token": "WEBHOOK_VERIFY_TOKEN"}
    device_field = "phone_number_id"

    app_secret: Secrets = ()
    verify_token: SecretStr | None = None
    access_token: SecretStr | None = None
    phone_number_id: str = ""
    api_url: ApiUrl = API_URL


class SentRow(Payload):
    id: Text = None


class Answer(Payload):
    """What Meta answers to a message that it took."""

    messages: Annotated[tuple[SentRow, ...], OBJECTS] = ()


class Meta(Gateway):
    """Meta's own API, without anybody in between."""

    name = "meta"
    title = "Meta Cloud API"
    account_type = Account
    capabilities = Capabilities(text_limit=4096, echoes=True, statuses=True)
    signature_header = "x-hub-signature-256"

    def verify(self, request: WebhookRequest) -> Accounts:
        given = request.headers.get("x-hub-signature-256", "")
        if not given:
            raise Forged("missing X-Hub-Signature-256")
        signature = SIGNATURE.fullmatch(given)
        if signature is None:
            raise Forged("X-Hub-Signature-256 is not sha256= and 64 hexadecimal digits")
        return self.matching(
            [
                account
                for account in self.accounts
                if signed_by(signature[1], account.secrets, request.body)
            ]
        )

    def parse(self, request: WebhookRequest) -> list[Event]:
        return [event_of(part) for part in parts(read_object(request.body))]

    def acknowledge(
        self,
        request: WebhookRequest,  # noqa: ARG002 - every webhook gets the same answer
        *,
        duplicate: bool,  # noqa: ARG002 - and every repeat
    ) -> Acknowledgement:
        return Acknowledgement(body=b"OK", content_type="text/plain")

    def challenge(self, request: WebhookRequest) -> Acknowledgement:
        """Give the challenge back to whoever knows the verify token, or raise Forged."""
        given = request.query.get("hub.verify_token", "")
        results = [same(given, token) for token in self._verify_tokens()]
        if request.query.get("hub.mode") != "subscribe" or not any(results):
            raise Forged("the verify token does not match")
        challenge = as_bytes(request.query.get("hub.challenge", ""))
        return Acknowledgement(body=challenge, content_type="text/plain")

    def send(self, message: OutgoingMessage) -> Exchange[SentMessage]:
        account, device = self._sender(message.device)
        body = {
            "messaging_product": "whatsapp",
            **_recipient(message.address),
            "type": "text",
            "text": {"body": message.text},
            # Statuses carry it back.
            "biz_opaque_callback_data": message.reference,
        }
        url = f"{account.api_url}/{segment(device)}/messages"
        response = yield post_json(url, body, Authorization=_authorization(account))
        return _judge(response)

    def _sender(self, device: str) -> tuple[Account, str]:
        account = self.account(device)
        if not isinstance(account, Account) or not account.can_send:
            raise NotAuthorised("META_ACCESS_TOKEN is not set for this device")
        if not (device or account.sends_from):
            raise NotAuthorised("META_PHONE_NUMBER_ID is not set")
        return account, device or account.sends_from

    def _verify_tokens(self) -> Generator[str]:
        for account in self.accounts:
            if isinstance(account, Account) and account.verify_token:
                yield account.verify_token.get_secret_value()


def _recipient(address: str) -> dict[str, str]:
    """Say whom a message is for: a number, a business-scoped user id, or else a group.

    Without its plus sign a number is read as one of the sender's own country.
    """
    phone = phone_of(address)
    if phone:
        return {"recipient_type": "individual", "to": f"+{phone}"}
    if USER_ID.fullmatch(address):
        return {"recipient_type": "individual", "recipient": address}
    return {"recipient_type": "group", "to": address}


def _authorization(account: Account) -> str:
    token = account.access_token.get_secret_value() if account.access_token else ""
    return f"Bearer {token}"


def _judge(response: HttpResponse) -> SentMessage:
    """Return what Meta took, or raise what it refused. A taken message is not yet delivered."""
    body = read_response(response)
    error = body.get("error")
    if isinstance(error, dict):
        raise refused(response, error)
    if not 200 <= response.status < 300:
        raise failed(response)
    taken = Answer.model_validate(body).messages
    if not taken or not taken[0].id:
        raise OutcomeUnknown(f"status {response.status} without a message id")
    return SentMessage(external_id=taken[0].id)
