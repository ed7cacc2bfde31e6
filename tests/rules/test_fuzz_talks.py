"""Whatever happens in a conversation, the rules have an answer, and nobody is held in a form."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from bot.events import Button, CallReceived, InternalEvent, Kind, MessageType, StatusChanged
from bot.events import Chat as Place
from bot.rules import Answer, State, Turn, load, play
from bot.rules.templates import MAX_OUTPUT
from tests.rules.fuzzing import SAID, examples
from tests.rules.playing import NOW, SITI, Chat, message

SHIPPED = load(Path(__file__).parents[2] / "rules.yaml")
SHOP = load(Path(__file__).parent / "example.yaml")
BUTTONS = st.sampled_from(["btn_order", "btn_harga", "btn_cs", "ya", "kopi", "", "{{", "1"])
DETAILS = st.dictionaries(
    st.sampled_from(["place", "rule", "reply", "tag", "error", "flow", "started_at"]),
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        SAID,
        st.lists(SAID | st.dictionaries(st.text(max_size=5), SAID, max_size=3), max_size=3),
    ),
    max_size=5,
)
HAPPENINGS = st.one_of(
    SAID.map(lambda text: ("say", text)),
    BUTTONS.map(lambda name: ("press", name)),
    st.sampled_from(list(MessageType)).map(lambda kind: ("send", kind)),
    st.sampled_from(["call", "time out", "time out of another", "status", "person writes"]).map(
        lambda what: (what, None)
    ),
    DETAILS.map(lambda details: ("effect", details)),
    st.integers(-3600, 90_000).map(lambda seconds: ("wait", seconds)),
)


class Contact(Chat):
    """A contact to whom anything happens."""

    def happen(self, what: str, how: Any) -> Answer | None:
        match what:
            case "say":
                return self.say(how)
            case "press":
                return self.say(how, type=MessageType.BUTTON, button=Button(id=how, title=how))
            case "send":
                return self.say("ini", type=how)
            case "wait":
                self.now = max(NOW, self.now + timedelta(seconds=how))
                return None
            case "person writes":
                self.view = replace(self.view, human_at=self.now)
                return None
            case "call":
                event: Any = CallReceived(**self._common())
            case "status":
                event = StatusChanged(**self._common(), external_id="x", status=None, word="y")
            case "effect":
                event = InternalEvent(**self._common(), name=Kind.EFFECT_DONE, details=how)
            case _:
                details = {"flow": "order", "started_at": self._started(another="another" in what)}
                event = InternalEvent(**self._common(), name=Kind.FLOW_TIMEOUT, details=details)
        turn = Turn(event=event, now=self.now, received_at=self.now, conversation=self.view)
        answer = play(self.rules, turn)
        self.view = replace(self.view, state=answer.state)
        return answer

    def _common(self) -> Mapping[str, Any]:
        return {"gateway": "wagate", "device": "toko-1", "key": "k", "address": SITI, "raw": b""}

    def _started(self, *, another: bool) -> str:
        running = self.view.state.flow
        return running.started_at.isoformat() if running and not another else NOW.isoformat()


@examples(100)
@given(st.lists(HAPPENINGS, max_size=12))
def test_no_conversation_makes_the_rules_raise_or_say_too_much(
    happenings: list[tuple[str, Any]],
) -> None:
    contact = Contact(SHOP)

    for what, how in happenings:
        answer = contact.happen(what, how)
        if answer is None:
            continue
        assert State.from_json(answer.state.as_json()) == answer.state
        assert all(len(reply.text) <= 4 * MAX_OUTPUT for reply in answer.replies)
        assert len(answer.replies) <= 5
        assert len(str(answer.state.as_json())) < 32_000


@examples(100)
@given(st.lists(HAPPENINGS, max_size=12))
def test_no_conversation_gets_stuck_in_a_form(happenings: list[tuple[str, Any]]) -> None:
    contact = Contact(SHOP)
    for what, how in [("say", "order"), *happenings]:
        contact.happen(what, how)

    now = contact.say("batal")
    later = contact.say("batal", after=timedelta(days=1))

    # While a person answers or a loop is broken, nothing is heard; afterwards it is.
    assert now.state.flow is None or now.explanation.guard is not None
    assert later.state.flow is None


@examples(100)
@given(
    text=SAID,
    name=st.none() | st.text(max_size=20),
    kind=st.sampled_from(list(MessageType)),
    chat=st.sampled_from(list(Place)),
    button=st.none() | st.text(max_size=10),
    age=st.integers(-(10**6), 10**6),
)
def test_no_message_makes_the_rules_raise(
    text: str, name: str | None, kind: MessageType, chat: Place, button: str | None, age: int
) -> None:
    event = message(
        text,
        name=name,
        type=kind,
        chat=chat,
        button=None if button is None else Button(id=button),
        occurred_at=NOW - timedelta(seconds=age),
    )

    answer = play(SHIPPED, Turn(event=event, now=NOW, received_at=NOW))

    assert State.from_json(answer.state.as_json()) == answer.state
    assert all(reply.text.strip() for reply in answer.replies)


@examples(50)
@given(st.lists(SAID, max_size=12))
def test_no_conversation_gets_more_replies_than_the_loop_guard_allows(said: list[str]) -> None:
    chat = Chat(SHIPPED)

    answers = [chat.say(text, after=timedelta(seconds=1)) for text in said * 3]

    outside = [answer for answer in answers if answer.explanation.flow is None]
    assert sum(len(answer.replies) for answer in outside) <= 13
