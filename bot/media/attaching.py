"""Get the media of an outgoing message into the form that its gateway takes.

A link goes to whoever takes links, as it is. Files and stored media go as the gateway prefers: as
bytes, as the id of an earlier upload, or under an address of ours that counts for an hour.
"""

import hashlib
from datetime import UTC, datetime
from pathlib import PurePosixPath
from urllib.parse import quote, unquote, urlsplit

import structlog
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from bot.client import Client
from bot.content import Media
from bot.gateways.base import Attachment, Gateway, MediaBy
from bot.gateways.errors import NotSupported, Rejected, TransientError
from bot.media import rows
from bot.media.fetching import fetch_link
from bot.media.files import Files, shown_size
from bot.media.rows import StoredFile
from bot.media.store import MediaStore, NotStored, StoreAway
from bot.media.types import filename_for, harmless, outgoing_type, type_of
from models import reading, writing

logger = structlog.get_logger("balas.media")


class MediaAttacher:
    """Attaches media to messages; see bot.outbox.deliver.Attacher.

    `store` is None where no media are kept, `public_url` "" where nobody reaches us.
    """

    def __init__(
        self,
        engine: Engine,
        client: Client,
        store: MediaStore | None,
        *,
        files: Files,
        public_url: str = "",
    ) -> None:
        self._engine = engine
        self._client = client
        self._store = store
        self._files = files
        self._public_url = public_url

    def attach(self, gateway: Gateway, device: str, media: Media) -> Attachment:
        """Return the attachment. Raises a GatewayError; nothing was sent then."""
        abilities = gateway.abilities(device)
        if not abilities.media_by:
            raise NotSupported(f"{gateway.title} takes no media")
        largest = self._files.largest
        limit = min(largest, abilities.media_limits.get(media.kind, largest))
        try:
            if media.link:
                return self._attach_link(media, abilities.media_by, limit)
            return self._attach_file(gateway, device, media, limit)
        except NotStored:
            raise Rejected("the media store has no such file") from None
        except StoreAway as error:
            raise TransientError(f"the media store is away ({error})") from None
        except SQLAlchemyError as error:
            raise TransientError(f"the database is away ({type(error).__name__})") from None

    def weight(self, gateway: Gateway, device: str, media: Media) -> int:
        """Return how many bytes attaching may take in memory; 0 for what goes as an address."""
        ways = gateway.abilities(device).media_by
        if media.link:
            return 0 if MediaBy.LINK in ways else self._files.largest
        if not ways or self._goes_as_link(gateway, device):
            return 0
        try:
            return self._files.size(media.file) if media.file else self._stored_size(media)
        except (Rejected, SQLAlchemyError):
            return 0  # attaching says what is wrong

    def forget(self, gateway: Gateway, device: str, uploaded: str) -> bool:
        """Forget an upload that the gateway refuses; return whether it was known. Never raises."""
        try:
            with writing(self._engine) as session:
                return rows.forget_upload(session, gateway.name, device, uploaded)
        except SQLAlchemyError as error:
            logger.warning("an upload is not forgotten", error=type(error).__name__)
            return False

    def remember(self, gateway: Gateway, device: str, media: Media, uploaded: str) -> None:
        """Keep the gateway's id of an upload for the next time. Never raises."""
        if self._store is None or media.link:
            return
        try:
            sha256 = media.stored or hashlib.sha256(self._files.read(media.file or "")).hexdigest()
            now = datetime.now(UTC)
            with writing(self._engine) as session:
                file = rows.find(session, sha256)
                if file is not None:
                    rows.keep_upload(session, file.id, gateway.name, device, uploaded, now=now)
        except (SQLAlchemyError, Rejected) as error:
            logger.warning("an upload is not remembered", error=type(error).__name__)

    def _attach_link(self, media: Media, ways: tuple[MediaBy, ...], limit: int) -> Attachment:
        link = media.link or ""
        named = media.filename or PurePosixPath(unquote(urlsplit(link).path)).name
        if MediaBy.LINK in ways:
            if not link.lower().startswith(("https://", "http://")):
                raise Rejected("the link begins neither with https:// nor with http://")
            return Attachment(link=link, mimetype=media.mimetype, filename=named)
        return _as_bytes(media, fetch_link(self._client, link, largest=limit), named, limit=limit)

    def _attach_file(self, gateway: Gateway, device: str, media: Media, limit: int) -> Attachment:
        content = self._files.read(media.file, limit=limit) if media.file else None
        stored = self._stored(media, content)
        if self._goes_as_link(gateway, device):
            return self._share(gateway, media, stored, limit=limit)
        uploaded = stored and self._uploaded(gateway, device, stored)
        if stored and uploaded:
            mimetype, filename = _described(media, stored.mimetype)
            return Attachment(uploaded=uploaded, mimetype=mimetype, filename=filename)
        if content is None:
            content = self._read(stored, limit=limit)
        return _as_bytes(media, content, limit=limit)

    def _stored(self, media: Media, content: bytes | None) -> StoredFile | None:
        """Return the file in our store; one that we send from the disk is put there first."""
        if self._store is None:
            return None
        if content is None:
            with reading(self._engine) as session:
                found = rows.find(session, media.stored or "")
            if found is None:
                raise NotStored("no such file")
            return found
        sha256, mimetype = self._store.put(content), harmless(type_of(content))
        now = datetime.now(UTC)
        with writing(self._engine) as session:
            return rows.register(session, sha256, size=len(content), mimetype=mimetype, now=now)

    def _stored_size(self, media: Media) -> int:
        with reading(self._engine) as session:
            found = rows.find(session, media.stored or "")
            return found.size if found else 0

    def _goes_as_link(self, gateway: Gateway, device: str) -> bool:
        ways = gateway.abilities(device).media_by
        can_share = bool(self._public_url) and self._store is not None
        return ways[0] is MediaBy.LINK and (can_share or MediaBy.BYTES not in ways)

    def _share(
        self, gateway: Gateway, media: Media, stored: StoredFile | None, *, limit: int
    ) -> Attachment:
        """Return an address of ours under which the gateway may read the file for a while."""
        if stored is None:
            raise Rejected(f"{gateway.title} takes files by address only, and MEDIA_STORE is off")
        if not self._public_url:
            raise Rejected(f"{gateway.title} takes files by address only: set PUBLIC_URL")
        _check_size(stored.size, limit)
        with writing(self._engine) as session:
            token = rows.share(session, stored.id, now=datetime.now(UTC))
        mimetype, filename = _described(media, stored.mimetype)
        link = f"{self._public_url}/media/{token}/{quote(filename, safe='')}"
        return Attachment(link=link, mimetype=mimetype, filename=filename)

    def _uploaded(self, gateway: Gateway, device: str, stored: StoredFile) -> str | None:
        with reading(self._engine) as session:
            return rows.find_upload(session, stored.id, gateway.name, device, now=datetime.now(UTC))

    def _read(self, stored: StoredFile | None, *, limit: int) -> bytes:
        if stored is None or self._store is None:
            raise Rejected("the message carries a stored file, and MEDIA_STORE is off")
        _check_size(stored.size, limit)
        return self._store.read(stored.sha256)


def _as_bytes(media: Media, content: bytes, named: str = "", *, limit: int) -> Attachment:
    _check_size(len(content), limit)
    mimetype, filename = _described(media, harmless(type_of(content)), named)
    return Attachment(content=content, mimetype=mimetype, filename=filename)


def _described(media: Media, shown: str, named: str = "") -> tuple[str, str]:
    """Return the type and the name under which a gateway gets a file."""
    name = (media.filename or named or PurePosixPath(media.file or "").name).strip("./ ")
    mimetype = outgoing_type(shown, kind=media.kind, said=media.mimetype, filename=name)
    return mimetype, name or filename_for(media.kind, mimetype)


def _check_size(size: int, limit: int) -> None:
    if not size:
        raise Rejected("the file is empty")
    if size > limit:
        raise Rejected(f"the file is larger than the {shown_size(limit)} that can be sent")
