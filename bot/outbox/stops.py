"""Stops: a person keeps a device from sending, and lets it go on."""

from datetime import UTC, datetime

from sqlalchemy import or_, update
from sqlalchemy.orm import Session

from models import Device, insert_into

# A time that every database and every time zone knows, and nobody waits for.
UNTIL_RESUMED = datetime(9999, 1, 1, tzinfo=UTC)


def stop(session: Session, gateway: str, device: str, *, until: datetime = UNTIL_RESUMED) -> None:
    """Claim nothing of a device until then; what is under way still goes out."""
    values = {"stopped_until": until}
    session.execute(
        insert_into(session, Device)
        .values(gateway=gateway, device=device, **values)
        .on_conflict_do_update(index_elements=["gateway", "device"], set_=values)
    )


def let_go_on(session: Session, gateway: str, device: str) -> bool:
    """End a stop and a rest of a device; return whether there was one."""
    ended = session.scalars(
        update(Device)
        .where(
            Device.gateway == gateway,
            Device.device == device,
            or_(
                Device.stopped_until.is_not(None),
                Device.paused_until.is_not(None),
                Device.pauses > 0,
            ),
        )
        .values(stopped_until=None, paused_until=None, pause_reason=None, rested_at=None, pauses=0)
        .returning(Device.id)
    ).all()
    return bool(ended)
