"""The bodies of sends, which CSKU documents nowhere: JSON with places to be filled in.

A place is a name in braces inside a string, `"{text}"`; it may also stand for a whole value without
the quotation marks. What is filled in is always a string, so it cannot change the JSON around it.
"""

import json
import re
from collections.abc import Mapping
from typing import Any

from bot.gateways.base import JsonObject

_PLACE = re.compile(r"\{(\w+)\}", re.ASCII)
_STRING_OR_PLACE = re.compile(r'"(?:[^"\\]|\\.)*"|\{\w+\}', re.ASCII | re.DOTALL)


def read_body(template: str) -> JsonObject:
    """Return the JSON object that a template is, or raise ValueError."""
    quoted = _STRING_OR_PLACE.sub(_quoted, template)
    try:
        body = json.loads(quoted)
    except ValueError:
        raise ValueError("expected JSON with places such as {text} in it") from None
    except RecursionError:
        raise ValueError("the JSON is nested too deeply") from None
    if not isinstance(body, dict):
        raise ValueError("expected a JSON object")  # noqa: TRY004 - pydantic takes no TypeError
    return body


def places_in(template: str) -> set[str]:
    """Return the names of the places in a template."""
    return set(_PLACE.findall(template))


def check_body(template: str, *, needs: set[str], knows: set[str]) -> str:
    """Return a template that has the places it needs and no unknown one, or raise ValueError."""
    read_body(template)
    places = places_in(template)
    if missing := needs - places:
        raise ValueError(f"{_listed(missing)} is not in it")
    if unknown := places - knows:
        raise ValueError(f"{_listed(unknown)} is not a place: use {_listed(knows)}")
    return template


def fill(template: str, values: Mapping[str, str]) -> JsonObject:
    """Return the body that a template makes with these values."""
    filled: JsonObject = _fill(read_body(template), values)
    return filled


def _fill(value: Any, values: Mapping[str, str]) -> Any:
    match value:
        case str():
            # One pass over the template, so that braces in a value are only braces.
            return _PLACE.sub(lambda place: values.get(place[1], place[0]), value)
        case dict():
            return {name: _fill(inner, values) for name, inner in value.items()}
        case list():
            return [_fill(inner, values) for inner in value]
    return value


def _quoted(found: re.Match[str]) -> str:
    return found[0] if found[0].startswith('"') else f'"{found[0]}"'


def _listed(names: set[str]) -> str:
    return ", ".join(f"{{{name}}}" for name in sorted(names))
