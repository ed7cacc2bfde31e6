"""What code outside of the rules says, as contents: a text, a map as in rules.yaml, or several.

What it says is taken as it is: `{{ }}` in it is a text like any other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, get_args

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from bot.content import Content, NotContent, as_json, from_json
from bot.content import Text as PlainText
from bot.rules.extensions import Said
from bot.rules.schema.says import Says
from bot.rules.source import Path, shown
from bot.rules.state import MAX_TAGS
from bot.rules.templates import MAX_OUTPUT, Text
from bot.rules.worded import choices, contradictions, worded
from bot.rules.wording import Place

MAX_MESSAGES = 10
# Of one message; the longest list has ten rows, with a dozen values around each.
MAX_VALUES = 500
MAX_DEPTH = 8
LONGEST_TAG = 100

_NOWHERE = Place(0, 0, "")
_KEYS = ", ".join(field.alias or name for name, field in Says.model_fields.items())


@dataclass(frozen=True, slots=True)
class Told:
    """What came back from outside: what is said, and the tags that the contact gets."""

    contents: tuple[Content, ...] = ()
    tags: tuple[str, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Return it as `effect.done` has it among its details."""
        contents = [as_json(content) for content in self.contents]
        return {"reply": contents, "tag": list(self.tags)}


class NotSaid(ValueError):
    """What was returned is nothing that can be said.

    The message tells what was expected where; it holds none of the values.
    """


def contents_of(
    said: Said, *, message_id: str | None = None, may_name_files: bool = True
) -> tuple[Content, ...]:
    """Return the contents of what a function returned or an address answered. Raises NotSaid.

    `message_id` is the message that a reaction is put on. `may_name_files`: media may be files
    beside the rules file, which only who can read them anyway should name.
    """
    contents: list[Content] = []
    for each in said if isinstance(said, list | tuple) else [said]:
        contents += _contents(each, message_id, may_name_files=may_name_files)
        if len(contents) > MAX_MESSAGES:
            raise NotSaid(f"it says more than {MAX_MESSAGES} messages")
    return tuple(contents)


def told_by(answer: object, *, message_id: str | None = None) -> Told:
    """Return what the JSON tells that an address answers: `{"reply": …, "tag": […]}`.

    Raises NotSaid.
    """
    if answer is None or answer == {}:
        return Told()
    if not isinstance(answer, Mapping) or not answer.keys() & {"reply", "tag"}:
        raise NotSaid('expected {"reply": …}, with a text, a map as in rules.yaml or several')
    said = answer.get("reply")
    contents = contents_of(said, message_id=message_id or None, may_name_files=False)
    return Told(contents, _tags(answer.get("tag")))


def _tags(value: object) -> tuple[str, ...]:
    tags = [value] if isinstance(value, str) else value or []
    if not isinstance(tags, list) or len(tags) > MAX_TAGS:
        raise NotSaid(f"tag: expected a text or a list of at most {MAX_TAGS} texts")
    if any(not isinstance(tag, str) or not 0 < len(tag) <= LONGEST_TAG for tag in tags):
        raise NotSaid(f"tag: expected texts of at most {LONGEST_TAG} characters")
    return tuple(tags)


def _contents(said: object, message_id: str | None, *, may_name_files: bool) -> Sequence[Content]:
    if said is None:
        return ()
    if isinstance(said, get_args(Content)):
        return [_checked(said)]
    plain = _plain(said, _Bounds())
    if isinstance(plain, str):
        return [PlainText(text=plain)] if (plain := plain.strip()) else ()
    if not isinstance(plain, dict):
        raise NotSaid(f"expected a text, a map or a list of them, got {_kind(said)}")
    return _written(plain, message_id, may_name_files=may_name_files)


def _written(
    plain: Mapping[str, Any], message_id: str | None, *, may_name_files: bool
) -> Sequence[Content]:
    try:
        says = Says.model_validate(plain)
    except ValidationError as error:
        raise NotSaid(_mistake(error.errors(include_url=False)[0])) from None
    for text, path in contradictions(says):
        raise NotSaid(f"{shown(path)}: {text}")
    seen: set[str] = set()
    for path, choice in choices(says):
        if choice.id.casefold() in seen:
            raise NotSaid(f"{shown(path)}: its id is that of another")
        seen.add(choice.id.casefold())
    if says.reaction and not message_id:
        raise NotSaid("reaction: there is no message to react to")
    wording = worded(says, _literal, place=_NOWHERE)
    if wording.media and wording.media.file and not may_name_files:
        raise NotSaid("media: expected an https link; files cannot be named from outside")
    return wording.write({}, message_id=message_id)


def _literal(text: str | None, _path: Path) -> Text | None:
    return None if text is None else Text(text.strip())


def _checked(content: Content) -> Content:
    """Return a content whose parts are what its class says: nobody has checked that so far."""
    stored = as_json(content)
    _measure(stored, _Bounds())
    try:
        return from_json(stored)
    except NotContent as error:
        raise NotSaid(str(error)) from None


def _plain(value: object, bounds: "_Bounds", *, depth: int = 0) -> Any:
    """Return a value as the reader of rules.yaml gives it: texts, lists and maps of them."""
    bounds.count(depth)
    match value:
        case str():
            bounds.measure(value)
            return value
        case bool():
            raise NotSaid(f"expected a text, got {str(value).lower()}")
        case int() | float():
            return _number(value)
        case Mapping():
            return {
                str(key): _plain(part, bounds, depth=depth + 1)
                for key, part in value.items()
                if part is not None
            }
        case list() | tuple():
            return [_plain(part, bounds, depth=depth + 1) for part in value]
    raise NotSaid(f"expected a text, a content, a map or a list of them, got {_kind(value)}")


def _number(value: float) -> str:
    # A longer one takes Python ever longer to write.
    if isinstance(value, int) and value.bit_length() > 1024:
        raise NotSaid("it holds a number that nobody reads")
    return str(value)


def _measure(value: object, bounds: "_Bounds", *, depth: int = 0) -> None:
    bounds.count(depth)
    match value:
        case str():
            bounds.measure(value)
        case Mapping():
            for part in value.values():
                _measure(part, bounds, depth=depth + 1)
        case list():
            for part in value:
                _measure(part, bounds, depth=depth + 1)


class _Bounds:
    """How much one message may hold."""

    def __init__(self) -> None:
        self._values = 0
        self._characters = 0

    def count(self, depth: int) -> None:
        self._values += 1
        if self._values > MAX_VALUES or depth > MAX_DEPTH:
            raise NotSaid("one message holds too many values")

    def measure(self, text: str) -> None:
        self._characters += len(text)
        if self._characters > MAX_OUTPUT:
            raise NotSaid(f"one message is longer than {MAX_OUTPUT} characters")


def _mistake(detail: ErrorDetails) -> str:
    where: Path = tuple(detail["loc"])
    match detail["type"]:
        case "extra_forbidden":
            # The key itself may be anything, a person's words too.
            where = where[:-1]
            what = f"it has a key that is not known; known are {_KEYS}"
            what = "it has a key that is not known there" if where else what
        case "missing":
            what = "it is missing"
        case "value_error":
            # What was got is left out: it may be a person's words.
            what = str(detail["ctx"]["error"]).partition(", got ")[0]
        case _:
            what = "expected something else"
    return ": ".join(part for part in (shown(where), what) if part)


def _kind(value: object) -> str:
    return type(value).__name__
