"""How a trace looks in a terminal: what the rules made of one thing that happened."""

from collections.abc import Iterator

from bot.cli.common import printable
from bot.cli.contents import lines_of
from bot.rehearsal import Heard
from bot.rules import HttpCall, Later, Notify, TaskCall, Trace
from bot.rules.tracing import in_words

# So many rules are shown, whatever they have to do with the message.
FEW = 40
WIDTH = 9


def explained(trace: Trace, heard: Heard, *, shows_all: bool = False) -> Iterator[str]:
    """Yield the lines: the message, what stopped it, the open form, each rule, what came of it."""
    for line in _lines(trace, heard, shows_all=shows_all):
        yield printable(line)


def _lines(trace: Trace, heard: Heard, *, shows_all: bool) -> Iterator[str]:
    yield _labelled("words", trace.normal or "(none)")
    meaning = f" ({trace.guard})" if trace.guard else ""
    yield _labelled("guards", f"{heard.guard}{meaning}" if heard.guard else "none stops it")
    for number, line in enumerate(trace.form):
        yield _labelled("" if number else "form", line)
    for number, line in enumerate(trace.hours):
        yield _labelled("" if number else "hours", line)
    yield "rules:"
    yield from (f"  {line}" for line in _rules(trace, shows_all=shows_all))
    for effect in heard.effects:
        if not isinstance(effect, HttpCall | Later | TaskCall):
            yield _labelled("effect", in_words(effect))
    for asked in heard.asked:
        yield _labelled("asks", f"{asked.shown}, and says later what it answers")
    if heard.error:
        yield _labelled("error", f"code of your own has failed: {heard.error}")
    yield from _replies(heard)
    yield _labelled("cost", _cost(heard))
    yield _labelled("version", heard.version)


def _rules(trace: Trace, *, shows_all: bool) -> Iterator[str]:
    is_long = len(trace.lines) > FEW and not shows_all
    shown = [line for line in trace.lines if line.is_near or not is_long]
    yield from map(str, shown)
    if others := len(trace.lines) - len(shown):
        yield f"… and {others} others that nothing in the message asks for (--all shows them)"


def _replies(heard: Heard) -> Iterator[str]:
    for number, bubble in enumerate(heard.bubbles, start=1):
        content = bubble.content
        what = "" if content.kind == "text" else f"{content.kind}, "
        length = len(getattr(content, "text", ""))
        yield f"reply {number}: from {', '.join(bubble.rules)}, {what}{length} characters"
        yield from (f"  │ {line}" for line in lines_of(content, with_ids=True))
    if not heard.bubbles:
        yield _labelled("reply", "none")


def _cost(heard: Heard) -> str:
    told = sum(isinstance(effect, Notify) for effect in heard.effects)
    to_admins = f", and {_counted(told)} to an admin" if told else ""
    return _counted(len(heard.bubbles)) + to_admins


def _counted(number: int) -> str:
    return f"{number or 'no'} {'message' if number == 1 else 'messages'}"


def _labelled(label: str, text: str) -> str:
    return f"{f'{label}:' if label else '':<{WIDTH}}{text}"
