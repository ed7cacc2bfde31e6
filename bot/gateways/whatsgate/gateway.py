"""WhatsGate: a gateway on WhatsApp Web. Its webhooks are not signed.

No document tells how to know that a webhook is theirs, so the URL that one gives them ends in a
secret. https://whatsgate.org/docs/api
"""

import json
import re

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
    NotAuthorised,
    OutcomeUnknown,
    Rejected,
    Scope,
    SendError,
    Unreadable,
)
from bot.gateways.numbers import number_in
from bot.gateways.reading import read_object
from bot.gateways.responses import code_of, judge_status, post_json, read_response
from bot.gateways.signatures import among
from bot.gateways.whatsgate.events import read_event
from bot.gateways.wwebjs import read_long_id

WORDS = ("name", "message")
UNAUTHORISED = re.compile(r"unauthorized|invalid credentials", re.IGNORECASE)
UNKNOWN_CONTACT = re.compile(r"not in your contact list", re.IGNORECASE)
OFFLINE = re.compile(
    r"session.{0,40}(not ready|not found|not connected|closed)|not authenticated", re.IGNORECASE
)


class Account(accounts.Account):
    """One account at WhatsGate; `whatsapp_id` is the device that it sends from."""

    secret_field = "webhook_token"  # noqa: S105 - the name of a field
    send_fields = ("api_key",)
    device_field = "whatsapp_id"

    webhook_token: Secrets = ()
    api_key: SecretStr | None = None
    whatsapp_id: str = ""
    api_url: ApiUrl = "https://whatsgate.org/api/v1"


class Whatsgate(Gateway):
    """WhatsGate."""

    name = "whatsgate"
    title = "WhatsGate"
    signs_body = False
    account_type = Account
    capabilities = Capabilities(echoes=True, statuses=True)

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
        """Send a text and wait for it: the error of an asynchronous send names no message."""
        account = self.account(message.device)
        if not isinstance(account, Account) or not account.api_key:
            raise NotAuthorised("no WHATSGATE_API_KEY is set for this device")
        device = message.device or account.sends_from
        if not device:
            raise Rejected("no device to send from: set WHATSGATE_WHATSAPP_ID", scope=Scope.DEVICE)
        body = {
            "WhatsappID": device,
            "async": False,
            "recipient": {"id": _recipient(message.address)},
            "message": {"type": "text", "body": message.text},
        }
        response = yield post_json(
            f"{account.api_url}/send",
            body,
            X_Api_Key=account.api_key.get_secret_value(),
        )
        return _read_sent(response)


def _envelope_id(body: bytes) -> object:
    try:
        value = read_object(body).get("id")
    except Unreadable:
        return None
    return value if isinstance(value, int | str | float) else None


def _recipient(address: str) -> str:
    """Return the JID of an address, as WhatsApp Web writes it."""
    number = number_in(address)
    if number is not None:
        return f"{number}@c.us"
    user, _, server = address.partition("@")
    if not (user and server):
        raise Rejected("the address is no phone number or chat", scope=Scope.RECIPIENT)
    return address


def _read_sent(response: HttpResponse) -> SentMessage:
    body = read_response(response)
    if not 200 <= response.status < 300 or "name" in body:
        raise _refusal(response, body)
    result = body.get("result")
    if isinstance(result, dict) and result:
        short_id, long_id = result.get("_id"), read_long_id(result.get("id"))
        external_id = short_id if isinstance(short_id, str) else long_id.short or long_id.text
        return SentMessage(external_id=external_id)
    if result == "OK":
        return SentMessage()
    raise OutcomeUnknown("WhatsGate does not say what became of the message")


def _refusal(response: HttpResponse, body: JsonObject) -> SendError:
    """Return what an error means. All come as 500, so only the words in it tell."""
    name, message = (value if isinstance(value, str) else "" for value in map(body.get, WORDS))
    code = code_of(body.get("code")) if body.get("code") else code_of(name)
    words = f"{name} {message}"
    if UNAUTHORISED.search(words):
        return NotAuthorised("WhatsGate refuses our API key", code=code)
    if UNKNOWN_CONTACT.search(words):
        return Rejected("the plan sends to known contacts only", code=code, scope=Scope.RECIPIENT)
    if OFFLINE.search(words):
        return DeviceOffline("the session is not ready", code=code)
    return judge_status("WhatsGate", response, code=code)
