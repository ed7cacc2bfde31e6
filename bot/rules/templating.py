"""Compile texts, and refuse at load what would fail at the customer: unknown names above all."""

from collections.abc import Callable, Iterator, Mapping
from itertools import islice

from jinja2 import TemplateSyntaxError, nodes

from bot.rules.errors import TextFailed
from bot.rules.filters import is_written
from bot.rules.names import Names
from bot.rules.spoken import nearest
from bot.rules.templates import MAX_NUMBER, MAX_WORK, Budget, Environment, Text, standalone_tags

MAX_TEMPLATE = 16_384
# What all texts of a file may do while they are tried, and how long those with {{ }} may be
# together; a named reply counts once for each set of names that it is used with.
MAX_TRIED = 20 * MAX_WORK
MAX_COMPILED = 2 * 1024 * 1024
# Whoever has more mistakes in one text reads these first.
MAX_MISTAKES = 20

_ALLOWED = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.Getattr,
    nodes.Getitem, nodes.Slice, nodes.Filter, nodes.Test, nodes.CondExpr, nodes.If, nodes.For,
    nodes.Compare, nodes.Operand, nodes.BinExpr, nodes.UnaryExpr, nodes.Concat, nodes.List,
    nodes.Tuple, nodes.Dict, nodes.Pair, nodes.Call, nodes.Keyword,
)  # fmt: skip
# How the refused tags are called in a text.
_TAGS = {"Assign": "set", "AssignBlock": "set", "CallBlock": "call", "FilterBlock": "filter"}

# (line within the text from 1, a word to look for on it, what is wrong)
Mistake = tuple[int, str, str]


class Texts:
    """Compiles the texts of one rules file."""

    def __init__(
        self,
        variables: Mapping[str, object],
        *,
        filters: Mapping[str, Callable[..., object]] | None = None,
    ) -> None:
        self._environment = Environment(filters or {})
        self._variables = variables
        self._trial = Budget(MAX_TRIED)
        self._length = 0
        # With the names, which must live as long as their identity is asked for.
        self._compiled: dict[tuple[str, int], tuple[Names, Text]] = {}

    def compile(self, text: str, names: Names) -> Text | list[Mistake]:
        """Return the compiled text, or everything that is wrong with it."""
        known = self._compiled.get((text, id(names)))
        if known is not None:
            return known[1]
        result = self._compile(text, names)
        if isinstance(result, Text):
            self._compiled[text, id(names)] = (names, result)
        return result

    def _compile(self, text: str, names: Names) -> Text | list[Mistake]:
        if len(text) > MAX_TEMPLATE:
            return [(1, "", f"this text is longer than {MAX_TEMPLATE} characters")]
        if "{" not in text:
            return Text(text.strip())
        self._length += len(text)
        if self._length > MAX_COMPILED:
            return [(1, "", f"all texts together are longer than {MAX_COMPILED} characters")]
        try:
            tree = self._environment.parse(standalone_tags(text))
            mistakes = list(islice(self._mistakes(tree, names), MAX_MISTAKES))
            if mistakes:
                return mistakes
            code = self._environment.compile(self._environment.limited(tree))
            template = self._environment.template_class.from_code(
                self._environment, code, self._environment.make_globals(None)
            )
        except TemplateSyntaxError as error:
            hint = (
                "a {{ is not closed with }}" if "print statement" in str(error) else error.message
            )
            return [(error.lineno, "", f"this text is no valid template: {hint}")]
        except (RecursionError, SyntaxError, MemoryError, ValueError, OverflowError):
            return [(1, "", "this text is too complicated")]
        compiled = Text(template)
        try:
            known = {**self._variables, "vars": self._variables, **names}
            compiled.write(known, budget=Budget(whole=self._trial))
        except TextFailed as error:
            # Only samples went in, so the cause quotes nobody.
            return [(1, "", f"this text fails: {error.__cause__}")]
        return compiled

    def _mistakes(self, tree: nodes.Template, names: Names) -> Iterator[Mistake]:
        known = {**self._variables, "vars": self._variables, **names}
        free = {*known, "range"}
        # A name used outside the loop that makes it is found when the text is tried.
        made = {name.name for name in tree.find_all(nodes.Name) if name.ctx == "store"} | {"loop"}
        called = {id(call.node) for call in tree.find_all(nodes.Call)}
        filters = [name for name in self._environment.filters if not name.startswith("_")]
        inside = set[int]()
        for node in tree.find_all(nodes.Node):
            path = _path(node)
            if len(path) > 1 and path[0] in known and path[0] not in made:
                inside.add(id(node.node))  # type: ignore[attr-defined] # what has a path has it
                yield from _inside(node.lineno, path, known)
        for node in tree.find_all(nodes.Node):
            path = _path(node)
            match node:
                case nodes.Name(name=word, ctx="load") if word not in free | made:
                    yield node.lineno, word, _unknown(word, free)
                case nodes.Name() | nodes.Getattr() | nodes.Getitem() if (
                    path
                    and path[0] not in made
                    and id(node) not in inside
                    and _is_group(path, known)
                ):
                    yield node.lineno, path[-1], _group(path, known)
                case nodes.Name(name=word, ctx="store") if word in free or word.startswith("_"):
                    yield node.lineno, word, f'"{word}" is already a name; call it something else'
                case nodes.Name(name="range") if id(node) not in called:
                    yield node.lineno, "range", "range needs a number: range(3)"
                case nodes.Const(value=int() | float() as number) if abs(number) > MAX_NUMBER:
                    yield node.lineno, "", "a number in it is too large"
                case nodes.Filter(name=word) if word not in filters:
                    yield node.lineno, word, _no_filter(word, filters)
                case nodes.Call() if not _is_range(node.node):
                    yield node.lineno, "(", "nothing can be called in a text; use a filter: | upper"
                case nodes.Include() | nodes.Import() | nodes.FromImport() | nodes.Extends():
                    yield node.lineno, "{%", "a text cannot read other files"
                case nodes.For(recursive=True):
                    yield node.lineno, "recursive", "a loop cannot be recursive"
                case _ if not isinstance(node, _ALLOWED):
                    tag = type(node).__name__
                    yield (
                        node.lineno,
                        "{%",
                        f"a text cannot use {{% {_TAGS.get(tag, tag.lower())} %}}",
                    )


def _path(node: nodes.Node) -> tuple[str, ...]:
    """Return the names of form.produk.harga, () for anything else."""
    match node:
        case nodes.Name(name=word, ctx="load"):
            return (word,)
        case (
            nodes.Getattr(node=inner, attr=word)
            | nodes.Getitem(node=inner, arg=nodes.Const(value=str(word)))
        ):
            before = _path(inner)
            return (*before, word) if before else ()
    return ()


def _found(path: tuple[str, ...], known: Names) -> object:
    """Return the sample value at a path, None where there is none."""
    value: object = known
    for part in path:
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _is_group(path: tuple[str, ...], known: Names) -> bool:
    value = _found(path, known)
    # A row and a day are groups that can be written, too.
    return isinstance(value, Mapping) and not is_written(value) and bool(value)


def _group(path: tuple[str, ...], known: Names) -> str:
    word, group = ".".join(path), _found(path, known)
    inner = list(group)[:5] if isinstance(group, Mapping) else []
    return f'"{word}" is a group of names: write {" or ".join(f"{word}.{name}" for name in inner)}'


def _inside(line: int, path: tuple[str, ...], known: Names) -> Iterator[Mistake]:
    *before, word = path
    group, space = _found(tuple(before), known), ".".join(before)
    if group is None or (isinstance(group, Mapping) and word in group):
        return
    if isinstance(group, list | tuple):
        yield line, word, f'"{space}" is a list: write {{% for x in {space} %}} … {{% endfor %}}'
        return
    if not isinstance(group, Mapping):
        hint = f'"{space}" has no values inside it'
    elif not group:
        hint = f"there are no {space}"
    else:
        meant = nearest(word, group)
        hint = f'did you mean "{space}.{meant}"?' if meant else f"it has {', '.join(group)}"
    yield line, word, f'"{space}.{word}" does not exist; {hint}'


def _unknown(word: str, known: set[str]) -> str:
    meant = nearest(word, known)
    hint = f'did you mean "{meant}"?' if meant else f"known here: {', '.join(sorted(known))}"
    return f'unknown name "{word}"; {hint}'


def _no_filter(word: str, filters: list[str]) -> str:
    meant = nearest(word, filters)
    hint = f'did you mean "{meant}"?' if meant else f"there are {', '.join(filters)}"
    return f'unknown filter "{word}"; {hint}'


def _is_range(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Name) and node.name == "range"
