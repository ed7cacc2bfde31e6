"""Carry one message to its gateway, with its file if it has one."""

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from typing import Protocol

import structlog

from bot.client import Client
from bot.content import Content, Media, NotContent, Text, from_json
from bot.gateways.base import Attachment, Gateway, OutgoingMessage, SentMessage
from bot.gateways.capabilities import MIB
from bot.gateways.errors import (
    GatewayError,
    NotSupported,
    Rejected,
    TransientError,
)
from bot.outbox.claim import Claimed
from bot.outbox.evidence import reference
from bot.outbox.windows import sendable_now
from bot.room import NoRoom, Room

logger = structlog.get_logger("balas.outbox")

# A file may have to be uploaded first. Getting it, and sending it, must each stay below the lease
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

    @contextmanager
    def prepared(self, claimed: Claimed) -> Iterator[OutgoingMessage | Exception]:
        """Give the message with its file, for `send`, or the error that stands in its way.

        Nothing has left for the gateway yet. Within the block the file's memory is ours.
        """
        with ExitStack() as room:
            try:
                prepared: OutgoingMessage | Exception = self._prepare(claimed, room)
            except (GatewayError, NotContent) as error:
                prepared = error
            except NoRoom:
                prepared = TransientError("too many files are being sent at once")
            except Exception as error:  # noqa: BLE001 - a defect must not lose the message
                prepared = self._defect(claimed, error)
            yield prepared

    def send(self, claimed: Claimed, outgoing: OutgoingMessage) -> SentMessage | Exception:
        """Return what the gateway took, or the error that says what became of the message."""
        gateway, device = self._gateways[claimed.gateway], claimed.device
        seconds = MEDIA_SECONDS if outgoing.attachment else None
        try:
            return self._client.perform(gateway.send(outgoing), seconds=seconds)
        except Rejected as error:
            uploaded = outgoing.attachment and outgoing.attachment.uploaded
            # Gateways forget uploads earlier than they say; then the file goes once more.
            if uploaded and self._attacher and self._attacher.forget(gateway, device, uploaded):
                return TransientError(error.reason, code=error.code)
            return error
        except GatewayError as error:
            return error
        except Exception as error:  # noqa: BLE001 - a defect in a module must not lose the message
            return self._defect(claimed, error)

    def remember(self, claimed: Claimed, outgoing: OutgoingMessage, sent: SentMessage) -> None:
        """Keep what the gateway told of an upload, to spare the next one."""
        if sent.uploaded and self._attacher and isinstance(outgoing.content, Media):
            gateway = self._gateways[claimed.gateway]
            self._attacher.remember(gateway, claimed.device, outgoing.content, sent.uploaded)

    def _prepare(self, claimed: Claimed, room: ExitStack) -> OutgoingMessage:
        gateway = self._gateways.get(claimed.gateway)
        if gateway is None:
            raise NotSupported("the gateway is not configured here")
        if gateway.account(claimed.device) is None:
            raise NotSupported("no account is configured for this device")
        content = sendable_now(
            _content(claimed),
            gateway,
            device=claimed.device,
            address=claimed.address,
            wrote_at=claimed.wrote_at,
            now=datetime.now(UTC),
        )
        if not isinstance(content, Media):
            return _outgoing(claimed, content)
        return _outgoing(claimed, content, self._attach(gateway, claimed, content, room))

    def _attach(
        self, gateway: Gateway, claimed: Claimed, media: Media, room: ExitStack
    ) -> Attachment:
        if media.uploaded:
            return Attachment(
                uploaded=media.uploaded, mimetype=media.mimetype, filename=media.filename
            )
        if self._attacher is None:
            raise NotSupported("this process has no media")
        weight = TIMES * self._attacher.weight(gateway, claimed.device, media)
        room.enter_context(self._room.lend(weight, patience=ROOM_SECONDS))
        return self._attacher.attach(gateway, claimed.device, media)

    def _defect(self, claimed: Claimed, error: Exception) -> Exception:
        logger.error("a gateway module raised", gateway=claimed.gateway, error=type(error).__name__)
        return error


def sent_instead(claimed: Claimed, outgoing: OutgoingMessage) -> Content | None:
    """Return what goes in place of what was wanted, None where that itself goes."""
    return outgoing.content if outgoing.content.kind != claimed.kind else None


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
