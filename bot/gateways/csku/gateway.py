"""CSKU AI: an inbox for several channels, with human agents and an AI of its own.

A webhook carries the secret itself, and no phone number of the customer: a conversation id is all
there is to answer to. https://docs.csku.ai
"""

from dataclasses import replace
from urllib.parse import urlsplit

from bot.content import Media, Text
from bot.events import Event, MediaReference, Message
from bot.gateways.accounts import Accounts
from bot.gateways.base import (
    Acknowledgement,
    Capabilities,
    Exchange,
    FetchedMedia,
    Finding,
    Gateway,
    HttpRequest,
    JsonObject,
    MediaBy,
    OutgoingMessage,
    Rate,
    SentMessage,
    WebhookRequest,
)
from bot.gateways.csku.account import Account
from bot.gateways.csku.answers import judge_done, judge_sent, look_at_version
from bot.gateways.csku.bodies import fill, places_in
from bot.gateways.csku.events import read_event
from bot.gateways.errors import NotAuthorised, NotSupported, Rejected
from bot.gateways.lengths import check_lengths
from bot.gateways.responses import judge_file, post_json, segment
from bot.gateways.signatures import among

NEED_HUMAN = "/v1/conversation/need-human"
NOTHING = frozenset[str]()
# CSKU documents none.
RATES = (Rate(times=20, seconds=1),)


class Csku(Gateway):
    """CSKU AI."""

    name = "csku"
    title = "CSKU"
    signs_body = False
    # Its addresses are conversations, which only a contact begins.
    reaches_numbers = False
    account_type = Account
    # What CSKU has words for; what an account can send, see `abilities`.
    capabilities = Capabilities(
        rates=RATES,
        sends=frozenset({"text", "image", "video", "audio", "document"}),
        media_by=(MediaBy.LINK,),
        echoes=True,
        device_events=True,
    )
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

    def abilities(self, device: str) -> Capabilities:
        """Return what the account's settings describe how to send."""
        account = self.account(device)
        if not isinstance(account, Account) or not account.send_path:
            return replace(self.capabilities, sends=NOTHING, media_by=())
        if not account.send_media_body:
            return replace(self.capabilities, sends=frozenset({"text"}), media_by=())
        if "caption" not in places_in(account.send_media_body):
            return replace(self.capabilities, caption_limit=0)
        return self.capabilities

    def not_answered(self, event: Event) -> str | None:
        """Leave what was written on another channel than WhatsApp to CSKU's own people."""
        account = self.account(event.device)
        engine = event.details.get("engine") if isinstance(event, Message) else None
        if not engine or not isinstance(account, Account):
            return None
        return None if str(engine).lower() in account.engines else "another channel"

    def send(self, message: OutgoingMessage) -> Exchange[SentMessage]:
        """Send a message the way the account's settings describe it."""
        account = self._sender(message.device)
        if not account.send_path:
            raise NotSupported("CSKU documents no way to send: set CSKU_SEND_PATH to answer")
        abilities = self.abilities(message.device)
        if message.content.kind not in abilities.sends:
            raise NotSupported(_why_not(message.content.kind, self.capabilities))
        check_lengths(message, abilities)
        body = _body(message, account)
        response = yield _post(account, _path(account, message.address), body)
        return judge_sent(response)

    def call_human(self, device: str, address: str) -> Exchange[None]:
        """Mark a conversation as one that needs a person; no call of the API takes that back."""
        account = self._sender(device)
        response = yield _post(account, NEED_HUMAN, {"conversation_id": address})
        judge_done(response)

    def fetch_media(self, device: str, reference: MediaReference) -> Exchange[FetchedMedia]:
        """Fetch a file from one of the hosts that the account names. They are shown no key."""
        if not reference.url:
            raise Rejected("the webhook names no file")
        host = _host(reference.url)
        if not any(_is_named(host, name) for name in self.media_hosts(device)):
            raise NotSupported("the host of the file is not in CSKU_MEDIA_HOSTS")
        response = yield HttpRequest(method="GET", url=reference.url, media=True)
        return judge_file(self.title, response, reference)

    def media_hosts(self, device: str) -> tuple[str, ...]:
        """Return the hosts that the account names: where files lie is documented nowhere."""
        account = self.account(device)
        return account.media_hosts if isinstance(account, Account) else ()

    def inspect(self, device: str) -> Exchange[list[Finding]]:
        """Look whether the API knows our credentials."""
        account = self._sender(device)
        response = yield HttpRequest(
            method="GET", url=f"{account.api_url}/version", headers=_headers(account)
        )
        return [look_at_version(response)]

    def _sender(self, device: str) -> Account:
        account = self.account(device)
        if not isinstance(account, Account) or not account.api_key:
            raise NotAuthorised("no CSKU_API_KEY is set for this device")
        return account


def _why_not(kind: str, capabilities: Capabilities) -> str:
    if kind in capabilities.sends:
        return f"set CSKU_SEND_MEDIA_BODY to send {kind} through CSKU"
    return f"CSKU cannot send {kind}"


def _body(message: OutgoingMessage, account: Account) -> JsonObject:
    match message.content:
        case Text(text=text):
            values = {"conversation_id": message.address, "text": text}
            return fill(account.send_body, values)
        case Media(kind=kind, text=caption):
            attachment = message.attachment
            if attachment is None or not attachment.link:
                raise NotSupported("CSKU takes media by their address only")
            values = {
                "conversation_id": message.address,
                "type": kind,
                "url": attachment.link,
                "caption": caption,
                "filename": attachment.filename,
            }
            return fill(account.send_media_body, values)
    raise NotSupported(_why_not(message.content.kind, Capabilities()))


def _path(account: Account, address: str) -> str:
    path = account.send_path.replace("{conversation_id}", segment(address))
    return "/" + path.lstrip("/")


def _post(account: Account, path: str, body: JsonObject) -> HttpRequest:
    return post_json(account.api_url + path, body, **_headers(account))


def _headers(account: Account) -> dict[str, str]:
    key = account.api_key.get_secret_value() if account.api_key else ""
    return {"Business": account.business_id, "Secret": key}


def _host(url: str) -> str:
    try:
        return urlsplit(url).hostname or ""
    except ValueError:
        return ""


def _is_named(host: str, name: str) -> bool:
    """Return whether a setting names a host; one that begins with a dot names all below it."""
    return bool(host) and (host.endswith(name) if name.startswith(".") else host == name)
