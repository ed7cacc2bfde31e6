"""Whatever a file holds, the reader gives a book or a list of problems."""

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.rules import Book, Problem, RulesError, load, read, warnings
from bot.rules.schema import SECTIONS
from bot.rules.text import plain
from tests.rules.fuzzing import SAID, examples
from tests.rules.playing import NOW, Chat

SHOP_LINES = (Path(__file__).parent / "example.yaml").read_text(encoding="utf-8").splitlines()


def outcome(text: str) -> Book | tuple[Problem, ...]:
    try:
        return read(text)
    except RulesError as error:
        return error.problems


LEAVES = st.one_of(
    st.text(max_size=20),
    st.sampled_from(
        [
            *("10m", "none", "true", "halo", "text", "1", "order", "kopi", "09:00-17:00", "senin"),
            *("{{ contact.name }}", "{{ x }}", "{% for", "order <a> <b>", "(", ".*", "<x:int>"),
            *("2026-03-20", "2026-01-04 20:00", "https://toko.contoh.id/a.jpg", "table.produk"),
        ]
    ),
)
KEYS = st.one_of(
    st.text(max_size=8),
    st.sampled_from(
        [
            *("id", "match", "if", "words", "exact", "reply", "use", "text", "any", "not", "all"),
            *("buttons", "list", "rows", "title", "label", "media", "image", "footer", "cooldown"),
            *("fuzzy", "regex", "pattern", "contains", "type", "event", "start", "notify", "to"),
            *("steps", "ask", "cancel", "timeout", "done", "choices", "min", "max", "interrupt"),
            *("record", "kind", "fields", "http", "call", "with", "handover", "for", "tag"),
            *("open", "eq", "gt", "say", "expect", "talk", "at", "holidays", "name", "senin"),
        ]
    ),
)
TREES = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=5),
    max_leaves=20,
)
SECTION = st.sampled_from(sorted(set(SECTIONS) - {"version"}))
RUBBISH = st.sampled_from(
    [
        *("", "  ", "\t", "-", ": :", "*tebal*", "@admin", "% diskon", "Halo: apa kabar", "{", "["),
        *("- {id: halo}", "&a [x]", "*a", "!!python/object:os.system x", "? x", "---", "...", "|"),
        *("#", "'", '"', "<<: *a", "rules:", "flows: {}", "  id: order", "reply: {{ x }}"),
    ]
)
EDITS = ("delete", "double", "swap", "indent", "outdent", "cut", "put")


@st.composite
def edited_shops(draw: st.DrawFn) -> str:
    """Return the example as it is after some careless edits."""
    lines = list(SHOP_LINES)
    for _ in range(draw(st.integers(1, 4))):
        place = draw(st.integers(0, len(lines) - 1))
        match draw(st.sampled_from(EDITS)):
            case "delete":
                del lines[place : place + draw(st.integers(1, 5))]
            case "double":
                lines.insert(place, lines[place])
            case "swap":
                other = draw(st.integers(0, len(lines) - 1))
                lines[place], lines[other] = lines[other], lines[place]
            case "indent":
                lines[place] = "  " + lines[place]
            case "outdent":
                lines[place] = lines[place].removeprefix("  ")
            case "cut":
                lines[place] = lines[place][: draw(st.integers(0, len(lines[place])))]
            case "put":
                lines[place] = draw(st.one_of(RUBBISH, SAID))
        if not lines:
            break
    return "\n".join(lines)


@st.composite
def changed_shops(draw: st.DrawFn) -> str:
    """Return the example with some of its values replaced by anything at all."""
    tree: Any = yaml.load("\n".join(SHOP_LINES), Loader=yaml.BaseLoader)
    for _ in range(draw(st.integers(1, 3))):
        parts = list(_parts(tree))
        inside, key = draw(st.sampled_from(parts))
        match draw(st.sampled_from(["replace", "delete", "rename", "move"])):
            case "replace":
                inside[key] = draw(TREES)
            case "delete":
                del inside[key]
            case "rename" if isinstance(inside, dict):
                inside[draw(KEYS)] = inside.pop(key)
            case _:
                other, place = draw(st.sampled_from(parts))
                inside[key] = yaml.load(yaml.safe_dump(other[place]), Loader=yaml.BaseLoader)
    return yaml.safe_dump(tree, allow_unicode=True, sort_keys=False)


def _parts(value: Any) -> Iterator[tuple[Any, Any]]:
    keys = list(value) if isinstance(value, dict) else []
    for key in range(len(value)) if isinstance(value, list) else keys:
        yield value, key
        yield from _parts(value[key])


def holds_up(text: str) -> None:
    """Read a file; a good one is looked through and talked to, a bad one tells what is wrong."""
    found = outcome(text)
    if not isinstance(found, Book):
        assert found
        assert all(problem.text and problem.line >= 0 for problem in found)
        return
    assert all(str(warning) for warning in warnings(found, now=NOW))
    chat = Chat(found)
    for said in ("halo", "order kopi 2", "Jl. Melati no. 5, Bandung", "ya", "?"):
        chat.say(said)


@examples(200)
@given(st.text(max_size=200))
def test_any_text_is_a_book_or_a_list_of_problems(text: str) -> None:
    for content in (text, f"version: 1\nrules:\n  - {text}", f"version: 1\nrules: [{text}]"):
        holds_up(content)


@examples(200)
@given(st.dictionaries(SECTION, TREES, max_size=4))
def test_any_yaml_is_a_book_or_a_list_of_problems(tree: dict[str, object]) -> None:
    holds_up(yaml.safe_dump({"version": 1, **tree}, allow_unicode=True))


@examples(40)
@given(edited_shops())
def test_a_carelessly_edited_shop_is_a_book_or_a_list_of_problems(text: str) -> None:
    holds_up(text)


@examples(40)
@given(changed_shops())
def test_a_shop_with_changed_values_is_a_book_or_a_list_of_problems(text: str) -> None:
    holds_up(text)


@examples(100)
@given(st.binary(max_size=300))
def test_bytes_that_are_no_book_are_refused_as_rules(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    file = tmp_path_factory.getbasetemp() / "rules.yaml"
    for bytes_ in (content, b"version: 1\nrules:\n  - id: " + content):
        file.write_bytes(bytes_)
        with suppress(RulesError):
            load(file)


@examples(200)
@given(SAID)
def test_the_normal_form_is_its_own_normal_form(text: str) -> None:
    assert plain(plain(text)) == plain(text)
