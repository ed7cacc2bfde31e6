"""Tell whether some conditions can only hold when others hold, too."""

from bot.rules.schema import Condition

_LISTS = ("open", "gateway", "device", "tag")
_SAME = ("first", "eq", "gt", "lt", "call", "any_", "all_", "not_")


def implies(conditions: tuple[Condition, ...], others: tuple[Condition, ...]) -> bool:
    """Return whether `others` surely hold whenever `conditions` do."""
    if not others:
        return True
    return bool(conditions) and all(
        any(_implies(condition, other) for other in others) for condition in conditions
    )


def _implies(condition: Condition, other: Condition) -> bool:
    """Return whether each key of the other condition holds, as this one has it or a narrower."""
    for key in _LISTS:
        wanted, given = set(getattr(other, key)), set(getattr(condition, key))
        if wanted and not (given and given <= wanted):
            return False
    # One of several being closed is enough, as with `open`.
    if other.closed and not (condition.closed and set(condition.closed) <= set(other.closed)):
        return False
    if other.silent_for is not None and (
        condition.silent_for is None or condition.silent_for < other.silent_for
    ):
        return False
    return all(
        getattr(other, key) in (None, ()) or getattr(other, key) == getattr(condition, key)
        for key in _SAME
    )
