"""The decorators with which a module registers its functions. Their docstrings are documentation.

Each refuses at once what could only fail later: a name that cannot be written, a function with the
wrong number of parameters. Outside of a load, as in a test that imports the module, nothing is
registered.
"""

import inspect
import re
from collections.abc import Callable
from typing import Any, TypeVar

from bot.events import Kind
from bot.extend.registry import register
from bot.rules.compiling import ModuleRefused
from bot.rules.extensions import RECORD_KEPT, Action, Filter, Listener, Test
from bot.rules.filters import FILTERS
from bot.rules.schema import EVENTS
from bot.rules.spoken import nearest

# What a listener may hear of.
HEARD: tuple[str, ...] = (
    Kind.MESSAGE_RECEIVED,
    Kind.MESSAGE_ECHO,
    *EVENTS,
    Kind.FLOW_TIMEOUT,
    RECORD_KEPT,
)
_NAME = re.compile(r"[A-Za-z_][\w.-]{0,63}")
_FILTER = re.compile(r"[A-Za-z]\w{0,63}")

T = TypeVar("T", bound=Test)
A = TypeVar("A", bound=Action)
F = TypeVar("F", bound=Filter)
L = TypeVar("L", bound=Listener)


def matcher(name: str) -> Callable[[T], T]:
    """Decide whether a message asks for a rule: `match: {call: name}`.

    Called for every message that gets so far, so it must be quick, and it must change nothing.
    """
    return _registering("matcher", name)


def condition(name: str) -> Callable[[T], T]:
    """Decide whether a rule or an entry of a reply holds: `if: {call: name}`.

    Must be quick and change nothing.
    """
    return _registering("condition", name)


def action(name: str) -> Callable[[A], A]:
    """Say something at once: `call: name`. What it returns is said.

    It runs inside the turn, and the messages of other contacts wait for it: it must be quick, and
    reach neither a network nor a database. What may be slow is a `task`.
    """
    return _registering("action", name)


def task(name: str) -> Callable[[A], A]:
    """Look something up or have something done: `call: name`. What it returns is said.

    It runs after the turn, beside other tasks, and may use the network and databases. It runs at
    least once: after a crash perhaps twice, so what it changes should be recognised by
    `occasion.id`. After a minute nobody waits for it any more.
    """
    return _registering("task", name)


def template_filter(name: str) -> Callable[[F], F]:
    """Write a value in a text: `{{ value | name }}`. It gets the value, and what stands in ().

    When it raises, the text fails, as if its rule did not match.
    """

    def decorate(function: F) -> F:
        _check_name(name, _FILTER, "a filter", "harga_grosir")
        if name in FILTERS:
            raise ModuleRefused(f'"{name}" is a filter of our own; call it something else')
        _check_function(name, function, "the value", is_open=True)
        register("filter", name, function)
        return function

    return decorate


def listener(*kinds: str) -> Callable[[L], L]:
    """Hear of events after they were answered, as a task that says nothing: `message.received`.

    `record.kept` is told of each `record`, with its `kind` and `fields` in `occasion.details`. When
    it raises, it is told again for some hours, with waits between.
    """

    def decorate(function: L) -> L:
        if not kinds:
            raise ModuleRefused('name what to hear of: @listener("message.received")')
        for kind in kinds:
            if kind not in HEARD:
                meant = nearest(str(kind), HEARD)
                hint = f'did you mean "{meant}"?' if meant else f"there are {', '.join(HEARD)}"
                raise ModuleRefused(f'nothing is told of "{kind}"; {hint}')
        name = getattr(function, "__name__", type(function).__name__)
        _check_function(name, function, "the occasion")
        register("listener", name, function, kinds=kinds)
        return function

    return decorate


# Any: it gives back whatever function it gets.
def _registering(what: str, name: str) -> Callable[[Any], Any]:
    def decorate(function: Any) -> Any:
        _check_name(name, _NAME, f"{'an' if what == 'action' else 'a'} {what}", "cek_pesanan")
        _check_function(name, function, "the occasion")
        register(what, name, function)
        return function

    if callable(name):  # written without ()
        raise ModuleRefused(f'give the {what} a name: @{what}("{getattr(name, "__name__", "")}")')
    return decorate


def _check_name(name: object, pattern: re.Pattern[str], what: str, example: str) -> None:
    if not isinstance(name, str) or not pattern.fullmatch(name):
        raise ModuleRefused(f"{what} needs a name such as {example}")


def _check_function(name: str, function: object, what: str, *, is_open: bool = False) -> None:
    """Refuse what cannot be called with one value; `is_open`: more may follow."""
    if not callable(function):
        raise ModuleRefused(f'"{name}" is no function')
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        raise ModuleRefused(f'"{name}" is async; it must be a plain function')
    if inspect.isgeneratorfunction(function):
        raise ModuleRefused(f'"{name}" yields; it must return')
    try:
        signature = inspect.signature(function)
    except ValueError:  # some functions written in C tell nothing of themselves
        return
    try:
        signature.bind(object())
    except TypeError:
        first = "takes" if is_open else "must take"
        more = " first" if is_open else " and nothing else"
        raise ModuleRefused(f'"{name}" {first} one parameter, {what}{more}') from None
