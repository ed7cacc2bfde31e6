"""What must hold after any fault: a pure function over what was asked, taken and written down."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from models import Direction, MessageStatus

# A repeated key is carried out once, so nobody has to be asked.
IDEMPOTENT = frozenset({"rijan"})
# These tell by themselves what they took. Of the others, nobody can say it.
TELLING = frozenset({"meta", "whatsgate"})
UNDER_WAY = frozenset({MessageStatus.QUEUED, MessageStatus.CLAIMED, MessageStatus.SENDING})
ARRIVED = frozenset(
    {MessageStatus.SENT, MessageStatus.DELIVERED, MessageStatus.READ, MessageStatus.PLAYED}
)


@dataclass(frozen=True, slots=True)
class Asked:
    """A text that a customer wrote and that was acknowledged. No other text is the same."""

    gateway: str
    number: str
    text: str


@dataclass(frozen=True, slots=True)
class Taken:
    """A message that a gateway took, to be shown to a customer."""

    gateway: str
    to: str
    text: str


@dataclass(frozen=True, slots=True)
class Written:
    """A message in our history."""

    direction: str
    gateway: str
    text: str
    status: str
    held: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What happened. Each customer's texts are in the order in which they were acknowledged.

    `stored` are the texts in our events; `taken` is in the order of the gateways. `open_events` and
    `open_effects` are those that should be done by now, `failed_events` those that raised; `alerts`
    the gateways of which people are told that messages are held; `left` the processes that should
    have ended.
    """

    asked: Sequence[Asked]
    stored: Sequence[str]
    taken: Sequence[Taken]
    written: Sequence[Written]
    open_events: int = 0
    failed_events: int = 0
    open_effects: int = 0
    alerts: frozenset[str] = frozenset()
    left: Sequence[str] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """How many messages came to what.

    `held`: perhaps sent, no evidence came, and a person was told. Everything else that is not 0,
    `events` aside, is a defect, and `findings` say in words which.
    """

    events: int
    lost: int
    doubled: int
    held: int
    out_of_order: int
    stuck: int
    left: int
    findings: tuple[str, ...]

    @property
    def is_sound(self) -> bool:
        """Return whether every invariant holds."""
        return not self.findings


def judge(history: History) -> Verdict:
    """Return what the history says about each invariant."""
    lost, doubled = list(_lost(history)), list(_doubled(history))
    out_of_order, stuck = list(_out_of_order(history)), list(_stuck(history))
    left = [f"left behind: {command}" for command in history.left]
    others = [*_overdue(history), *_held_in_vain(history), *_untrue(history)]
    return Verdict(
        events=len(history.asked),
        lost=len(lost),
        doubled=len(doubled),
        held=len(_held(history)),
        out_of_order=len(out_of_order),
        stuck=len(stuck) + history.open_events + history.open_effects,
        left=len(left),
        findings=(*lost, *doubled, *out_of_order, *stuck, *left, *others),
    )


def _lost(history: History) -> Iterator[str]:
    stored, taken = set(history.stored), {each.text for each in history.taken}
    held = {each.text for each in _held(history)}
    for asked in history.asked:
        if asked.text not in stored:
            yield f"acknowledged and not stored: {asked.text} ({asked.gateway})"
        elif asked.text not in taken | held:
            yield f"not answered: {asked.text} ({asked.gateway})"


def _doubled(history: History) -> Iterator[str]:
    times = Counter(history.stored)
    yield from (f"stored {n} times: {text}" for text, n in times.items() if n > 1)
    for direction, word in ((Direction.IN, "read"), (Direction.OUT, "answered")):
        times = Counter(each.text for each in history.written if each.direction == direction)
        yield from (f"{word} {n} times: {text}" for text, n in times.items() if n > 1)
    times = Counter(each.text for each in history.taken)
    yield from (f"sent {n} times: {text}" for text, n in times.items() if n > 1)


def _out_of_order(history: History) -> Iterator[str]:
    places = {asked.text: place for place, asked in enumerate(history.asked)}
    numbers = {asked.text: asked.number for asked in history.asked}
    last: dict[tuple[str, str], int] = defaultdict(lambda: -1)
    seen: set[str] = set()
    for taken in history.taken:
        if taken.text not in places or taken.text in seen:
            continue
        seen.add(taken.text)
        number = numbers[taken.text]
        if number not in taken.to:
            yield f"sent to somebody else: {taken.text}"
        conversation = (taken.gateway, number)
        if places[taken.text] < last[conversation]:
            yield f"sent after a later one: {taken.text} ({taken.gateway})"
        last[conversation] = max(last[conversation], places[taken.text])


def _stuck(history: History) -> Iterator[str]:
    for each in _answers(history):
        is_undecided = each.status == MessageStatus.UNKNOWN and each.held is None
        if each.status in UNDER_WAY or is_undecided:
            yield f"still {each.status}: {each.text} ({each.gateway})"


def _overdue(history: History) -> Iterator[str]:
    for name, number in (("events", history.open_events), ("effects", history.open_effects)):
        if number:
            yield f"{name} still open: {number}"


def _held_in_vain(history: History) -> Iterator[str]:
    taken = {each.text for each in history.taken}
    for each in _held(history):
        if each.gateway in IDEMPOTENT or (each.gateway in TELLING and each.text in taken):
            yield f"held in spite of evidence: {each.text} ({each.gateway})"
    for gateway in sorted({each.gateway for each in _held(history)} - history.alerts):
        yield f"held and nobody was told: {gateway}"


def _untrue(history: History) -> Iterator[str]:
    taken = {each.text for each in history.taken}
    for each in _answers(history):
        if each.status in ARRIVED and each.text not in taken:
            yield f"called {each.status}, and never taken: {each.text} ({each.gateway})"
        if each.status in (MessageStatus.DEAD, MessageStatus.FAILED, MessageStatus.CANCELLED):
            yield f"given up: {each.text} ({each.gateway})"
    if history.failed_events:
        yield f"events failed: {history.failed_events}"


def _answers(history: History) -> list[Written]:
    return [each for each in history.written if each.direction == Direction.OUT]


def _held(history: History) -> list[Written]:
    return [each for each in _answers(history) if each.status == MessageStatus.UNKNOWN]
