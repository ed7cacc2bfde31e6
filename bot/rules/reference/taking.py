"""What a key takes, in the words in which a mistake would tell it."""

import typing
from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from pydantic import BaseModel, TypeAdapter, ValidationError

from bot.rules.schema import (
    CallAction,
    Condition,
    Done,
    Example,
    Handover,
    Happened,
    Happening,
    HttpAction,
    Match,
    Step,
    Takeover,
    Told,
    Variant,
)
from bot.rules.schema.actions import Choice
from bot.rules.schema.says import Button, Listing, Row, Section, Template
from bot.rules.values import UNITS

# No key takes a map with such a key in it.
_NOTHING_TAKES = {"\0": "\0"}
# Above this many words a key's own text tells where they are listed.
_MOST_WORDS = 8
# What may stand in place of a map.
_SHORT: Mapping[type[BaseModel], str] = {
    Button: "titles",
    CallAction: "a name",
    Choice: "texts",
    Handover: "a duration",
    Happened: "a name",
    HttpAction: "an address",
    Listing: "a list of rows",
    Row: "titles",
    Takeover: "a duration or off",
    Template: "a name",
    Told: "the name of an admin",
    Variant: "a text, none",
}
_LISTS = (Button, Choice, Example, Happening, Row, Section, Step)
_ONE_OR_MORE = (Condition, Done, Match, Variant)
_BY_NAME = {
    "with": "names with texts",
    "choices": "values, each with its words",
    "fields": "a list of names, or names with texts",
}


def takes(
    model: type[BaseModel],
    name: str,
    *,
    gateways: Iterable[str],
    anchors: Mapping[type[BaseModel], str],
) -> str:
    """Return what a field takes, in plain words; maps lead to their anchors."""
    hint = typing.get_type_hints(model, include_extras=True)[name]
    key = model.model_fields[name].alias or name
    if key in _BY_NAME:
        return _BY_NAME[key]
    inner = model_in(hint)
    if inner is not None:
        return _map(inner, anchors.get(inner))
    problem = _problem(hint, gateways)
    words = problem["ctx"]["error"].args[0].removeprefix("expected ").partition(", got ")[0]
    if words.count(",") >= _MOST_WORDS:
        words = "one of the names below"
    return f"{words}, or a list" if problem["loc"] else words


def default(model: type[BaseModel], name: str) -> str:
    """Return what holds without a key, "" for nothing."""
    field = model.model_fields[name]
    if field.is_required():
        return "*needed*"
    return _written(field.get_default(call_default_factory=True))


def model_in(hint: Any) -> type[BaseModel] | None:
    """Return the map that a key takes, also inside a list or beside None."""
    if isinstance(hint, type) and issubclass(hint, BaseModel):
        return hint
    if typing.get_origin(hint) is dict:
        return None
    found = (model_in(part) for part in typing.get_args(hint))
    return next((model for model in found if model is not None), None)


def _map(model: type[BaseModel], anchor: str | None) -> str:
    short = f"{_SHORT[model]}, or " if model in _SHORT else ""
    listed = "a list of maps" if model in _LISTS else "a map"
    linked = f"[{listed}](#{anchor})" if anchor else listed
    return short + linked + (" or a list of them" if model in _ONE_OR_MORE else "")


def _problem(hint: Any, gateways: Iterable[str]) -> Any:
    try:
        TypeAdapter(hint).validate_python(_NOTHING_TAKES, context={"gateways": tuple(gateways)})
    except ValidationError as error:
        return error.errors(include_url=False)[0]
    raise ValueError(f"{hint} takes anything")


def _written(value: object) -> str:
    match value:
        case None | () | "":
            return ""
        case bool():
            return f"`{str(value).lower()}`"
        case timedelta():
            return f"`{_duration(value)}`"
        case dict():
            return ""
        case Takeover():
            return f"`{_duration(value.for_)}`"
        case BaseModel():
            filled = {name: _written(each).strip("`") for name, each in value}
            inside = ", ".join(f"{name}: {each}" for name, each in filled.items() if each)
            return f"`{{{inside}}}`" if inside else ""
        case tuple():
            return f"`[{', '.join(map(str, value))}]`"
    return f"`{value}`"


def _duration(value: timedelta) -> str:
    seconds = int(value.total_seconds())
    for unit in ("h", "m"):
        if seconds and seconds % UNITS[unit] == 0:
            return f"{seconds // UNITS[unit]}{unit}"
    return f"{seconds}s"
