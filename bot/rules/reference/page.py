"""Put the reference together, section by section, in the order of a file."""

import inspect
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from pydantic import BaseModel

from bot.events import Kind
from bot.rules import schema
from bot.rules.filters import FILTERS
from bot.rules.names import NAMES
from bot.rules.reference import told
from bot.rules.reference.anchors import ANCHORS
from bot.rules.reference.markdown import heading, table
from bot.rules.reference.taking import default, takes
from bot.rules.schema import says
from bot.rules.schema.actions import Choice

COMMAND = "flask rules reference > docs/rules-reference.md"
_ACTIONS = "those of [what is said and done](#what-is-said-and-done)"
_FIELDS = ("key", "takes", "if not given", "")


def page(gateways: Iterable[str]) -> str:
    """Return the page in Markdown; `gateways` are those that a rule may name."""
    writer = _Writer(tuple(gateways))
    return "\n".join(writer.lines()).rstrip() + "\n"


class _Writer:
    """Writes the page; everything is a line of it."""

    def __init__(self, gateways: tuple[str, ...]) -> None:
        self._gateways = gateways

    def lines(self) -> Iterator[str]:
        yield "# Reference of rules.yaml"
        yield ""
        yield f"<!-- Written by `{COMMAND}` from bot/rules/schema: change it there. -->"
        yield ""
        yield "Every key of the language. [rules.md](rules.md) introduces them one after another."
        yield ""
        yield from self._file()
        yield from self._settings()
        yield from self._replies()
        yield from self._rules()
        yield from self._actions()
        yield from self._flows()
        yield from self._texts()
        yield from self._events()
        yield from self._tests()
        yield from self._guards()

    def _file(self) -> Iterator[str]:
        yield from heading(2, "The file")
        sections = [(f"`{name}`", told.SECTIONS[name]) for name in schema.SECTIONS]
        yield from table(("section", ""), sections)
        yield "What is written where a key takes …"
        yield ""
        yield from table(("", "write", ""), told.VALUES)
        yield from heading(3, "include")
        yield (
            "Files beside this one, or in folders there. Their sections become part of this file: "
            "rules and tests follow those that stand here. `settings`, `fallback` and `include` "
            "belong to the main file. A name that is there twice is a mistake."
        )
        yield ""

    def _settings(self) -> Iterator[str]:
        yield from self._part(2, "settings", schema.Settings)
        yield from self._part(3, "takeover", schema.Takeover)
        yield from self._part(3, "loop_guard", schema.LoopGuard)
        yield from self._part(2, "admins", schema.Admin, intro="A name for each person.")
        yield from heading(2, "hours")
        yield "A name for each schedule, and below it the days with their times:"
        yield ""
        hours = (*told.HOURS, *told.HOURS_BESIDE)
        yield from table(("write", ""), [(f"`{line}`", what) for line, what in hours])
        yield "Hours alone, as in `toko: 09:00-17:00`, hold for every day."
        yield ""
        yield from heading(2, "vars")
        yield "Names with a text or a number each. A text uses them as `{{ nama_toko }}`."
        yield ""
        yield from heading(2, "synonyms")
        yield (
            "Words, each with other words for it: `harga: [hrg, pricelist]`. In every rule "
            "each of them counts as the first."
        )
        yield ""
        yield from heading(2, "tables")
        yield (
            "Names, each with a list of rows. Every row has an `id` and columns of your own. "
            "`alias` is a list of other words for the row. Contacts may write the id, an alias, "
            "or the first column that is a text. Columns of numbers can be used for sums."
        )
        yield ""

    def _replies(self) -> Iterator[str]:
        intro = "A name for each reply. A rule says it with `use`."
        yield from self._part(2, "replies", schema.NamedReply, intro=intro, own=says.Says)
        yield from self._part(3, "buttons", says.Button)
        yield from self._part(3, "list", says.Listing)
        yield from self._part(3, "sections", says.Section)
        yield from self._part(3, "rows", says.Row, more="those of [buttons](#buttons)")
        for name, model in (
            ("media", says.Media),
            ("template", says.Template),
            ("location", says.Location),
        ):
            yield from self._part(3, name, model)

    def _rules(self) -> Iterator[str]:
        more = (
            "A rule has these keys, and those of [what is said and done](#what-is-said-and-done)."
        )
        yield from self._part(2, "rules", schema.Rule, intro=f"{_said(schema.Rule)} {more}")
        yield from self._part(3, "match", schema.Match)
        rows = [
            (f"`{written}`", _quoted(matching), _quoted(others))
            for written, matching, others in told.MATCHING.values()
        ]
        yield from table(("written", "matches", "does not match"), rows)
        yield from self._part(3, "if", schema.Condition)
        yield from self._part(2, "fallback", schema.Fallback)

    def _actions(self) -> Iterator[str]:
        yield from self._part(2, "What is said and done", schema.Outcome)
        yield from self._part(3, "reply", schema.Variant, more="those of [replies](#replies)")
        yield from self._part(3, "random", Choice, more="those of [replies](#replies)")
        yield from self._part(3, "notify", schema.Notify)
        yield from self._part(3, "handover", schema.Handover)
        yield from self._part(3, "handover.notify", schema.Told)
        yield from self._part(3, "record", schema.Record)
        yield from self._part(3, "call", schema.CallAction)
        yield from self._part(3, "http", schema.HttpAction)

    def _flows(self) -> Iterator[str]:
        yield from self._part(2, "flows", schema.Flow)
        yield from self._part(3, "steps", schema.Step)
        rows = [
            (f"`{kind}`", _quoted(read), _quoted(others))
            for kind, (read, others) in told.ANSWERS.items()
        ]
        rows += [
            ("`choice`", "one of the words of one choice, or its name", "words of two choices"),
            ("`table.produk`", "what is in that table: an id, an alias, a name", "anything else"),
        ]
        yield from table(("type", "takes", "does not take"), rows)
        yield from self._part(3, "done", schema.Done, more=_ACTIONS)

    def _texts(self) -> Iterator[str]:
        yield from heading(2, "Texts")
        yield "`{{ name }}` writes a value. A message has these names:"
        yield ""
        names = [(f"`{name}`", told.NAMES[name]) for name in _flat(NAMES[Kind.MESSAGE_RECEIVED])]
        sections = [
            ("every name of `vars`", "also as `vars.nama_toko`"),
            *((f"`hours.NAME.{word}`", what) for word, what in told.HOURS_TOLD.items()),
            ("`tables.NAME`", "the rows, for `{% for p in tables.produk %}…{% endfor %}`"),
            (
                "`form.STEP`",
                "the answer to a question; of a row also its columns, as in `form.produk.harga`; "
                "of a date also `.day` and `.iso`",
            ),
            ("`captured.NAME`", "what a `pattern` or a `regex` has captured"),
        ]
        yield from table(("name", ""), [*names, *sections])
        yield (
            "A name that does not exist is a mistake when the file is read. One that has no value "
            "is written as nothing. `{% if … %}`, `{% for … %}`, `range(…)` (1000 at most), "
            "`+ - * /` and these filters are all there is; length and work of a text are bounded."
        )
        yield ""
        yield from table(("filter", ""), [_filter(name, each) for name, each in FILTERS.items()])

    def _events(self) -> Iterator[str]:
        yield from heading(2, "Events")
        yield "For `event:`. All have `device.id`, `gateway` and `now.…` besides."
        yield ""
        rows = [
            (f"`{kind.value}`", told.EVENTS[kind], ", ".join(_own_names(kind)) or "")
            for kind in schema.EVENTS
        ]
        yield from table(("event", "happens when", "names"), rows)
        yield (
            "Only after `call.received` and `handover.ended` there is somebody to reply to; the "
            "others can `notify` and the like."
        )
        yield ""

    def _tests(self) -> Iterator[str]:
        yield from self._part(2, "tests", schema.Example)
        yield from self._part(3, "A turn", schema.Happening)
        yield from self._part(3, "expect", schema.Expect)
        yield from self._part(3, "send", schema.Sent)
        yield from self._part(3, "event", schema.Happened)

    def _guards(self) -> Iterator[str]:
        yield from heading(2, "Guards")
        yield "What they stop is kept, with the guard's name, and not answered. In this order:"
        yield ""
        rows = [(f"`{name}`", what) for name, what in told.GUARDS.items()]
        yield from table(("guard", "stops"), rows)

    def _part(
        self,
        level: int,
        title: str,
        model: type[BaseModel],
        *,
        intro: str = "",
        more: str = "",
        own: type[BaseModel] | None = None,
    ) -> Iterator[str]:
        yield from heading(level, title)
        also = f" It also has {more}." if more else ""
        yield (intro or _said(model)) + also
        yield ""
        yield from table(_FIELDS, self._fields(own or model))

    def _fields(self, model: type[BaseModel]) -> Iterator[Sequence[str]]:
        """Yield a row for each key that a map has of its own."""
        for name in inspect.get_annotations(model):
            field = model.model_fields.get(name)
            if field is not None:
                yield (
                    f"`{field.alias or name}`",
                    takes(model, name, gateways=self._gateways, anchors=ANCHORS),
                    default(model, name),
                    field.description or "",
                )


def _said(model: type[BaseModel]) -> str:
    return " ".join((model.__doc__ or "").split())


def _quoted(texts: Iterable[str]) -> str:
    return ", ".join(f'"{text}"' for text in texts)


def _flat(names: Mapping[str, object]) -> Iterator[str]:
    for name, value in names.items():
        if isinstance(value, Mapping):
            yield from (f"{name}.{part}" for part in value)
        else:
            yield name


def _own_names(kind: Kind) -> list[str]:
    shared = ("device.", "now.")
    return [
        f"`{name}`"
        for name in _flat(NAMES[kind])
        if name != "gateway" and not name.startswith(shared)
    ]


def _filter(name: str, function: Callable[..., object]) -> tuple[str, str]:
    return f"`{name}`", told.FILTERS.get(name) or inspect.getdoc(function) or ""
