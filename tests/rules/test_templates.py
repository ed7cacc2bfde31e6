"""Texts: what they can say, and what nobody can make them do."""

from dataclasses import replace

import pytest

from bot.rules.errors import TextFailed
from bot.rules.names import MESSAGE
from bot.rules.numbers import Number
from bot.rules.templates import MAX_OUTPUT, Environment, Text, standalone_tags
from bot.rules.templating import Texts
from tests.rules.playing import Chat, book, problems, texts

NAMES = {"contact": {"name": "Siti", "phone": "628"}, "harga": Number(50000, "50.000")}


def write(text: str) -> str:
    """Write a text that is not checked first, as a mistake in the checks would let it."""
    environment = Environment()
    tree = environment.limited(environment.parse(standalone_tags(text)))
    template = environment.template_class.from_code(
        environment, environment.compile(tree), environment.make_globals(None)
    )
    return Text(template).write(NAMES)


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("Halo {{ contact.name }}", "Halo Siti"),
        ("{{ contact['name'] }}", "Siti"),
        ("{{ harga }}", "50.000"),
        ("{{ harga | rupiah }}", "Rp 50.000"),
        ("{{ (harga * 3) | rupiah }}", "Rp 150.000"),
        ("{{ '50.000' | rupiah }}", "Rp 50.000"),
        ("{{ 1234567.5 | rupiah }}", "Rp 1.234.568"),
        ("{{ (0 - 5) | rupiah }}", "-Rp 5"),
        ("{{ '' | rupiah }}", ""),
        ("{{ '' or 'Kak' }}", "Kak"),
        ("{{ '' | default('Kak') }}", "Kak"),
        ("{{ 'siti aminah' | title }}", "Siti Aminah"),
        ("{{ 'abcdef' | truncate(4) }}", "abc…"),
        ("{{ [1, 2] | join(', ') }} {{ [3, 1] | sort | first }}", "1, 2 1"),
        ("{{ 'a' ~ 1 ~ 'b' }}", "a1b"),
        ("{% for n in range(1, 4) %}{{ loop.index }}={{ n }};{% endfor %}", "1=1;2=2;3=3;"),
        ("a\n{% if 1 %}\nb\n{% endif %}\nc", "a\nb\nc"),
        ("Halo{% if 1 %} Kak{% endif %}\nApa kabar", "Halo Kak\nApa kabar"),
        ("{{ [{'n': 1}, {'n': 2}] | map(attribute='n') | sum }}", "3"),
        ("  rata  ", "rata"),
    ],
)
def test_a_text_is_written(text: str, written: str) -> None:
    assert write(text) == written


@pytest.mark.parametrize(
    "text",
    [
        "{{ ''.__class__ }}",
        "{{ contact.__class__ }}",
        "{{ contact.items }}",
        "{{ contact.name.__len__ }}",
        "{{ ''['__class__'] }}",
        "{{ harga.written }}",
        "{{ [1] | map(attribute='__class__') | first }}",
        "{{ range.__globals__ }}",
        "{{ loop }}",
        "{{ self }}",
        "{{ _budget }}",
        "{{ contact.name.format }}",
        "{{ lipsum }}",
        "{{ contact.nama }}",
    ],
)
def test_nothing_but_values_can_be_reached(text: str) -> None:
    assert problems("rules:\n  - id: a\n    match: {words: a}\n    reply: >-\n      " + text)
    if text not in ("{{ _budget }}", "{{ self }}"):  # these are stopped by their names alone
        with pytest.raises(TextFailed):
            write(text)


@pytest.mark.parametrize(
    "text",
    [
        "{{ 'a' * 10**9 }}",
        "{{ 'a' * 1000000000 }}",
        "{{ 1000000000 * 'a' }}",
        "{{ [1] * 1000000000 }}",
        "{{ ('a' * 16000 + 'a' * 16000) | length }}",
        "{{ 10 ** 10 ** 10 }}",
        "{{ 999999999999 * 999999999999 }}",
        "{{ '%1000000000d' % 1 }}",
        "{{ '%1000000000d' | format(1) }}",
        "{{ 'a' | center(1000000000) }}",
        "{{ ('a' * 9000) | replace('a', 'a' * 9000) }}",
        "{{ ('a' * 9000) | join('a' * 9000) }}",
        "{{ range(1000000000) | join }}",
        "{% for a in range(1000) %}{% for b in range(1000) %}{% for c in range(1000) %}"
        "{% endfor %}{% endfor %}{% endfor %}",
        "{% for a in range(1000) %}{{ 'a' * 1000 }}{% endfor %}",
        "{% for a in ['a' * 16000] %}{{ [" + "a, " * 3000 + "] ~ '' }}{% endfor %}",
        "{% for a in ['a' * 16000] %}{{ " + "a ~ " * 2000 + "a }}{% endfor %}",
        "{{ ['a' * 16000, 'b'] }}",
        "{{ " + "(" * 300 + "1" + ")" * 300 + " }}",
        "{{ " + "9" * 5000 + " }}",
        "{{ " + "[" * 5000 + " }}",
        "{% for x in 'a' %}" * 40 + "{% endfor %}" * 40,
    ],
)
def test_no_text_can_be_too_long_or_do_too_much(text: str) -> None:
    assert isinstance(Texts({}).compile(text, MESSAGE), list)


def test_output_is_bounded() -> None:
    with pytest.raises(TextFailed, match="too long"):
        write("{% for n in range(20) %}{{ 'a' * 1000 }}{% endfor %}")
    assert len(write("{{ 'a' * 16000 }}")) < MAX_OUTPUT


def test_what_a_customer_writes_is_never_a_template() -> None:
    rules = book(
        "rules:\n  - {id: a, match: {words: beo}, reply: 'Kata Anda: {{ message.text }}'}\n"
    )

    said = "beo {{ 7*7 }} {% for x in y %} {{ ''.__class__ }}"

    assert texts(Chat(rules).say(said)) == [f"Kata Anda: {said}"]


def test_a_name_of_the_contact_is_never_a_template() -> None:
    rules = book("rules:\n  - {id: a, match: {words: beo}, reply: 'Halo {{ contact.name }}'}\n")
    chat = Chat(rules)
    chat.view = replace(chat.view, name="{{ 7*7 }}")

    assert texts(chat.say("beo")) == ["Halo {{ 7*7 }}"]


def test_a_long_message_can_be_quoted() -> None:
    rules = book("rules:\n  - {id: a, match: {words: beo}, reply: '{{ message.text }}'}\n")

    assert len(texts(Chat(rules).say("beo " * 20_000))[0]) <= 2000


def test_what_is_absent_is_written_as_nothing() -> None:
    rules = book(
        "rules:\n  - {id: a, match: {words: a}, reply: 'Halo {{ contact.name }}{{ caption }}!'}\n"
    )
    chat = Chat(rules)
    chat.view = replace(chat.view, name=None)

    assert texts(chat.say("a", name=None)) == ["Halo !"]


def test_a_failure_quotes_nobody() -> None:
    with pytest.raises(TextFailed) as failed:
        write("{{ contact.name + 5 }}")

    assert "Siti" not in str(failed.value)
