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
# Steps: what stands in a loop each time it is gone through, filters, operators, comparisons; and
# what they work on, in parts of 64 characters or 8 entries.
MAX_WORK = 100_000
MAX_NUMBER = 10**18
MAX_RANGE = 1000

_LOOP_NAMES = frozenset({"index", "index0", "revindex", "revindex0", "first", "last", "length"})
_OPERATORS = frozenset({"+", "-", "*", "/", "//", "%", "**"})
# Tests that look at one value, however large it is, in one step.
_TESTS = ("defined", "undefined", "none", "number", "string", "odd", "even", "divisibleby")
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

    def write(self, names: Mapping[str, object], *, budget: "Budget | None" = None) -> str:
        """Return the text for one message, or raise TextFailed.

        Without a `budget`, that of one text is given to it.
        """
        if self._template is None:
            return self._constant or ""
        pieces: list[str] = []
        written = 0
        try:
            for piece in self._template.generate({**names, _BUDGET: budget or Budget()}):
                pieces.append(piece)
                written += len(piece)
                if written > MAX_OUTPUT:
                    raise TooMuch("it becomes too long")
        except FAILURES as error:
            raise TextFailed(_reason(error)) from error
        return "".join(pieces).strip()


class Budget:
    """The work that one text may do; what it does is also taken from `whole`, that of several."""

    __slots__ = ("_left", "_whole")

    def __init__(self, work: int = MAX_WORK, *, whole: "Budget | None" = None) -> None:
        self._left = work
        self._whole = whole

    def spend(self, *values: object, steps: int = 1) -> None:
        self.take(steps + sum(map(_work, values)) // 64)

    def take(self, work: int) -> None:
        self._left -= work
        if self._left < 0:
            raise TooMuch("it does too much")
        if self._whole:
            self._whole.take(work)


class Environment(SandboxedEnvironment):
    """Jinja2 without attributes, without calls, and with limits on operators and loops."""

    intercepted_binops = _OPERATORS

    def __init__(self, filters: Mapping[str, Callable[..., Any]] | None = None) -> None:
        # Not optimised: constants would be computed while the text is compiled, without limits.
        super().__init__(undefined=StrictUndefined, optimized=False, finalize=written)
        self.globals = {"range": _range}
        self.filters = {
            name: _counted(function) for name, function in {**(filters or {}), **FILTERS}.items()
        }
        self.tests = {name: self.tests[name] for name in _TESTS}
        self.filters["_each"] = _each
        self.filters["_sized"] = _sized
        self.filters["_joined"] = _counted(join)

    def limited(self, tree: nodes.Template) -> nodes.Template:
        """Return a parsed text with its loops, comparisons and ~ under the budget."""
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
        _budget(context).spend(result, steps=0)
        return result


def standalone_tags(text: str) -> str:
    """Move the line ends after tags that stand alone into the tags; the lines stay the same."""
    return _TAG_ALONE.sub(r"\1\n\2", text)


def _work(value: object) -> int:
    # An entry of a list takes longer than a letter of a text.
    return size(value) * (8 if isinstance(value, list | tuple | dict) else 1)


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
        budget = _budget(context)
        budget.spend(value, *args, *kwargs.values())
        result = function(value, *args, **kwargs)
        bounded(size(result))
        budget.spend(result, steps=0)
        return result

    return filtered


@pass_context
def _each(context: Context, values: Iterable[Any], steps: int) -> Iterable[Any]:
    """Yield the values of a loop in which so many steps stand."""
    budget = _budget(context)
    for value in values:
        budget.spend(steps=steps)
        bounded(size(value))
        yield value


@pass_context
def _sized(context: Context, value: Any) -> Any:
    """Return a value that is looked through or copied, which takes as long as it is large."""
    _budget(context).spend(value)
    return value


class _Limits(NodeTransformer):
    def visit_For(self, node: nodes.For) -> nodes.Node:  # noqa: N802 - Jinja2's name
        steps = sum(1 for _ in node.find_all(nodes.Node))
        self.generic_visit(node)
        arguments: list[nodes.Expr] = [nodes.Const(steps, lineno=node.lineno)]
        node.iter = nodes.Filter(node.iter, "_each", arguments, [], None, None, lineno=node.lineno)
        return node

    def visit_Compare(self, node: nodes.Compare) -> nodes.Node:  # noqa: N802 - Jinja2's name
        self.generic_visit(node)
        node.expr = _as_sized(node.expr)
        for operand in node.ops:
            operand.expr = _as_sized(operand.expr)
        return node

    def visit_Getitem(self, node: nodes.Getitem) -> nodes.Node:  # noqa: N802 - Jinja2's name
        self.generic_visit(node)
        if isinstance(node.arg, nodes.Slice):
            node.node = _as_sized(node.node)
        return node

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:  # noqa: N802 - Jinja2's name
        self.generic_visit(node)
        parts = nodes.List(node.nodes, lineno=node.lineno)
        return nodes.Filter(parts, "_joined", [], [], None, None, lineno=node.lineno)


def _as_sized(node: nodes.Expr) -> nodes.Expr:
    return nodes.Filter(node, "_sized", [], [], None, None, lineno=node.lineno)


def _reason(error: BaseException) -> str:
    """Return why a text failed, without a word that somebody wrote in a message."""
    if isinstance(error, TooMuch):
        return str(error)
    if isinstance(error, TemplateError):
        return f"a name has no value ({type(error).__name__})"
    return f"it cannot be computed ({type(error).__name__})"
