"""Whose words an echo shows, told before anything is written."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, update

from bot import outbox
from bot.content import Content, Media, Text
from bot.events import Author, MessageEcho, MessageType
from bot.inbox.conversations import ensure_conversation
from bot.outbox import Echo, Heard, Verdict, judge_echoes, settle_echo
from models import Message, MessageStatus, reading, writing
from tests.making import NOW, outgoing

PLACE = ("whatsgate", "19a4c07e512", "6281200000001")
LATER = NOW + timedelta(seconds=5)


def sent(
    engine: Engine, *contents: Content, status: MessageStatus = MessageStatus.SENT
) -> list[Message]:
    """Let messages go out whose ids nobody has told us."""
    with writing(engine) as session:
        conversation = ensure_conversation(session, PLACE, now=NOW)
        messages = [
            outbox.NewMessage(conversation_id=conversation, place=PLACE, content=content)
            for content in contents
        ]
        outbox.add(session, messages, now=NOW)
        session.execute(update(Message).values(status=status, attempted_at=NOW, claimed_at=NOW))
    return outgoing(engine)


def echo(text: str, external_id: str | None = "E1", **fields: object) -> MessageEcho:
    given: dict[str, Any] = {"external_id": external_id, "author": Author.OWNER, **fields}
    return MessageEcho(gateway="whatsgate", device=PLACE[1], key="k", raw=b"", text=text, **given)


def judged(engine: Engine, *echoes: MessageEcho, is_final: bool = False) -> list[Verdict]:
    """Return the verdicts on echoes that are looked at together."""
    with reading(engine) as session:
        heard = [
            Heard(
                event_id=number,
                conversation_id=1,
                echo=each,
                received_at=LATER,
                is_final=is_final,
            )
            for number, each in enumerate(echoes)
        ]
        found = judge_echoes(session, heard)
    return [found[number] for number in range(len(echoes))]


def test_two_echoes_of_the_same_words_show_two_messages(engine: Engine) -> None:
    messages = sent(engine, Text(text="halo"), Text(text="halo"))

    found = judged(engine, echo("halo", "E1"), echo("halo", "E2"), echo("halo", "E3"))

    assert [verdict.message_id for verdict in found] == [messages[0].id, messages[1].id, None]
    assert [verdict.whose for verdict in found] == [Echo.OURS, Echo.OURS, Echo.FOREIGN]
    assert found[2].has_our_words


def test_an_echo_that_is_told_twice_shows_one_message(engine: Engine) -> None:
    [message] = sent(engine, Text(text="halo"))

    found = judged(engine, echo("halo"), echo("halo"))

    assert [verdict.message_id for verdict in found] == [message.id, None]
    assert [verdict.whose for verdict in found] == [Echo.OURS, Echo.OURS]


def test_what_somebody_else_wrote_is_known_the_second_time(engine: Engine) -> None:
    sent(engine, Text(text="halo"))

    found = judged(engine, echo("saya bantu"), echo("saya bantu"))

    assert [(verdict.whose, verdict.is_known) for verdict in found] == [
        (Echo.FOREIGN, False),
        (Echo.FOREIGN, True),
    ]


def test_judging_writes_nothing(engine: Engine) -> None:
    sent(engine, Text(text="halo"))
    judged(engine, echo("halo"))

    assert outgoing(engine)[0].external_id is None


@pytest.mark.parametrize("status", [MessageStatus.DEAD, MessageStatus.FAILED])
def test_what_did_not_go_out_is_shown_by_no_echo(engine: Engine, status: MessageStatus) -> None:
    sent(engine, Text(text="halo"), status=status)

    assert judged(engine, echo("halo", "E1"))[0].whose is Echo.FOREIGN


@pytest.mark.parametrize(
    ("shown", "whose"),
    [
        (MessageType.IMAGE, Echo.OURS),
        (MessageType.DOCUMENT, Echo.OURS),
        (MessageType.AUDIO, Echo.FOREIGN),
    ],
)
def test_a_file_without_words_is_known_by_its_kind(
    engine: Engine, shown: MessageType, whose: Echo
) -> None:
    sent(engine, Media(kind="image", link="https://toko.contoh.id/a.jpg"))

    assert judged(engine, echo("", type=shown))[0].whose is whose


@pytest.mark.parametrize("late", [timedelta(minutes=10), timedelta(hours=20)])
def test_an_echo_that_comes_late_is_looked_for_at_its_own_time(
    engine: Engine, late: timedelta
) -> None:
    [message] = sent(engine, Text(text="halo"))
    with reading(engine) as session:
        told = {
            occurred_at: judge_echoes(
                session,
                [
                    Heard(
                        event_id=0,
                        conversation_id=1,
                        echo=echo("halo", occurred_at=occurred_at),
                        received_at=NOW + late,
                        is_final=False,
                    )
                ],
            )[0].message_id
            for occurred_at in (NOW, None)
        }

    assert told == {NOW: message.id, None: None}


def test_words_and_ids_that_no_database_takes_harm_nothing(engine: Engine) -> None:
    sent(engine, Text(text="a\0b"))
    with writing(engine) as session:
        verdict = settle_echo(
            session, 1, echo("a\0b", "x\0\ud800"), is_final=False, received_at=LATER
        )

    assert verdict is Echo.OURS
    assert outgoing(engine)[0].external_id == "x\ufffd\ufffd"


def test_nothing_is_settled_while_a_message_is_under_way(engine: Engine) -> None:
    sent(engine, Text(text="halo"), status=MessageStatus.SENDING)

    assert judged(engine, echo("halo"))[0].whose is Echo.TOO_EARLY
    assert judged(engine, echo("halo"), is_final=True)[0].whose is Echo.OURS


def test_a_message_that_has_got_another_id_meanwhile_is_left_alone(engine: Engine) -> None:
    [message] = sent(engine, Text(text="halo"))
    with writing(engine) as session:
        session.execute(update(Message).values(external_id="OUT"))
    with writing(engine) as session:
        assert not outbox.confirm(session, message.id, echo("halo"), received_at=LATER)

    assert outgoing(engine)[0].external_id == "OUT"
