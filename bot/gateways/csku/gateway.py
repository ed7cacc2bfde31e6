"""CSKU AI: an inbox for several channels, with human agents and an AI of its own.

A webhook carries the secret itself, and no phone number of the customer: a conversation id is all
there is to answer to. https://docs.csku.ai
"""

import re
from typing import Annotated, ClassVar

from pydantic import BeforeValidator, SecretStr

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
from bot.gateways.csku.events import read_event
from bot.gateways.errors import NotAuthorised, NotSupported, OutcomeUnknown, Rejected, SendError
from bot.gateways.responses import (
    code_of,
    judge_status,
    post_json,
    rate_limited,
    read_response,
    segment,
)
from bot.gateways.signatures import among


def _split(value: object) -> object:
    return tuple(re.findall(r"[^\s,]+", value)) if isinstance(value, str) else value


class Account(accounts.Account):
    """One business at CSKU.

    No public page documents how a message is sent, so `send_path` has no default: set it to what
    CSKU tells you, with `{conversation_id}` in it where the path needs one.
    """

    secret_field = "webhook_secret"  # noqa: S105 - the name of a field
    send_fields = ("api_key", "send_path")
    optional_send_fields = ("send_path",)
    aliases: ClassVar = {"webhook_secret": "WEBHOOK_SECRET_KEY"}

    webhook_secret: Secrets = ()
    api_key: SecretStr | None = None
    business_id: str = ""
    api_url: ApiUrl = "https://api.csku.ai"
    send_path: str = ""
    media_hosts: Annotated[tuple[str, ...], BeforeValidator(_split)] = ()


class Csku(Gateway):
    """CSKU AI."""

    name = "csku"
    title = "CSKU"
    signs_body = False
    account_type = Account
    capabilities = Capabilities(echoes=True)
    signature_header = "authorization"

    def verify(self, request: WebhookRequest) -> Accounts:
        """Compare the whole Authorization header with the secret: there is no "Bearer" in it."""
        given = request.headers.get("authorization", "").strip()
        return self.matching(
            [account for account in self.accounts if among(given, account.secrets)]
        )

    def parse(self, request: WebhookRequest) -> list[Event]:
        """Return the one event in a body."""
        return [read_event(request.body)]

    def acknowledge(
        self,
        request: WebhookRequest,  # noqa: ARG002 - every webhook gets the same answer
        *,
        duplicate: bool,  # noqa: ARG002 - and every repeat
    ) -> Acknowledgement:
        """Say that the webhook is kept; only the status counts for the gateway."""
        return Acknowledgement(body=b"OK", content_type="text/plain")

    def send(self, message: OutgoingMessage) -> Exchange[SentMessage]:
        """Send a text. The body is our assumption, in the form of the webhooks' own `content`."""
        account = self.account(message.device)
        if not isinstance(account, Account) or not account.api_key:
            raise NotAuthorised("no CSKU_API_KEY is set for this device")
        if not account.send_path:
            raise NotSupported("CSKU documents no way to send: set CSKU_SEND_PATH to answer")
        body = {
            "conversation_id": message.address,
            "content": {"type": "text", "text": message.text},
        }
        response = yield post_json(
            _url(account, message.address),
            body,
            Business=account.business_id,
            Secret=account.api_key.get_secret_value(),
        )
        return _read_sent(response)


def _url(account: Account, address: str) -> str:
    path = account.send_path.replace("{conversation_id}", segment(address))
    return f"{account.api_url}/{path.lstrip('/')}"


def _read_sent(response: HttpResponse) -> SentMessage:
    body = read_response(response)
    status = str(body.get("status"))
    if not 200 <= response.status < 300 or status == "0":
        raise _refusal(response, body)
    if status != "1":
        raise OutcomeUnknown("CSKU says neither that it sent nor that it refused")
    return SentMessage(external_id=_message_id(body.get("data")))


def _message_id(data: object) -> str | None:
    fields = data if isinstance(data, dict) else {}
    inner = fields.get("message")
    places = (fields, inner if isinstance(inner, dict) else {})
    found = [place.get(name) for place in places for name in ("message_id", "id")]
    return next((str(value) for value in found if isinstance(value, str | int) and value), None)


def _refusal(response: HttpResponse, body: JsonObject) -> SendError:
    """Return what an error means. It may come with 200, the real code in the body as `rc`."""
    code = code_of(body.get("rc"))
    # A 200 with status 0 and no code says that nothing was done, and not why.
    status = int(code) if code and code.isdecimal() else response.status
    if status == 200:
        return Rejected("CSKU refuses the message and does not say why")
    judged = HttpResponse(status=status, headers=response.headers)
    if status == 429:
        return rate_limited("CSKU", judged, code=code)
    return judge_status("CSKU", judged, code=code)
