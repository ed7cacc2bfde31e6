"""What a contact does not see: which rule answered, what is open, who is told, what is kept."""

from collections.abc import Iterator

from bot.cli.offline.words import said
from bot.rehearsal import Heard
from bot.rules import OptIn, OptOut


def noted(language: str, heard: Heard) -> Iterator[str]:
    """Yield what is to be known about an answer besides its words."""
    if heard.guard:
        yield said(language, "stopped", guard=heard.guard)
    if heard.rules:
        yield said(language, "rules", rules=" + ".join(heard.rules))
    elif heard.bubbles and not heard.flow:
        places = dict.fromkeys(rule for bubble in heard.bubbles for rule in bubble.rules)
        yield said(language, "places", places=" + ".join(places))
    if not heard.bubbles and not heard.guard:
        yield said(language, "silent")
    if heard.flow:
        yield said(language, "flow", flow=heard.flow)
    yield from _done(language, heard)
    for asked in heard.asked:
        yield said(language, "asks", name=asked.shown)
    if heard.error:
        yield said(language, "error", error=heard.error)
    yield from heard.notes


def _done(language: str, heard: Heard) -> Iterator[str]:
    for told in heard.notifications:
        yield said(language, "notify", admin=told.admin, text=told.text)
    for kept in heard.records:
        fields = ", ".join(f"{name} = {value}" for name, value in kept.fields.items())
        yield said(language, "record", kind=kept.kind, fields=fields)
    if heard.handed_over and not heard.guard:
        yield said(language, "handed over")
    for effect in heard.effects:
        if isinstance(effect, OptOut | OptIn):
            yield said(language, "opted out" if isinstance(effect, OptOut) else "opted in")
