"""Find rules that never answer, because one above them always does."""

from collections.abc import Iterator, Mapping, Sequence

from bot.events import MessageReceived
from bot.rules.lint.implying import implies
from bot.rules.lint.written import Remark, rules
from bot.rules.matchers import PHRASES, AllOf, AnyOf, Contains, Found, HasKey, Key, Matcher
from bot.rules.parts import Book, Rule
from bot.rules.source import Path, Source
from bot.rules.text import JOINED

# Which keys a message surely has when it has a phrase in this way.
_SURE = {
    "words": ("words", "fuzzy"),
    "starts": ("words", "starts", "fuzzy"),
    "exact": (*PHRASES, "fuzzy"),
    "fuzzy": ("fuzzy",),
}
# A rule that matches all of these matches whatever is typed.
_ANYTHING = ("Xqzwk vbnp", "7391", "😀", "Jl. Melati no. 5, gang buntu", "?")
# So many rules above are looked at for each word: enough for all files that people write.
_MOST = 10


def reach_remarks(book: Book, source: Source) -> Iterator[Remark]:
    """Yield one remark for each rule that an earlier one always answers for."""
    paths = {str(rule["id"]): at for at, rule in rules(source)}
    reach = _Reach(book, {str(rule["id"]): str(rule.get("match")) for _, rule in rules(source)})
    for rule in book.rules:
        earlier = reach.covering(rule)
        at: Path = paths[rule.id]
        # A contact who opted out is asked for the opt_in rules alone.
        if earlier and not rule.opt_in:
            text = f'the rule "{rule.id}" never answers: {_named(earlier, source, paths)}'
            yield Remark(text=f"{text} above it always does", at=at)
        elif (wide := reach.wide_above(rule)) and not rule.opt_in:
            above = _named([wide], source, paths)
            text = f'the rule "{rule.id}" answers no text: {above} above it answers every one'
            yield Remark(text=text, at=at)
        reach.add(rule)
    for rule in book.rules if book.flows else ():
        if rule.always and not rule.conditions and not rule.continues and reach.is_wide(rule):
            text = (
                f'the rule "{rule.id}" is looked at in the middle of a form and answers every text,'
                ' so no form can be filled in: take "always" away'
            )
            yield Remark(text=text, at=(*paths[rule.id], "always"), key=True)


class _Reach:
    """What the rules so far answer for."""

    def __init__(self, book: Book, written: Mapping[str, str]) -> None:
        self._book = book
        # What stands at `match`, by the id of the rule; and the rules of each.
        self._written = written
        self._same: dict[str, list[Rule]] = {}
        self._taken: dict[Key, list[Rule]] = {}
        # Those that need nothing of the message, and those that take every text.
        self._open: list[Rule] = []
        self._wide: list[Rule] = []
        self._samples = [self._found(text) for text in _ANYTHING]

    def add(self, rule: Rule) -> None:
        """Note what a rule answers for."""
        if rule.continues:
            return
        if rule.matcher is None:
            self._open.append(rule)
            return
        for key in _sufficient(rule.matcher):
            self._taken.setdefault(key, []).append(rule)
        self._same.setdefault(self._written[rule.id], []).append(rule)
        if self.is_wide(rule):
            self._wide.append(rule)

    def covering(self, rule: Rule) -> list[Rule]:
        """Return the rules above that answer all that this one would; none if some is left."""
        whole = _first(self._open, rule)
        # What is captured depends on the flow that starts, so rules with captures may differ.
        if whole is None and not rule.captures:
            whole = _first(self._same.get(self._written[rule.id], ()), rule)
        if whole:
            return [whole]
        return self._parts(rule.matcher, rule) if rule.matcher else []

    def wide_above(self, rule: Rule) -> Rule | None:
        """Return the rule above that takes every text, if this one is about texts."""
        keys = rule.matcher.keys if rule.matcher else None
        about_others = keys is None or any(
            kind == "button" or (kind == "type" and name != "text") for kind, name in keys
        )
        return None if about_others else _first(self._wide, rule)

    def is_wide(self, rule: Rule) -> bool:
        """Return whether a rule takes whatever is typed."""
        matcher = rule.matcher
        return matcher is not None and all(matcher.matches(found) for found in self._samples)

    def _parts(self, matcher: Matcher, rule: Rule) -> list[Rule]:
        if isinstance(matcher, AnyOf):
            parts = [self._parts(part, rule) for part in matcher.parts]
            return [found for part in parts for found in part] if all(parts) else []
        if isinstance(matcher, AllOf):
            parts = [self._parts(part, rule) for part in matcher.parts]
            return next((part for part in parts if part), [])
        # A message without any of its keys cannot match, whatever else the matcher wants.
        each = [self._answering(key, rule) for key in matcher.keys or ()]
        found = [one for one in each if one]
        return found if found and len(found) == len(each) else []

    def _answering(self, key: Key, rule: Rule) -> Rule | None:
        kind, phrase = key
        if kind not in _SURE:
            return _first(self._taken.get(key, ()), rule)
        keys = self._found(phrase.replace(JOINED, " ")).keys
        sure = sorted(each for each in keys if each[0] in _SURE[kind])
        each = (_first(self._taken.get(found, ()), rule) for found in sure)
        return next((one for one in each if one), None)

    def _found(self, text: str) -> Found:
        message = MessageReceived(gateway="", device="", key="", raw=b"", text=text)
        return self._book.index.find(message, self._book.vocabulary.normalise(text))


def _first(above: Sequence[Rule], rule: Rule) -> Rule | None:
    """Return the first rule that is looked at whenever this one would be."""
    return next((each for each in above[:_MOST] if implies(rule.conditions, each.conditions)), None)


def _sufficient(matcher: Matcher) -> Iterator[Key]:
    """Yield the keys of which a single one makes the matcher match."""
    match matcher:
        case HasKey() | Contains():
            yield from matcher.keys
        case AnyOf():
            for part in matcher.parts:
                yield from _sufficient(part)


def _named(found: Sequence[Rule], source: Source, paths: dict[str, Path]) -> str:
    names = {f'"{rule.id}" ({source.place_of(paths[rule.id])})' for rule in found}
    return " and ".join(sorted(names)).replace("(on ", "(")
