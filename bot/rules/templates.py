"""The texts of replies: Jinja2, in a sandbox with bounded output and bounded work.

Values are only ever values: nothing is looked up as an attribute of a Python object, nothing can
be called but `range`, and what people wrote is never read as a template.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from jinja2 import StrictUndefined, Template, TemplateError, Undefined, nodes, pass_context
from jinja2.runtime import Context, LoopContext
from jinja2.sandbox import SandboxedEnvironment
from jinja2.visitor import NodeTransformer

from bot.rules.errors import TextFailed
from bot.rules.filters import FILTERS, TooMuch, bounded, join, size, written

# The longest reply in characters: four messages at the limit of most gateways.
MAX_OUTPUT = 4 * 4096
# Steps of loops, filters and operators, and their size in parts of 64 characters.
MAX_WORK = 20_000
MAX_NUMBER = 10**18
MAX_RANGE = 1000

_LOOP_NAMES = frozenset({"index", "index0", "revindex", "revindex0", "first", "last", "length"})
_OPERATORS = frozenset({"+", "-", "*", "/", "//", "%", "**"})
_BUDGET = "_budget"
# A line with nothing on it but one tag says nothing, so its end is moved into the tag.
_TAG_ALONE = re.compile(r"^[ \t]*(\{%(?:(?!%\}).)*)(%\})[ \t]*\n", re.MULTILINE)

# What a text can raise while it is written: its author's mistakes, never ours.
FAILURES = (
    TemplateError,
    ArithmeticError,
    AttributeError,
    LookupError,
    TypeError,
    ValueError,
    RecursionError,
    MemoryError,
)


class Text:
    """A compiled text."""

    __slots__ = ("_constant", "_template")

    def __init__(self, template: Template | str) -> None:
        self._constant = template if isinstance(template, str) else None
        self._template = None if isinstance(template, str) else template

    def write(self, names: Mapping[str, object]) -> str:
        """Return the text for one message, or raise TextFailed."""
        if self._template is None:
            return self._constant or ""
        pieces: list[str] = []
        written = 0
        try:
            for piece in self._template.generate({**names, _BUDGET: Budget()}):
                pieces.append(piece)
                written += len(piece)
                if written > MAX_OUTPUT:
                    raise TooMuch("it becomes too long")
        except FAILURES as error:
            raise TextFailed(_reason(error)) from error
        return "".join(pieces).strip()


class Budget:
    """The work that one text may do."""

    __slots__ = ("_left",)

    def __init__(self) -> None:
        self._left = MAX_WORK

    def spend(self, *values: object) -> None:
        self._left -= 1 + sum(map(size, values)) // 64
        if self._left < 0:
            raise TooMuch("it does too much")


class Environment(SandboxedEnvironment):
    """Jinja2 without attributes, without calls, and with limits on operators and loops."""

    intercepted_binops = _OPERATORS

    def __init__(self) -> None:
        # Not optimised: constants would be computed while the text is compiled, without limits.
        super().__init__(undefined=StrictUndefined, optimized=False, finalize=written)
        self.globals = {"range": _range}
        self.filters = {name: _counted(function) for name, function in FILTERS.items()}
        self.filters["_each"] = _each
        self.filters["_joined"] = _counted(join)

    def limited(self, tree: nodes.Template) -> nodes.Template:
        """Return a parsed text with its loops and its ~ under the budget."""
        limited = _Limits().visit(tree)
        if not isinstance(limited, nodes.Template):
            raise TypeError("a template stays a template")
        return limited

    def getattr(self, obj: Any, attribute: str) -> Any:
        return self.getitem(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        if isinstance(obj, LoopContext) and argument in _LOOP_NAMES:
            return getattr(obj, argument)
        if isinstance(obj, Mapping | list | tuple | str):
            try:
                return obj[argument]
            except (LookupError, TypeError):
                pass
        return self.undefined(obj=obj, name=argument)

    def is_safe_callable(self, obj: Any) -> bool:
        return obj is _range

    def call_binop(self, context: Context, operator: str, left: Any, right: Any) -> Any:
        _budget(context).spend(left, right)
        if operator == "%" and isinstance(left, str):
            raise TypeError("% works on numbers only")
        if operator == "**":
            raise TypeError("** is not allowed")
        if operator == "*":
            _bound_product(left, right)
        result = super().call_binop(context, operator, left, right)
        if isinstance(result, int | float) and abs(result) > MAX_NUMBER:
            raise TooMuch("a number becomes too large")
        bounded(size(result))
        return result


def standalone_tags(text: str) -> str:
    """Move the line ends after tags that stand alone into the tags; the lines stay the same."""
    return _TAG_ALONE.sub(r"\1\n\2", text)


def _budget(context: Context) -> Budget:
    budget = context[_BUDGET]
    if not isinstance(budget, Budget):
        raise TypeError("there is no budget")
    return budget


def _bound_product(left: Any, right: Any) -> None:
    for text, times in ((left, right), (right, left)):
        if isinstance(text, list | tuple):
            raise TypeError("a list cannot be multiplied")
        if isinstance(text, str) and isinstance(times, int):
            bounded(len(text) * max(times, 0))


def _range(*bounds: int) -> range:
    numbers = range(*bounds)
    if len(numbers) > MAX_RANGE:
        raise TooMuch(f"range is limited to {MAX_RANGE}")
    return numbers


def _counted(function: Callable[..., Any]) -> Callable[..., Any]:
    @pass_context
    def filtered(context: Context, value: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(value, Undefined) and function is not FILTERS["default"]:
            str(value)  # a strict undefined value raises, with the name that is missing
        _budget(context).spend(value, *args)
        result = function(value, *args, **kwargs)
        bounded(size(result))
        return result

    return filtered


@pass_context
def _each(context: Context, values: Iterable[Any]) -> Iterable[Any]:
    budget = _budget(context)
    for value in values:
        budget.spend()
        bounded(size(value))
        yield value


class _Limits(NodeTransformer):
    def visit_For(self, node: nodes.For) -> nodes.Node:  # noqa: N802 - Jinja2's name
        self.generic_visit(node)
        node.iter = nodes.Filter(node.iter, "_each", [], [], None, None, lineno=node.lineno)
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802 - Jinja2's name
        self.generic_visit(node)
        parts = nodes.List(node.nodes, lineno=node.lineno)
        return nodes.Filter(parts, "_joined", [], [], None, None, lineno=node.lineno)


def _reason(error: BaseException) -> str:
    """Return why a text failed, without a word that somebody wrote in a message."""
    if isinstance(error, TooMuch):
        return str(error)
    if isinstance(error, TemplateError):
        return f"a name has no value ({type(error).__name__})"
    return f"it cannot be computed ({type(error).__name__})"
