"""One alert that raises is left out; a database in trouble is not hushed up."""

import pytest
from sqlalchemy import Engine, text
from sqlalchemy.exc import SQLAlchemyError

from bot.alerts.apart import apart
from bot.alerts.kinds import AlertKind
from models import Device, reading, writing


def test_what_raises_is_undone_alone(engine: Engine) -> None:
    with writing(engine) as session:
        for name in ("a", "b", "c"):
            with apart(session, AlertKind.QUOTA_LOW):
                session.add(Device(gateway="wagate", device=name))
                session.flush()
                if name == "b":
                    raise ValueError(name)

    with reading(engine) as session:
        assert {row.device for row in session.query(Device)} == {"a", "c"}


def test_a_database_in_trouble_is_tried_again_as_a_whole(engine: Engine) -> None:
    with (
        pytest.raises(SQLAlchemyError),
        writing(engine) as session,
        apart(session, AlertKind.QUOTA_LOW),
    ):
        session.execute(text("SELECT 1 FROM nowhere"))
