"""WAGate (wagate.in): one webhook secret for each device, media inline, every message billed.

https://wagate.in/docs/webhook and https://wagate.in/docs/api. Neither documents the data of
`message_ack`, `qr` and `disconnected`; they are read in the words of whatsapp-web.js, after which
the events are named.
"""

import re
from dataclasses import replace
from urllib.parse import urlsplit

from bot.events import Event, MediaReference
from bot.gateways.accounts import Accounts
from bot.gateways.base import (
    MIB,
    Acknowledgement,
    Capabilities,
    DeviceReport,
    Exchange,
    FetchedMedia,
    Finding,
    Gateway,
    HttpRequest,
    MediaBy,
    OutgoingMessage,
    Quota,
    Rate,
    SentMessage,
    WebhookRequest,
)
from bot.gateways.errors import Forged, NotAuthorised, NotSupported, Rejected, SendError
from bot.gateways.lengths import check_lengths
from bot.gateways.responses import judge_file, post_json
from bot.gateways.signatures import signed_by
from bot.gateways.wagate import devices, media
from bot.gateways.wagate.account import Account
from bot.gateways.wagate.answers import judge_quota, judge_sent
from bot.gateways.wagate.events import event_of
from bot.gateways.wagate.sending import compose

SIGNATURE = re.compile(r"[0-9a-f]{64}", re.ASCII)
# WAGate documents none.
RATES = (Rate(times=20, seconds=1),)


class Wagate(Gateway):
    """WAGate."""

    name = "wagate"
    title = "WAGate"
    account_type = Account
    capabilities = Capabilities(
        rates=RATES,
        sends=frozenset({"text", "image", "video", "audio", "document"}),
        text_limit=5000,
        media_by=(MediaBy.LINK,),
        statuses=True,
        device_events=True,
        quota=True,
    )
    # Media come inline, as base64.
    max_body = 32 * MIB
    signature_header = "x-webhook-signature"
    device_header = "x-device-id"
    secret_per_device = True
    gives_up_after = 10
    silent_without_quota = True

    def verify(self, request: WebhookRequest) -> Accounts:
        given = request.headers.get("x-webhook-signature", "")
        if not given:
            raise Forged("missing X-Webhook-Signature")
        if not SIGNATURE.fullmatch(given):
            raise Forged("X-Webhook-Signature is not 64 hexadecimal digits")
        return self.matching(
            [
                account
                for account in self._named(request.headers.get("x-device-id", "").strip())
                if signed_by(given, account.secrets, request.body)
            ]
        )

    def parse(self, request: WebhookRequest) -> list[Event]:
        return [event_of(request.body)]

    def acknowledge(
        self,
        request: WebhookRequest,  # noqa: ARG002 - every webhook gets the same answer
        *,
        duplicate: bool,  # noqa: ARG002 - and every repeat
    ) -> Acknowledgement:
        return Acknowledgement(body=b'{"success":true}')

    def abilities(self, device: str) -> Capabilities:
        account = self.account(device)
        if isinstance(account, Account) and account.session_id:
            # The API of sessions documents no media.
            return replace(self.capabilities, sends=frozenset({"text"}), media_by=())
        return self.capabilities

    def send(self, message: OutgoingMessage) -> Exchange[SentMessage]:
        account = self._sender(message.device)
        abilities = self.abilities(message.device)
        if message.content.kind not in abilities.sends:
            raise NotSupported(_why_not(message.content.kind, self.capabilities))
        check_lengths(message, abilities)
        path, body = compose(message, account)
        response = yield post_json(account.api_url + path, body, **_headers(account))
        return judge_sent(response)

    def fetch_media(self, device: str, reference: MediaReference) -> Exchange[FetchedMedia]:
        """Fetch a file that a webhook names by its address; only WAGate's own host is asked."""
        account = self._sender(device)
        if not reference.url:
            raise Rejected("the webhook names no file")
        response = yield HttpRequest(
            method="GET",
            url=reference.url,
            # Whoever wrote the address shall not be shown the token.
            headers=_headers(account) if _is_own(account, reference.url) else {},
            media=True,
        )
        return judge_file(self.title, response, reference)

    def inline_media(
        self,
        raw: bytes,
        reference: MediaReference,  # noqa: ARG002 - a webhook holds one file
    ) -> bytes:
        return media.inline_media(raw)

    def without_media(self, raw: bytes) -> bytes:
        return media.without_media(raw)

    def quota(self, device: str) -> Exchange[Quota | None]:
        response = yield _question(self._sender(device), "/webhook/quota")
        return judge_quota(response)

    def device_report(self, device: str) -> Exchange[DeviceReport]:
        response = yield _question(self._sender(device), "/v1/device")
        return devices.judge_report(device, response)

    def inspect(self, device: str) -> Exchange[list[Finding]]:
        """Look whether the token is valid, the device connected, and quota left."""
        account = self._sender(device)
        found = []
        response = yield _question(account, "/v1/device")
        try:
            found.append(devices.look_at_device(devices.judge_report(device, response)))
        except SendError as error:
            found.append(_unanswered("the device", error))
        response = yield _question(account, "/webhook/quota")
        try:
            found.append(devices.look_at_quota(judge_quota(response)))
        except SendError as error:
            found.append(_unanswered("the quota", error))
        return found

    def _named(self, device: str) -> Accounts:
        """Return the accounts whose secret may sign for what the header calls the device.

        The header is not signed, so it chooses nothing: it only refuses the secret of another.
        Besides, a large body is not hashed for every device.
        """
        named = [account for account in self.accounts if device and account.device == device]
        return tuple(named) or self.accounts

    def _sender(self, device: str) -> Account:
        account = self.account(device)
        if not isinstance(account, Account) or not account.can_send:
            raise NotAuthorised("WAGATE_API_TOKEN is not set for this device")
        return account


def _why_not(kind: str, capabilities: Capabilities) -> str:
    if kind in capabilities.sends:
        return f"WAGate's sessions take texts only: unset WAGATE_SESSION_ID to send {kind}"
    return f"WAGate cannot send {kind}"


def _is_own(account: Account, url: str) -> bool:
    try:
        return urlsplit(url)[:2] == urlsplit(account.api_url)[:2]
    except ValueError:
        return False


def _question(account: Account, path: str) -> HttpRequest:
    return HttpRequest(method="GET", url=account.api_url + path, headers=_headers(account))


def _unanswered(what: str, error: SendError) -> Finding:
    advice = "look at WAGATE_API_TOKEN" if isinstance(error, NotAuthorised) else "try again later"
    return Finding(ok=False, what=f"{what} is not known: {error.reason}", advice=advice)


def _headers(account: Account) -> dict[str, str]:
    token = account.api_token.get_secret_value() if account.api_token else ""
    # Without Accept, the API (Laravel) answers mistakes with a redirect to a page.
    return {"Authorization": f"Bearer {token}", "Accept": "application/json"}
