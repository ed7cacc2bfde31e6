"""Take a local file along: look at it, and put it into the media store."""

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

import click
from sqlalchemy.orm import Session

from bot.cli.acting import acting_runtime
from bot.cli.common import runtime
from bot.content import Content, Media
from bot.gateways.base import Gateway, MediaBy
from bot.gateways.capabilities import Capabilities
from bot.media import StoreError
from bot.media.files import shown_size
from bot.media.rows import register
from bot.media.types import harmless, mismatch, type_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Attached:
    """A content whose file, if it has one, lies in the media store."""

    content: Content
    size: int = 0
    mimetype: str = ""

    def register(self, session: Session, *, now: datetime) -> None:
        """Note the file, in the transaction of the message that takes it along."""
        if isinstance(self.content, Media) and self.content.stored:
            register(session, self.content.stored, size=self.size, mimetype=self.mimetype, now=now)


def attached(content: Content, gateway: Gateway, abilities: Capabilities) -> Attached:
    """Return the content with its file in the store. Raises ClickException before it is sent."""
    if not (isinstance(content, Media) and content.file):
        return Attached(content=content)
    _check_way(gateway, abilities)
    path = Path(content.file)
    largest = runtime().settings.media_limit
    limit = min(abilities.media_limits.get(content.kind, largest), largest)
    found = _read(path, limit=limit)
    shown = type_of(found)
    if problem := mismatch(content.kind, shown):
        raise click.ClickException(f"{path.name}: {problem}")
    store = runtime().media_store
    if store is None:
        raise click.ClickException("MEDIA_STORE is off: give a link instead of a file")
    try:
        sha256 = store.put(found)
    except StoreError as error:
        raise click.ClickException(f"the media store cannot be used ({error})") from None
    kept = replace(content, file=None, stored=sha256, filename=content.filename or path.name)
    return Attached(content=kept, size=len(found), mimetype=harmless(shown))


def _check_way(gateway: Gateway, abilities: Capabilities) -> None:
    ways = abilities.media_by
    if not ways:
        raise click.ClickException(f"{gateway.title} takes no files")
    if MediaBy.BYTES not in ways and not acting_runtime().settings.public_url:
        raise click.ClickException(
            f"{gateway.title} takes files by address only: set PUBLIC_URL, or give a link"
        )


def _read(path: Path, *, limit: int) -> bytes:
    try:
        with path.open("rb") as file:
            content = file.read(limit + 1)
    except OSError as error:
        raise click.ClickException(f"{path} cannot be read: {error.strerror}") from None
    if not content:
        raise click.ClickException(f"{path} is empty")
    if len(content) > limit:
        raise click.ClickException(f"{path} is larger than the {shown_size(limit)} allowed here")
    return content
