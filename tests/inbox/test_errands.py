"""What a webhook makes us do at its gateway besides answering is put down with it."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import Engine, select

from bot.inbox.arrivals import Arrival
from models import Effect, reading
from tests.making import NOW, arrivals, incoming, process_all, receive, responder


def effects(engine: Engine) -> Sequence[Effect]:
    with reading(engine) as session:
        return session.scalars(select(Effect).order_by(Effect.id)).all()


def late(*, case: str = "text") -> list[Arrival]:
    """Return a webhook that comes three days after its message was written."""
    rows = arrivals("meta", case, now=NOW - timedelta(days=3))
    return [replace(row, received_at=NOW, due_at=NOW) for row in rows]


def kinds(engine: Engine) -> list[str]:
    return [effect.kind for effect in effects(engine)]


def test_media_are_fetched_for_the_message_that_they_came_with(engine: Engine) -> None:
    receive(engine, arrivals("meta", "image"))

    [processed] = [each for each in process_all(engine) if each.count]

    [effect] = effects(engine)
    [message] = incoming(engine)
    assert (effect.kind, effect.event_id) == ("fetch_media", message.event_id)
    assert (effect.gateway, effect.device) == (message.gateway, message.device)
    assert processed.effect_lanes == {effect.lane}


def test_media_are_fetched_even_if_nobody_is_answered(engine: Engine) -> None:
    receive(engine, late(case="image"))

    process_all(engine)

    assert kinds(engine) == ["fetch_media"]


def test_a_repeat_fetches_nothing_again(engine: Engine) -> None:
    rows = arrivals("meta", "image", message_id="wamid.sama")
    receive(engine, rows, rows)
    process_all(engine)
    receive(engine, rows)
    process_all(engine)

    assert kinds(engine) == ["fetch_media"]


def test_nothing_is_fetched_for_a_text(engine: Engine) -> None:
    receive(engine, arrivals("meta"))

    process_all(engine)

    assert kinds(engine) == []


@pytest.mark.parametrize(
    ("marks_read", "shows_typing", "expected"),
    [
        (False, False, []),
        (True, False, ["mark_read"]),
        (False, True, ["show_typing"]),
        # Where somebody types, the message was read.
        (True, True, ["show_typing"]),
    ],
)
@pytest.mark.parametrize("gateway", ["meta", "whatsgate"])
def test_a_contact_who_gets_an_answer_is_shown_so(
    engine: Engine, gateway: str, *, marks_read: bool, shows_typing: bool, expected: list[str]
) -> None:
    who = replace(responder(), marks_read=marks_read, shows_typing=shows_typing)
    receive(engine, arrivals(gateway, message_id="wamid.1"))

    process_all(engine, who)

    assert kinds(engine) == expected
    assert all(effect.details.get("message_id") for effect in effects(engine))


def test_a_contact_who_gets_no_answer_is_shown_nothing(engine: Engine) -> None:
    who = replace(responder(), marks_read=True, shows_typing=True)
    receive(engine, late())

    process_all(engine, who)

    assert kinds(engine) == []
