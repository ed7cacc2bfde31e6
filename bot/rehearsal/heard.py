"""What is heard and seen after something has happened in a rehearsal."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace

from bot.content import Content, text_of
from bot.rehearsal.asking import Asked
from bot.rules import Answer, Effect, Explanation, Notify, Record, Turn


@dataclass(frozen=True, slots=True, kw_only=True)
class Bubble:
    """One message to somebody, as the gateway shows it, and the rules whose words are in it."""

    content: Content = field(repr=False)
    rules: tuple[str, ...]
    to: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """What one thing that happened has led to: `bubbles` to the contact, and more.

    `turns` are what the rules were asked, with what they
    answered. `guard` is what stopped them. `flow`, `handed_over`, `opted_out` and `tags` are as
    the contact was left. `asked` is what would be asked outside, where nothing answers for it.
    `error` is what code of the user's own has raised. `meanwhile` came before it, in the time that
    passed. `notes` tell what is different in reality.
    """

    version: str
    bubbles: tuple[Bubble, ...] = ()
    turns: tuple[tuple[Turn, Answer], ...] = field(default=(), repr=False)
    guard: str | None = None
    flow: str | None = None
    handed_over: bool = False
    opted_out: bool = False
    tags: frozenset[str] = frozenset()
    asked: tuple[Asked, ...] = ()
    error: str | None = None
    notes: tuple[str, ...] = ()
    meanwhile: "Heard | None" = None

    @property
    def replies(self) -> tuple[Content, ...]:
        """Return what the contact gets."""
        return tuple(bubble.content for bubble in self.bubbles)

    @property
    def texts(self) -> list[str]:
        """Return the words of the replies."""
        return [text_of(content) for content in self.replies]

    @property
    def rules(self) -> tuple[str, ...]:
        """Return the rules that matched, in their order; the last one is the answer."""
        return tuple(rule for _, answer in self.turns for rule in answer.explanation.rules)

    @property
    def explanation(self) -> Explanation | None:
        """Return why it was answered as it was; None if no rule was asked."""
        return self.turns[-1][1].explanation if self.turns else None

    @property
    def effects(self) -> tuple[Effect, ...]:
        """Return everything that is done besides answering."""
        return tuple(effect for _, answer in self.turns for effect in answer.effects)

    @property
    def notifications(self) -> tuple[Notify, ...]:
        """Return what the admins are told."""
        return tuple(effect for effect in self.effects if isinstance(effect, Notify))

    @property
    def records(self) -> tuple[Record, ...]:
        """Return what is kept."""
        return tuple(effect for effect in self.effects if isinstance(effect, Record))


def together(first: Heard, others: Iterable[Heard]) -> Heard:
    """Return what is heard of several things as one: what stopped the first, how the last ends."""
    whole = first
    for heard in others:
        whole = replace(
            heard,
            bubbles=(*whole.bubbles, *heard.bubbles),
            turns=(*whole.turns, *heard.turns),
            guard=whole.guard,
            asked=(*whole.asked, *heard.asked),
            error=whole.error or heard.error,
            notes=(*whole.notes, *heard.notes),
        )
    return whole
