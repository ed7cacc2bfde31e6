"""What a clock that was set back would put off for long is due."""

from datetime import timedelta

from sqlalchemy import Engine, select, update

from bot.healing import heal
from models import Event, reading, writing
from tests.making import NOW, arrivals, receive

HOUR = timedelta(hours=1)


def test_a_status_that_was_put_off_by_a_clock_ahead_of_now_is_due(engine: Engine) -> None:
    receive(engine, arrivals(case="status"))
    with writing(engine) as session:
        session.execute(update(Event).values(due_at=NOW + HOUR))
    assert heal(engine, now=NOW) == 1
    with reading(engine) as session:
        assert session.scalars(select(Event.due_at)).one() == NOW


def test_what_shall_happen_later_stays_so(engine: Engine) -> None:
    receive(engine, arrivals(case="text"))
    with writing(engine) as session:
        session.execute(update(Event).values(due_at=NOW + HOUR))
    assert heal(engine, now=NOW) == 0
