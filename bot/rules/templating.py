"""Compile texts, and refuse at load what would fail at the customer: unknown names above all."""

from collections.abc import Iterator, Mapping

from jinja2 import TemplateSyntaxError, nodes

from bot.rules.errors import TextFailed
from bot.rules.filters import FILTERS
from bot.rules.names import Names, samples
from bot.rules.templates import Environment, Text, standalone_tags
from bot.rules.values import nearest

MAX_TEMPLATE = 16_384

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

    def __init__(self, variables: Mapping[str, object]) -> None:
        self._environment = Environment()
        self._variables = variables
        self._compiled: dict[tuple[str, int], Text] = {}

    def compile(self, text: str, names: Names) -> Text | list[Mistake]:
        """Return the compiled text, or everything that is wrong with it."""
        known = self._compiled.get((text, id(names)))
        if known is not None:
            return known
        result = self._compile(text, names)
        if isinstance(result, Text):
            self._compiled[text, id(names)] = result
        return result

    def _compile(self, text: str, names: Names) -> Text | list[Mistake]:
        if len(text) > MAX_TEMPLATE:
            return [(1, "", f"this text is longer than {MAX_TEMPLATE} characters")]
        if "{" not in text:
            return Text(text.strip())
        try:
            tree = self._environment.parse(standalone_tags(text))
            mistakes = list(self._mistakes(tree, names))
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
            compiled.write({**samples(names), **self._variables, "vars": self._variables})
        except TextFailed as error:
            # Only samples went in, so the cause quotes nobody.
            return [(1, "", f"this text fails: {error.__cause__}")]
        return compiled

    def _mistakes(self, tree: nodes.Template, names: Names) -> Iterator[Mistake]:
        known = {**names, "vars": tuple(self._variables)}
        free = {*known, *self._variables, "range"}
        # A name used outside the loop that makes it is found when the text is tried.
        made = {name.name for name in tree.find_all(nodes.Name) if name.ctx == "store"} | {"loop"}
        inside = set[int]()
        for node in tree.find_all(nodes.Node):
            match node:
                case (
                    nodes.Getattr(node=nodes.Name(name=space), attr=word)
                    | nodes.Getitem(node=nodes.Name(name=space), arg=nodes.Const(value=word))
                ) if space in known:
                    inside.add(id(node.node))
                    yield from _inside(node.lineno, space, str(word), known[space])
                case nodes.Name(name=word, ctx="load") if word not in free | made:
                    yield node.lineno, word, _unknown(word, free)
                case nodes.Name(name=word, ctx="load") if (
                    known.get(word) and id(node) not in inside
                ):
                    choices = " or ".join(f"{word}.{name}" for name in known[word][:5])
                    yield node.lineno, word, f'"{word}" is a group of names: write {choices}'
                case nodes.Name(name=word, ctx="store") if word in free:
                    yield node.lineno, word, f'"{word}" is already a name; call it something else'
                case nodes.Filter(name=word) if word not in FILTERS:
                    yield node.lineno, word, _no_filter(word)
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


def _inside(line: int, space: str, word: str, known: tuple[str, ...]) -> Iterator[Mistake]:
    if word in known:
        return
    if not known:
        hint = f'"{space}" has no values inside it' if space != "vars" else "there are no vars"
    else:
        meant = nearest(word, known)
        hint = f'did you mean "{space}.{meant}"?' if meant else f"it has {', '.join(known)}"
    yield line, word, f'"{space}.{word}" does not exist; {hint}'


def _unknown(word: str, known: set[str]) -> str:
    meant = nearest(word, known)
    hint = f'did you mean "{meant}"?' if meant else f"known here: {', '.join(sorted(known))}"
    return f'unknown name "{word}"; {hint}'


def _no_filter(word: str) -> str:
    meant = nearest(word, FILTERS)
    hint = f'did you mean "{meant}"?' if meant else f"there are {', '.join(FILTERS)}"
    return f'unknown filter "{word}"; {hint}'


def _is_range(node: nodes.Node) -> bool:
    return isinstance(node, nodes.Name) and node.name == "range"
