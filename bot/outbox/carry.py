"""Carry one message to its gateway, with its file if it has one."""

from collections.abc import Mapping
from typing import Protocol

import structlog

from bot.client import Client
from bot.content import Content, Media, NotContent, Text, from_json
from bot.gateways.base import Attachment, Gateway, OutgoingMessage, SentMessage
from bot.gateways.capabilities import MIB
from bot.gateways.errors import (
    GatewayError,
    NotAuthorised,
    NotSupported,
    Rejected,
    TransientError,
)
from bot.outbox.claim import Claimed
from bot.outbox.evidence import reference
from bot.room import NoRoom, Room

logger = structlog.get_logger("balas.outbox")

# A file may have to be uploaded first. With what getting it takes, that must stay below the lease
# of a message with media, see MEDIA_LEASE.
MEDIA_SECONDS = 60.0
ROOM_SECONDS = 10.0
# For the files that one process sends as bytes at a time. Written as base64 into JSON, a file
# takes some four times its size.
ROOM = 128 * MIB
TIMES = 4


class Attacher(Protocol):
    """Gets the media of a message into the form that its gateway takes."""

    def attach(self, gateway: Gateway, device: str, media: Media) -> Attachment:
        """Return the attachment. Raises a GatewayError."""

    def weight(self, gateway: Gateway, device: str, media: Media) -> int:
        """Return how many bytes that may take in memory. Never raises."""

    def remember(self, gateway: Gateway, device: str, media: Media, uploaded: str) -> None:
        """Keep the gateway's id of an upload for the next time. Never raises."""

    def forget(self, gateway: Gateway, device: str, uploaded: str) -> bool:
        """Forget an upload that the gateway refuses; say whether it was known. Never raises."""


class Carrier:
    """Carries messages; `attacher` is None in a process that sends no media."""

    def __init__(
        self, client: Client, gateways: Mapping[str, Gateway], attacher: Attacher | None
    ) -> None:
        self._client = client
        self._gateways = gateways
        self._attacher = attacher
        self._room = Room(ROOM)

    def carry(self, claimed: Claimed) -> SentMessage | Exception:
        """Return what the gateway took, or the error that says what became of the message."""
        gateway = self._gateways.get(claimed.gateway)
        if gateway is None:
            return NotSupported("the gateway is not configured here")
        if gateway.account(claimed.device) is None:
            return NotAuthorised("no account is configured for this device")
        try:
            content = _content(claimed)
            if isinstance(content, Media):
                return self._with_room(gateway, claimed, content)
            return self._client.perform(gateway.send(_outgoing(claimed, content)))
        except (GatewayError, NotContent) as error:
            return error
        except Exception as error:  # noqa: BLE001 - a defect in a module must not lose the message
            logger.error(
                "a gateway module raised", gateway=claimed.gateway, error=type(error).__name__
            )
            return error

    def _with_room(self, gateway: Gateway, claimed: Claimed, media: Media) -> SentMessage:
        if media.uploaded:
            given = Attachment(
                uploaded=media.uploaded, mimetype=media.mimetype, filename=media.filename
            )
            return self._send(gateway, claimed, media, given)
        if self._attacher is None:
            raise NotSupported("this process has no media")
        weight = TIMES * self._attacher.weight(gateway, claimed.device, media)
        try:
            with self._room.lend(weight, patience=ROOM_SECONDS):
                return self._attached(gateway, claimed, media, self._attacher)
        except NoRoom:
            raise TransientError("too many files are being sent at once") from None

    def _attached(
        self, gateway: Gateway, claimed: Claimed, media: Media, attacher: Attacher
    ) -> SentMessage:
        device = claimed.device
        attachment = attacher.attach(gateway, device, media)
        try:
            sent = self._send(gateway, claimed, media, attachment)
        except Rejected as error:
            # Gateways forget uploads earlier than they say; then the file goes once more.
            if attachment.uploaded and attacher.forget(gateway, device, attachment.uploaded):
                raise TransientError(error.reason, code=error.code) from None
            raise
        if sent.uploaded:
            attacher.remember(gateway, device, media, sent.uploaded)
        return sent

    def _send(
        self, gateway: Gateway, claimed: Claimed, media: Media, attachment: Attachment
    ) -> SentMessage:
        outgoing = _outgoing(claimed, media, attachment)
        return self._client.perform(gateway.send(outgoing), seconds=MEDIA_SECONDS)


def _content(claimed: Claimed) -> Content:
    if claimed.content is None:
        return Text(text=claimed.text)
    return from_json(claimed.content)


def _outgoing(
    claimed: Claimed, content: Content, attachment: Attachment | None = None
) -> OutgoingMessage:
    return OutgoingMessage(
        device=claimed.device,
        address=claimed.address,
        content=content,
        reference=reference(claimed.id, claimed.idempotency_key),
        idempotency_key=claimed.idempotency_key,
        quoted_id=claimed.quoted_id,
        attachment=attachment,
    )
