"""The messages of one answer: what several rules say is put together where it can be."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta

from bot.content import Buttons, Content, Listing, Text, text_of


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One message of what a rule says. `automatic`: no person was asked for."""

    rule: str
    content: Content = field(repr=False)
    automatic: bool = True
    useful_for: timedelta


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One message to send, with the ids of the rules whose texts are in it.

    It is as urgent as the most urgent of them, and of use for as long as all of them are.
    """

    content: Content = field(repr=False)
    rules: tuple[str, ...]
    automatic: bool
    useful_for: timedelta

    @property
    def text(self) -> str:
        """Return the words of the content."""
        return text_of(self.content)


def separate(said: Iterable[Said]) -> tuple[Reply, ...]:
    """Return each message by itself, in the order in which the rules said them."""
    return tuple(_reply(one.content, [one]) for one in said)


def merged(said: Iterable[Said]) -> tuple[Reply, ...]:
    """Return as few messages as possible.

    Texts become one, above the buttons or the list of the rule that has some; a second menu begins
    a message of its own. Media, places and the like stay messages of their own. A menu comes after
    them: its numbers count only while it is the last thing said.
    """
    replies: list[Reply] = []
    bubble = _Bubble()
    for one in said:
        if not isinstance(one.content, Text | Buttons | Listing):
            if bubble.menu is None:
                replies += bubble.replies()
                bubble = _Bubble()
            replies.append(_reply(one.content, [one]))
            continue
        if isinstance(one.content, Buttons | Listing) and bubble.menu is not None:
            replies += bubble.replies()
            bubble = _Bubble()
        bubble.add(one)
    return (*replies, *bubble.replies())


class _Bubble:
    """Texts, and at most one menu, that go out together."""

    def __init__(self) -> None:
        self.menu: Buttons | Listing | None = None
        self._said: list[Said] = []

    def add(self, one: Said) -> None:
        if isinstance(one.content, Buttons | Listing):
            self.menu = one.content
        self._said.append(one)

    def replies(self) -> list[Reply]:
        """Return the one reply that this is, none if nothing was said."""
        if not self._said:
            return []
        text = "\n\n".join(words for one in self._said if (words := text_of(one.content)))
        content = replace(self.menu, text=text) if self.menu else Text(text=text)
        return [_reply(content, self._said)]


def _reply(content: Content, said: Sequence[Said]) -> Reply:
    return Reply(
        content=content,
        rules=tuple(dict.fromkeys(one.rule for one in said)),
        automatic=all(one.automatic for one in said),
        useful_for=min(one.useful_for for one in said),
    )
