"""Check conditions: whether the hours, names and functions exist that they ask about."""

import re
from collections.abc import Mapping

from bot.rules.extensions import Extensions
from bot.rules.names import Names
from bot.rules.numbers import number_of
from bot.rules.schema import Condition
from bot.rules.source import Path, Source
from bot.rules.spoken import nearest

# What the user's own module registers.
_IN_CODE = ("condition", "function", "matcher")


class ConditionChecker:
    """Checks the conditions of one file; mistakes are noted in its source."""

    def __init__(
        self, source: Source, *, schedules: Mapping[str, object], extensions: Extensions | None
    ) -> None:
        self._source = source
        self._schedules = schedules
        self._extensions = extensions

    def check(self, conditions: tuple[Condition, ...], names: Names, *, at: Path) -> None:
        """Check the conditions at a path, where texts could use `names`."""
        for position, condition in enumerate(conditions):
            here = (*at, position)
            for key in ("open", "closed"):
                for place, name in enumerate(getattr(condition, key)):
                    if name not in self._schedules:
                        text = no_such("hours", name, self._schedules)
                        self._source.add(text, at=(*here, key, place))
            for key in ("eq", "gt", "lt"):
                pair = getattr(condition, key)
                if pair and (hint := unknown_name(pair[0], names)):
                    self._source.add(hint, at=(*here, key, 0))
                elif pair and key != "eq" and not _can_be_compared(pair[1]):
                    text = f'expected a number or a date such as 2026-01-31, got "{pair[1]}"'
                    self._source.add(text, at=(*here, key, 1))
            known = self._extensions.conditions if self._extensions else None
            if condition.call and known is not None and condition.call not in known:
                self._source.add(no_such("condition", condition.call, known), at=(*here, "call"))
            for key, parts in (
                ("any", condition.any_),
                ("all", condition.all_),
                ("not", condition.not_),
            ):
                self.check(parts, names, at=(*here, key))


def _can_be_compared(text: str) -> bool:
    return number_of(text) is not None or re.fullmatch(r"\d{4}-\d\d-\d\d", text) is not None


def unknown_name(path: str, names: Names) -> str | None:
    """Return what is wrong with a name such as form.produk.harga, None if it exists."""
    value: object = names
    done = ""
    for part in path.split("."):
        if not isinstance(value, Mapping):
            return f'"{done}" has no values inside it'
        if part not in value:
            meant = nearest(part, value)
            whole = f"{done}.{part}".removeprefix(".")
            hint = f'did you mean "{meant}"?' if meant else f"there are {', '.join(value)}"
            return f'unknown name "{whole}"; {hint}'
        value = value[part]
        done = f"{done}.{part}".removeprefix(".")
    return None


def no_such(what: str, name: str, known: Mapping[str, object]) -> str:
    """Return the sentence for a name that nothing has."""
    meant = nearest(name, known)
    if meant:
        return f'there is no {what} "{name}"; did you mean "{meant}"?'
    none = (
        "settings.module is not set, or it has none" if what in _IN_CODE else "the file names none"
    )
    listed = f"there are {', '.join(list(known)[:10])}" if known else none
    return f'there is no {what} "{name}"; {listed}'
