"""WAGate (wagate.in): one webhook secret for each device, media inline, every message billed.

https://wagate.in/docs/webhook and https://wagate.in/docs/api. Neither documents the data of
`message_ack`, `qr` and `disconnected`; they are read in the words of whatsapp-web.js, after which
the events are named.
"""

import re
from typing import ClassVar

from pydantic import SecretStr

from bot.events import Event
from bot.gateways import accounts
from bot.gateways.accounts import Accounts, ApiUrl, Secrets
from bot.gateways.base import (
    MIB,
    Acknowledgement,
    Capabilities,
    Exchange,
    Gateway,
    HttpRequest,
    OutgoingMessage,
    Quota,
    SentMessage,
    WebhookRequest,
)
from bot.gateways.errors import Forged, NotAuthorised
from bot.gateways.reading import read_object
from bot.gateways.responses import post_json, segment
from bot.gateways.signatures import signed_by
from bot.gateways.wagate.answers import judge_quota, judge_sent
from bot.gateways.wagate.events import event_of

API_URL = "https://wagate.in/api"
SIGNATURE = re.compile(r"[0-9a-f]{64}", re.ASCII)


class Account(accounts.Account):
    """A device at WAGate."""

    secret_field = "webhook_secret"  # noqa: S105 - the name of a field
    send_fields = ("api_token",)
    aliases: ClassVar = {}

    webhook_secret: Secrets = ()
    api_token: SecretStr | None = None
    session_id: str = ""
    api_url: ApiUrl = API_URL


class Wagate(Gateway):
    """WAGate."""

    name = "wagate"
    title = "WAGate"
    account_type = Account
    capabilities = Capabilities(text_limit=5000, statuses=True, quota=True)
    # Media come inline, as base64.
    max_body = 32 * MIB
    signature_header = "x-webhook-signature"
    secret_per_device = True

    def verify(self, request: WebhookRequest) -> Accounts:
        given = request.headers.get("x-webhook-signature", "")
        if not given:
            raise Forged("missing X-Webhook-Signature")
        if not SIGNATURE.fullmatch(given):
            raise Forged("X-Webhook-Signature is not 64 hexadecimal digits")
        return self.matching(
            [
                account
                for account in self.accounts
                if signed_by(given, account.secrets, request.body)
            ]
        )

    def parse(self, request: WebhookRequest) -> list[Event]:
        return [event_of(read_object(request.body), raw=request.body)]

    def acknowledge(
        self,
        request: WebhookRequest,  # noqa: ARG002 - every webhook gets the same answer
        *,
        duplicate: bool,  # noqa: ARG002 - and every repeat
    ) -> Acknowledgement:
        return Acknowledgement(body=b'{"success":true}')

    def send(self, message: OutgoingMessage) -> Exchange[SentMessage]:
        account = self._sender(message.device)
        if account.session_id:
            path = "/webhook/send/" + segment(account.session_id)
            body = {"to": message.address, "message": message.text}
        else:
            path = "/v1/send-message"
            body = {"recipient": message.address, "message": message.text}
        response = yield post_json(account.api_url + path, body, **_headers(account))
        return judge_sent(response)

    def quota(self, device: str) -> Exchange[Quota | None]:
        account = self._sender(device)
        response = yield HttpRequest(
            method="GET",
            url=account.api_url + "/webhook/quota",
            headers=_headers(account),
        )
        return judge_quota(response)

    def _sender(self, device: str) -> Account:
        account = self.account(device)
        if not isinstance(account, Account) or not account.can_send:
            raise NotAuthorised("WAGATE_API_TOKEN is not set for this device")
        return account


def _headers(account: Account) -> dict[str, str]:
    token = account.api_token.get_secret_value() if account.api_token else ""
    # Without Accept, the API (Laravel) answers mistakes with a redirect to a page.
    return {"Authorization": f"Bearer {token}", "Accept": "application/json"}
