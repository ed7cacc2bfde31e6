"""Meta's WhatsApp Cloud API.

https://developers.facebook.com/documentation/business-messaging/whatsapp/
"""

import re
from collections.abc import Generator, Sequence
from datetime import timedelta
from typing import Annotated

from bot.content import Content
from bot.events import Event, MediaReference
from bot.gateways.accounts import Accounts
from bot.gateways.base import (
    Acknowledgement,
    DeviceReport,
    Exchange,
    FetchedMedia,
    Finding,
    Gateway,
    HttpResponse,
    JsonObject,
    OutgoingMessage,
    SentMessage,
    Webhook,
    WebhookRequest,
)
from bot.gateways.errors import (
    Forged,
    NotAuthorised,
    NotSupported,
    OutcomeUnknown,
    Rejected,
    TransientError,
)
from bot.gateways.meta import devices, media, subscriptions
from bot.gateways.meta.account import Account
from bot.gateways.meta.bodies import body_of, is_group
from bot.gateways.meta.envelope import parts
from bot.gateways.meta.events import event_of
from bot.gateways.meta.graph import Graph, read, read_safe
from bot.gateways.meta.limits import CAPABILITIES, check
from bot.gateways.meta.window import instead
from bot.gateways.reading import OBJECTS, Payload, Text, read_object
from bot.gateways.signatures import as_bytes, same, signed_by

SIGNATURE = re.compile(r"sha256=([0-9a-f]{64})", re.ASCII)


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
    capabilities = CAPABILITIES
    signature_header = "x-hub-signature-256"

    # Inbound.

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

    # Messages.

    def send(self, message: OutgoingMessage) -> Exchange[SentMessage]:
        graph = self._graph(message.device)
        number = graph.number()
        check(message)
        uploaded, attachment = None, message.attachment
        if attachment and attachment.content is not None:
            uploaded = yield from media.upload(graph, attachment, attachment.content)
        place = media.place(attachment, uploaded) if attachment else {}
        body = body_of(message, media=place, preview_url=graph.account.preview_url)
        response = yield graph.post(number, "messages", body=body)
        return SentMessage(external_id=_taken(response), uploaded=uploaded)

    def window(self, device: str, address: str) -> timedelta | None:
        # In a group it opens for all when any member writes, so there Meta judges:
        # https://developers.facebook.com/documentation/business-messaging/whatsapp/groups/pricing/
        return None if is_group(address) else super().window(device, address)

    def outside_window(self, device: str, content: Content) -> Content | None:
        account = self.account(device)
        return instead(account, content) if isinstance(account, Account) else None

    def mark_read(self, device: str, address: str, message_id: str) -> Exchange[None]:  # noqa: ARG002 - the message says enough
        yield from self._mark(device, message_id)

    def show_typing(self, device: str, address: str, message_id: str) -> Exchange[None]:  # noqa: ARG002 - the message says enough
        """Show the contact that somebody is typing, until an answer comes or 25 seconds passed.

        Meta shows the message as read, too.
        """
        yield from self._mark(device, message_id, typing_indicator={"type": "text"})

    # Media.

    def fetch_media(self, device: str, reference: MediaReference) -> Exchange[FetchedMedia]:
        return (yield from media.fetch(self._graph(device), reference))

    def media_hosts(self, device: str) -> tuple[str, ...]:  # noqa: ARG002 - the same for all
        return media.HOSTS

    # Devices and webhooks.

    def device_report(self, device: str) -> Exchange[DeviceReport]:
        return (yield from devices.report(self._graph(device)))

    def inspect(self, device: str) -> Exchange[list[Finding]]:
        return (yield from devices.inspect(self._graph(device)))

    def register_webhook(
        self, device: str, url: str, events: Sequence[str] = ()
    ) -> Exchange[Webhook]:
        if events:
            raise NotSupported("choose the fields in the app's dashboard: Meta has no API for it")
        return (yield from subscriptions.subscribe(self._graph(device), url))

    def list_webhooks(self, device: str) -> Exchange[list[Webhook]]:
        return (yield from subscriptions.webhooks(self._graph(device)))

    def update_webhook(
        self,
        device: str,
        webhook_id: str,  # noqa: ARG002 - there is one subscription of our app
        *,
        url: str | None = None,
        events: Sequence[str] = (),
        active: bool | None = None,
    ) -> Exchange[Webhook]:
        if active is False:
            raise NotSupported("a subscription cannot be paused at Meta: delete it")
        if not url:
            raise NotSupported("nothing but the URL of a subscription can be changed at Meta")
        return (yield from self.register_webhook(device, url, events))

    def delete_webhook(self, device: str, webhook_id: str) -> Exchange[None]:  # noqa: ARG002 - there is one subscription of our app
        yield from subscriptions.unsubscribe(self._graph(device))

    # What they share.

    def _graph(self, device: str) -> Graph:
        account = self.account(device)
        if not isinstance(account, Account) or not account.can_send:
            raise NotAuthorised("META_ACCESS_TOKEN is not set for this device")
        return Graph(account=account, device=device or account.sends_from)

    def _mark(self, device: str, message_id: str, **more: JsonObject) -> Exchange[None]:
        graph = self._graph(device)
        if not message_id:
            raise Rejected("Meta marks messages, and none is named")
        body = {
            "messaging_product": "whatsapp",
            "status": "read",
            "message_id": message_id,
            **more,
        }
        response = yield graph.post(graph.number(), "messages", body=body, is_safe=True)
        if read_safe(response).get("success") is not True:
            raise TransientError(f"status {response.status} without success")

    def _verify_tokens(self) -> Generator[str]:
        for account in self.accounts:
            if isinstance(account, Account) and account.verify_token:
                yield account.verify_token.get_secret_value()


def _taken(response: HttpResponse) -> str:
    """Return the id of the message that Meta took, which is not yet delivered."""
    taken = Answer.model_validate(read(response)).messages
    if not taken or not taken[0].id:
        raise OutcomeUnknown(f"status {response.status} without a message id")
    return taken[0].id
