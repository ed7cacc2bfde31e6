"""The messages of one answer: what several rules say is put together where it can be."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from bot.content import Buttons, Content, Listing, Media, Text, text_of

# What a rule says: its id, and one message of it.
Said = tuple[str, Content]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One message to send, with the ids of the rules whose texts are in it."""

    content: Content = field(repr=False)
    rules: tuple[str, ...]

    @property
    def text(self) -> str:
        """Return the words of the content."""
        return text_of(self.content)


def separate(said: Iterable[Said]) -> tuple[Reply, ...]:
    """Return each message by itself, in the order in which the rules said them."""
    return tuple(Reply(content=content, rules=(rule,)) for rule, content in said)


def merged(said: Iterable[Said]) -> tuple[Reply, ...]:
    """Return as few messages as possible.

    Texts become one, above the buttons or the list of the rule that has some; a second menu begins
    a message of its own. Media stay messages of their own. A menu comes after them: its numbers
    count only while it is the last thing said.
    """
    replies: list[Reply] = []
    bubble = _Bubble()
    for rule, content in said:
        if isinstance(content, Media):
            if bubble.menu is None:
                replies += bubble.replies()
                bubble = _Bubble()
            replies.append(Reply(content=content, rules=(rule,)))
            continue
        if isinstance(content, Buttons | Listing) and bubble.menu is not None:
            replies += bubble.replies()
            bubble = _Bubble()
        bubble.add(rule, content)
    return (*replies, *bubble.replies())


class _Bubble:
    """Texts, and at most one menu, that go out together."""

    def __init__(self) -> None:
        self.menu: Buttons | Listing | None = None
        self._said: list[Said] = []

    def add(self, rule: str, content: Content) -> None:
        if isinstance(content, Buttons | Listing):
            self.menu = content
        self._said.append((rule, content))

    def replies(self) -> list[Reply]:
        """Return the one reply that this is, none if nothing was said."""
        if not self._said:
            return []
        text = "\n\n".join(words for _, content in self._said if (words := text_of(content)))
        content = replace(self.menu, text=text) if self.menu else Text(text=text)
        return [Reply(content=content, rules=tuple(rule for rule, _ in self._said))]
