"""Whatever comes, the rules give an answer, and the reader gives a book or a list of problems."""

from datetime import timedelta
from pathlib import Path

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.events import Button, MessageType
from bot.events import Chat as Place
from bot.rules import Book, Problem, RulesError, State, Turn, load, play, read
from bot.rules.text import plain
from tests.rules.playing import NOW, Chat, message

SHIPPED = load(Path(__file__).parents[2] / "rules.yaml")
WORDS = st.sampled_from(
    [
        "halo",
        "harganya",
        "stop",
        "cs",
        "biaya",
        "admin",
        "daftar",
        "ok",
        "👍",
        "{{",
        "}}",
        "\u200b",
        "ﷺ",
    ]
)
SAID = st.one_of(st.text(max_size=300), st.lists(WORDS, max_size=20).map(" ".join))
LEAVES = st.one_of(
    st.text(max_size=20),
    st.sampled_from(["10m", "none", "true", "halo", "text", "{{ contact.name }}", "{{ x }}", "1"]),
)
KEYS = st.one_of(
    st.text(max_size=8),
    st.sampled_from(
        [
            *(
                "id",
                "match",
                "if",
                "words",
                "exact",
                "reply",
                "use",
                "text",
                "any",
                "not",
                "cooldown",
            ),
            *("buttons", "list", "rows", "sections", "title", "label", "media", "image", "footer"),
        ]
    ),
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=20,
)
SECTION = st.sampled_from(
    ["settings", "vars", "synonyms", "replies", "rules", "fallback", "admins"]
)


def outcome(text: str) -> Book | tuple[Problem, ...]:
    try:
        return read(text)
    except RulesError as error:
        return error.problems


@settings(max_examples=200, deadline=None)
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


@settings(max_examples=50, deadline=None)
@given(st.lists(SAID, max_size=12))
def test_no_conversation_gets_more_replies_than_the_loop_guard_allows(said: list[str]) -> None:
    chat = Chat(SHIPPED)

    answers = [chat.say(text, after=timedelta(seconds=1)) for text in said * 3]

    assert sum(len(answer.replies) for answer in answers) <= 12


@settings(max_examples=200, deadline=None)
@given(st.text(max_size=200))
def test_any_text_is_a_book_or_a_list_of_problems(text: str) -> None:
    for content in (text, f"version: 1\nrules:\n  - {text}", f"version: 1\nrules: [{text}]"):
        assert isinstance(outcome(content), Book) or outcome(content)


@settings(max_examples=200, deadline=None)
@given(st.dictionaries(SECTION, TREES, max_size=4))
def test_any_yaml_is_a_book_or_a_list_of_problems(tree: dict[str, object]) -> None:
    found = outcome(yaml.safe_dump({"version": 1, **tree}, allow_unicode=True))

    if isinstance(found, Book):
        Chat(found).say("halo")
    else:
        assert all(problem.text for problem in found)


@settings(max_examples=200, deadline=None)
@given(SAID)
def test_the_normal_form_is_its_own_normal_form(text: str) -> None:
    assert plain(plain(text)) == plain(text)
