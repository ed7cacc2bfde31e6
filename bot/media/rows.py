"""The rows of `media`: which files the store has, of which type, and who may read them."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from models import Media, Upload, insert_into

# So long may a gateway take to read a file that it was given the address of.
SHARED_FOR = timedelta(hours=1)
# Meta keeps an upload for 30 days (gateways.md); one day for clocks and queues.
UPLOAD_KEPT_FOR = timedelta(days=29)
TOKEN_BYTES = 24
UPLOAD_LIMIT = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredFile:
    """A file in the store: the number of its row, what it is called there, its size and type."""

    id: int
    sha256: str
    size: int
    mimetype: str


def register(
    session: Session, sha256: str, *, size: int, mimetype: str, now: datetime
) -> StoredFile:
    """Note that the store has a file, if that is not known yet."""
    session.execute(
        insert_into(session, Media)
        .values(sha256=sha256, size=size, mimetype=mimetype, created_at=now)
        .on_conflict_do_nothing(index_elements=["sha256"])
    )
    found = find(session, sha256)
    assert found is not None  # noqa: S101 - written just above, or by somebody before
    return found


def find(session: Session, sha256: str) -> StoredFile | None:
    """Return a file by the SHA-256 of its bytes."""
    row = session.scalars(select(Media).where(Media.sha256 == sha256)).one_or_none()
    return _file(row) if row else None


def share(session: Session, media_id: int, *, now: datetime) -> str:
    """Let whoever knows the token that this returns read a file for a while.

    A token that still counts is kept: a gateway that comes late must find what it was told.
    """
    row = session.scalars(select(Media).where(Media.id == media_id).with_for_update()).one()
    if row.token is None or row.shared_until is None or row.shared_until <= now:
        row.token = secrets.token_urlsafe(TOKEN_BYTES)
    row.shared_until = now + SHARED_FOR
    return row.token


def shared(session: Session, token: str, *, now: datetime) -> StoredFile | None:
    """Return the file that a token lets read, None if it lets read none (any more)."""
    row = session.scalars(
        select(Media).where(Media.token == token, Media.shared_until > now)
    ).one_or_none()
    return _file(row) if row else None


def find_upload(
    session: Session, media_id: int, gateway: str, device: str, *, now: datetime
) -> str | None:
    """Return the gateway's own id for a file that it was given before."""
    return session.scalar(
        select(Upload.external_id).where(
            Upload.media_id == media_id,
            Upload.gateway == gateway,
            Upload.device == device,
            Upload.expires_at > now,
        )
    )


def forget_upload(session: Session, gateway: str, device: str, external_id: str) -> bool:
    """Forget the gateway's own id for a file; return whether it was known."""
    forgotten = session.scalars(
        delete(Upload)
        .where(
            Upload.gateway == gateway,
            Upload.device == device,
            Upload.external_id == external_id,
        )
        .returning(Upload.id)
    ).all()
    return bool(forgotten)


def keep_upload(
    session: Session, media_id: int, gateway: str, device: str, external_id: str, *, now: datetime
) -> None:
    """Keep the gateway's own id for a file."""
    if len(external_id) > UPLOAD_LIMIT:
        return
    values = {"external_id": external_id, "expires_at": now + UPLOAD_KEPT_FOR}
    session.execute(
        insert_into(session, Upload)
        .values(media_id=media_id, gateway=gateway, device=device, **values)
        .on_conflict_do_update(index_elements=["media_id", "gateway", "device"], set_=values)
    )


def _file(row: Media) -> StoredFile:
    return StoredFile(id=row.id, sha256=row.sha256, size=row.size, mimetype=row.mimetype)
