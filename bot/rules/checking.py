"""Check a parsed file against the schema, and tell every mistake in plain words."""

import typing
from collections.abc import Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from bot.rules.schema import NOT_YET
from bot.rules.schema_says import Says
from bot.rules.source import Path, Source, Value
from bot.rules.values import expected, nearest

T = TypeVar("T")

# What is easily written beside `reply` instead of inside it.
PARTS_OF_A_REPLY = tuple(field.alias or name for name, field in Says.model_fields.items())


def check(source: Source, kind: type[T], value: Value, *, at: Path) -> T | None:
    """Return `value` as `kind`; None when it has mistakes, which are noted in `source`."""
    adapter: TypeAdapter[T] = TypeAdapter(kind)
    try:
        return adapter.validate_python(value, context={"gateways": source.gateways})
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            _note(source, kind, detail, at)
    return None


def unknown_key(source: Source, path: Path, known: Sequence[str]) -> None:
    """Note a key that does not exist, with the nearest one that does."""
    key = str(path[-1])
    meant = nearest(key, known)
    if key in PARTS_OF_A_REPLY and "reply" in known:
        text = f'"{key}" is part of the reply: write it below "reply:"'
    elif key in NOT_YET and meant is None:
        text = f'"{key}" is not supported by this version'
    elif meant:
        text = f'unknown key "{key}"; did you mean "{meant}"?'
    else:
        text = f'unknown key "{key}"; known here: {", ".join(known)}'
    if source.at(path) == "":
        text += "; a text that begins with { must stand in quotes"
    source.add(text, at=path, key=True)


def _note(source: Source, kind: object, detail: ErrorDetails, at: Path) -> None:
    path = (*at, *detail["loc"])
    match detail["type"]:
        case "extra_forbidden":
            unknown_key(source, path, _keys(kind, detail["loc"][:-1]))
        case "missing":
            source.add(f'"{detail["loc"][-1]}" is missing', at=path[:-1])
        case "value_error":
            source.add(str(detail["ctx"]["error"]) + source.comment_hint(path), at=path)
        case "model_type" | "dict_type" | "model_attributes_type":
            source.add(str(expected("keys with values", detail["input"])), at=path)
        case "tuple_type" | "list_type":
            source.add(str(expected("a list", detail["input"])), at=path)
        case _:
            source.add(str(expected("something else", detail["input"])), at=path)


def _keys(kind: object, path: tuple[int | str, ...]) -> list[str]:
    """Return the keys that the schema knows at a path."""
    for part in path:
        model = _model(kind)
        if model is not None and isinstance(part, str):
            kind = next(
                (
                    field.annotation
                    for name, field in model.model_fields.items()
                    if part in (field.alias, name)
                ),
                kind,
            )
    model = _model(kind)
    fields = model.model_fields.items() if model else ()
    return [field.alias or name for name, field in fields]


def _model(kind: Any) -> type[BaseModel] | None:
    """Return the model inside tuple[…], dict[…], Annotated[…] and | None."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return kind
    found = (_model(part) for part in typing.get_args(kind))
    return next((model for model in found if model is not None), None)
