"""No text takes unbounded work or memory, whatever its author has written."""

import tracemalloc

import pytest

from bot.rules.errors import TextFailed
from bot.rules.templates import MAX_WORK, Text
from bot.rules.templating import MAX_MISTAKES, Texts
from tests.rules.counting import calls_of
from tests.rules.writing import NAMES, unchecked

BIG = "('a' * 16000)"


def loop(over: str, inside: str, *, name: str = "x") -> str:
    """Return a text that goes through something."""
    return f"{{% for {name} in {over} %}}{inside}{{% endfor %}}"


def with_big(value: str) -> str:
    """Return a text that works something out of a long text, which is `big`, again and again."""
    return loop(f"[{BIG}]", loop("range(500)", with_value(value)), name="big")


def with_list(part: str, times: int) -> str:
    """Return a text that makes a list, and says nothing."""
    return f"{{% if [{(part + ',') * times}] %}}{{% endif %}}"


def with_value(value: str) -> str:
    """Return a text that works a value out, and says nothing."""
    return f"{{% if {value} %}}{{% endif %}}"


THOUSAND = "range(1000)"
ROWS_OF_NAMES = "tables.produk | map(attribute='nama')"
COSTLY = {
    "nested loops": loop(THOUSAND, loop("range(999)", "x")),
    "loops that say nothing": loop(THOUSAND, loop("range(999)", "")),
    "a long loop body": loop(THOUSAND, with_list("1", 3000)),
    "searching": with_big("'b' in big"),
    "comparing": with_big("big == 'b'"),
    "slices": with_big("big[1:]"),
    "long texts in a list": with_list("'a' * 16000", 1000),
    "wide letters in a list": with_list("'😀' * 16000", 1000),
    "filters": loop(THOUSAND, with_value(f"{BIG} | upper | lower | title")),
    "replacing": loop(THOUSAND, with_value(f"{BIG} | replace('a', 'b')")),
    "a loop over a text": loop(BIG, loop(f"{BIG} | upper", "")),
    "sorting": loop(THOUSAND, with_value(f"{ROWS_OF_NAMES} | sort")),
    "joining": loop(THOUSAND, with_value(f"{ROWS_OF_NAMES} | join | length")),
    "sums": with_value(" + ".join([BIG] * 150)),
}


@pytest.mark.timeout(20)
@pytest.mark.parametrize("text", COSTLY.values(), ids=COSTLY)
def test_a_text_does_no_more_than_its_budget(text: str) -> None:
    compiled = unchecked(text)

    def write() -> None:
        with pytest.raises(TextFailed, match=r"too (much|long)"):
            compiled.write(NAMES)

    # Each step is a handful of calls at most.
    assert calls_of(write) < 8 * MAX_WORK
    tracemalloc.start()
    try:
        write()
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak < 64 * 1024 * 1024


def test_a_list_of_everything_that_a_shop_sells_is_within_the_budget() -> None:
    text = unchecked(
        "{% for p in tables.produk %}{% if p.harga > 5 and p.id != 'p9' %}"
        "{{ loop.index }}. {{ p.id | upper }}: {{ p.harga | rupiah }}\n{% endif %}{% endfor %}"
    )

    assert text.write(NAMES).count("\n") == 292


@pytest.mark.timeout(20)
@pytest.mark.parametrize(
    "text",
    [
        "{{ " + "(" * 1000 + "1" + ")" * 1000 + " }}",
        "{{ " + "[" * 8000 + " }}",
        "{{ " + "{1:" * 5000 + " }}",
        "{{ " + "- " * 8000 + "1 }}",
        "{{ " + "not " * 4000 + "1 }}",
        "{{ " + "1 + " * 4000 + "1 }}",
        "{{ " + "1 if 1 else " * 1300 + "1 }}",
        "{{ contact" + ".name" * 3000 + " }}",
        "{{ 'a'" + " | upper" * 1800 + " }}",
        "{{ 'a'" + "[0]" * 5000 + " }}",
        "{% if 1 %}" * 800 + "{% endif %}" * 800,
        "{% for x in 'a' %}" * 400 + "{% endfor %}" * 400,
        "{{ 10 ** 18 ** 10 }}",
        "{{ " + "9" * 4299 + " * " + "9" * 4299 + " }}",
        "{{ 1e999 * 10 }}",
        "{{ 1e300 }}",
        "{{ 99999999999999999999 }}",
        "{{ range(10 ** 18) }}",
        "{{ range(999999999999999999999999999999) | join }}",
        "{{ 'a' * 999999999999999999 }}",
    ],
)
def test_a_text_that_is_too_complicated_is_refused(text: str) -> None:
    found = Texts({}).compile(text, NAMES)

    assert isinstance(found, list)
    assert 1 <= len(found) <= MAX_MISTAKES


@pytest.mark.timeout(60)
def test_many_costly_texts_together_are_refused() -> None:
    texts, costly = Texts({}), loop(THOUSAND, loop("range(20)", ""))

    found = [texts.compile(f"{costly}{n}", NAMES) for n in range(99)]

    assert isinstance(found[0], Text)
    assert not isinstance(found[-1], Text)


def test_a_reply_that_is_used_with_many_sets_of_names_is_refused_at_last() -> None:
    texts = Texts({})
    reply = "{{ message.text }}" + "x" * 16_000

    found = [texts.compile(reply, dict(NAMES)) for _ in range(300)]

    assert isinstance(found[0], Text)
    assert not isinstance(found[-1], Text)


@pytest.mark.timeout(20)
def test_of_many_mistakes_in_a_text_only_the_first_are_told() -> None:
    text = "".join(f"{{{{ tidak_ada_{n} }}}}" for n in range(800))

    assert len(Texts({f"nama_{n}": "x" for n in range(2000)}).compile(text, NAMES)) == MAX_MISTAKES  # type: ignore[arg-type]
