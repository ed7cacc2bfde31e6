"""Texts are a sandbox: nothing outside their values can be reached."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.rules.errors import TextFailed
from bot.rules.templates import MAX_OUTPUT, Text
from bot.rules.templating import Texts
from tests.rules.playing import problems
from tests.rules.writing import NAMES, unchecked

# What shows that a Python object, and no value, was written.
LEAKS = (" object at 0x", "<function", "<class", "<bound", "<module", "<generator", "LoopContext")


@pytest.mark.parametrize(
    "text",
    [
        "{{ ''.__class__.__mro__ }}",
        "{{ ''['__class__']['__mro__'] }}",
        "{{ ''|attr('__class__') }}",
        "{{ contact.__class__.__init__.__globals__ }}",
        "{{ contact.get('name') }}",
        "{{ contact.name.format('x') }}",
        "{{ '{0.__class__}'.format(contact) }}",
        "{{ '%s' | format(contact) }}",
        "{{ tables.produk[0].__class__ }}",
        "{{ tables.produk[0]._cells }}",
        "{{ tables.produk[0].keys() }}",
        "{{ tables.produk | map(attribute='__class__') | first }}",
        "{{ tables.produk | map(attribute='_cells') | first }}",
        "{{ tables.produk | map('upper') | join }}",
        "{{ tables.produk | selectattr('id') | list }}",
        "{{ tables.produk | groupby('id') }}",
        "{{ contact | tojson }}",
        "{{ contact | pprint }}",
        "{{ contact | xmlattr }}",
        "{{ cycler }}",
        "{{ cycler('a').__init__ }}",
        "{{ joiner }}",
        "{{ lipsum() }}",
        "{{ lipsum.__globals__ }}",
        "{{ namespace() }}",
        "{{ dict(a=1) }}",
        "{{ config }}",
        "{{ self }}",
        "{{ self.__init__ }}",
        "{{ super() }}",
        "{{ caller() }}",
        "{{ varargs }}",
        "{{ range }}",
        "{{ [range] | join }}",
        "{{ range | default }}",
        "{{ [2, 1] | sort(key=range) }}",
        "{{ range.__call__ }}",
        "{{ _budget }}",
        "{{ _budget.spend(-1000) }}",
        "{{ [1] | _each(-1000) | join }}",
        "{{ 'a' | _sized }}",
        "{{ ['a'] | _joined }}",
        "{% for _budget in [1] %}{{ 'a' | upper }}{% endfor %}",
        "{% for x in [1] %}{{ loop }}{% endfor %}",
        "{% for x in [1] %}{{ loop.__class__ }}{% endfor %}",
        "{% for x in [1] %}{{ loop._iterator }}{% endfor %}",
        "{% for x in [1] %}{{ loop.cycle('a') }}{% endfor %}",
        "{% for x in [1] recursive %}{{ loop([1]) }}{% endfor %}",
        "{% set x = 1 %}",
        "{% set ns = namespace(a=1) %}",
        "{% macro a() %}{% endmacro %}",
        "{% call a() %}{% endcall %}",
        "{% filter upper %}a{% endfilter %}",
        "{% block a %}{% endblock %}",
        "{% with a = 1 %}{% endwith %}",
        "{% autoescape true %}{% endautoescape %}",
        "{% include 'a' %}",
        "{% import 'a' as b %}",
        "{% from 'a' import b %}",
        "{% extends 'a' %}",
        "{% do 1 %}",
        "{{ 1 is callable }}",
        "{{ 'a' is in 'abc' }}",
        "{{ 'a' is sameas 'a' }}",
        "{{ 'a' is filter }}",
    ],
)
def test_nothing_outside_is_reached(text: str) -> None:
    assert isinstance(Texts({"toko": "Melati"}).compile(text, NAMES), list)


@pytest.mark.parametrize(
    "text",
    [
        "{{ ''.__class__ }}",
        "{{ ''.__doc__ }}",
        "{{ contact.__doc__ }}",
        "{{ contact.items }}",
        "{{ tables.produk[0]._cells }}",
        "{{ tables.produk | map(attribute='__class__') | first }}",
        "{{ range }}",
        "{{ [range] | join }}",
        "{{ range(3) }}",
        "{{ contact.name.format }}",
        "{{ '%s' % contact }}",
        "{{ (contact) }}",
        "{{ [contact] }}",
        "{% for x in [1] %}{{ loop }}{% endfor %}",
        "{% for x in [1] %}{{ loop.cycle }}{% endfor %}",
        "{{ [1] | _each(1) }}",
    ],
)
def test_what_slips_through_the_checks_still_shows_no_object(text: str) -> None:
    with pytest.raises(TextFailed):
        unchecked(text).write(NAMES)


def test_nothing_can_be_called() -> None:
    with pytest.raises(TextFailed):
        unchecked("{{ f() }}").write({"f": lambda: "x"})


def test_range_by_itself_is_explained() -> None:
    assert Texts({}).compile("{{ range }}", NAMES) == [
        (1, "range", "range needs a number: range(3)")
    ]


ATOMS = st.sampled_from(
    [
        *(
            "contact.name",
            "contact",
            "message.text",
            "vars.toko",
            "tables.produk",
            "tables",
            "loop",
        ),
        *("x", "x.nama", "range(3)", "range(10**9)", "range", "''", "'a'", "'{{'", "1", "0"),
        *("-1", "10**9", "[]", "{}", "[1, 'a']", "{'a': 1}", "none", "self", "__class__"),
    ]
)
FILTERS = st.sampled_from(
    [
        *(
            "upper",
            "title",
            "rupiah",
            "default('a')",
            "join",
            "join(', ')",
            "first",
            "last",
            "length",
        ),
        *("sort", "sum", "min", "max", "int", "abs", "trim", "truncate(3)", "replace('a', 'bb')"),
        *("map(attribute='nama')", "map(attribute='__class__')", "attr('x')", "_each(1)", "format"),
        *("truncate(-1, 'a' * 9999)", "replace('', 'x' * 9999)", "sum([])", "sum(start='')"),
    ]
)
TRAILS = st.sampled_from(
    [".name", ".__class__", "['name']", "[0]", "[1:]", "[::-1]", "['__class__']", "()", "(1)"]
)
OPERATORS = st.sampled_from([*("+", "-", "*", "/", "//", "%", "**", "~", "and", "==", "<", "in")])
EXPRESSIONS = st.recursive(
    ATOMS,
    lambda inner: st.one_of(
        st.tuples(inner, FILTERS).map(lambda parts: f"({parts[0]} | {parts[1]})"),
        st.tuples(inner, TRAILS).map("".join),
        st.tuples(inner, OPERATORS, inner).map(lambda parts: f"({' '.join(parts)})"),
        st.tuples(inner, inner).map(lambda parts: f"({parts[0]} if {parts[1]} else 'x')"),
        st.lists(inner, max_size=3).map(lambda parts: f"[{', '.join(parts)}]"),
        inner.map(lambda part: f"(not {part})"),
    ),
    max_leaves=8,
)
TEMPLATES = st.recursive(
    st.one_of(EXPRESSIONS.map(lambda e: f"{{{{ {e} }}}}"), st.text(max_size=10)),
    lambda inner: st.one_of(
        st.tuples(EXPRESSIONS, inner).map(
            lambda parts: f"{{% for x in {parts[0]} %}}{parts[1]}{{% endfor %}}"
        ),
        st.tuples(EXPRESSIONS, inner, inner).map(
            lambda parts: f"{{% if {parts[0]} %}}{parts[1]}{{% else %}}{parts[2]}{{% endif %}}"
        ),
        st.lists(inner, min_size=2, max_size=4).map("".join),
    ),
    max_leaves=5,
)
GARBAGE = st.lists(
    st.sampled_from(
        ["{{", "}}", "{%", "%}", "{#", "#}", "if", "for", "x", " ", "'", "(", "|", "\n"]
    ),
    max_size=30,
).map("".join)


@settings(max_examples=300, deadline=None)
@given(st.one_of(TEMPLATES, GARBAGE, st.text(max_size=100)))
def test_any_text_is_written_or_fails_as_a_text(text: str) -> None:
    found = Texts({"toko": "Melati"}).compile(text, NAMES)

    if isinstance(found, Text):
        assert len(found.write(NAMES)) <= MAX_OUTPUT
    else:
        assert all(line >= 1 and reason for line, _, reason in found)


@settings(max_examples=300, deadline=None)
@given(TEMPLATES)
def test_even_unchecked_no_text_shows_an_object_or_raises_anything_else(text: str) -> None:
    try:
        compiled = unchecked(text)
    except Exception:  # noqa: BLE001 - what cannot be compiled is refused with everything else
        return
    try:
        said = compiled.write(NAMES)
    except TextFailed:
        return
    assert not any(leak in said for leak in LEAKS)


@settings(max_examples=100, deadline=None)
@given(st.one_of(TEMPLATES, GARBAGE))
def test_what_a_contact_writes_comes_back_as_it_is(text: str) -> None:
    found = Texts({}).compile("Kata Anda: {{ message.text }}", NAMES)
    assert isinstance(found, Text)

    said = found.write({**NAMES, "message": {"text": text, "type": "text"}})

    assert said == f"Kata Anda: {text}".strip()


def test_a_var_cannot_take_the_name_that_a_text_has_for_itself() -> None:
    rules = "rules: [{id: a, match: {words: a}, reply: x}]\nvars: {self: Melati}\n"

    assert '"self" is a name of our own' in problems(rules)[0]
