"""What every event from Meta has."""

from datetime import datetime

from bot.gateways.base import EventFields
from bot.gateways.meta.envelope import Part
from bot.gateways.reading import fold_key

GATEWAY = "meta"


def fields_of(
    part: Part, *, occurred_at: datetime | None, key: str = "", address: str | None = None
) -> EventFields:
    """Return the fields of a part's event; `key` is its field and digest where none is given."""
    return EventFields(
        gateway=GATEWAY,
        device=part.device,
        key=fold_key(key or f"{part.field}:{part.digest}"),
        address=address,
        occurred_at=occurred_at,
        raw=part.raw,
    )
