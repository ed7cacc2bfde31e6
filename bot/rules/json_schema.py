"""The JSON Schema of a rules file, for editors: made from the models, with their texts.

It sees values as a YAML 1.2 reader does: `5` is a number, `17:00`, `no` and `2026-01-05` are
texts. It knows the shape of a file; what a name leads to, only `flask rules check` knows.
"""

import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue, models_json_schema
from pydantic_core import core_schema

from bot.rules import json_scalars as scalars
from bot.rules.languages import LANGUAGES
from bot.rules.schema import Admin, Example, Fallback, Flow, NamedReply, Rule, Settings
from bot.rules.values import NAME, Identifier, OneOf

DRAFT = "https://json-schema.org/draft/2020-12/schema"
_MODELS = (Settings, Admin, NamedReply, Rule, Fallback, Flow, Example)
_PLACE = "#/$defs/{model}"

Json = dict[str, Any]


def json_schema() -> Json:
    """Return the schema of a whole file."""
    _, found = models_json_schema(
        [(model, "validation") for model in _MODELS],
        ref_template=_PLACE,
        schema_generator=_Generator,
    )
    whole = {
        "$schema": DRAFT,
        "title": "rules.yaml",
        "description": "What a bot answers: one file that its owner can read, test and trust.",
        "type": "object",
        "additionalProperties": False,
        "properties": _sections(),
        "$defs": found["$defs"],
    }
    _join_lines(whole)
    return whole


def _join_lines(schema: object) -> None:
    """Write each description on one line."""
    if isinstance(schema, dict):
        if isinstance(schema.get("description"), str):
            schema["description"] = " ".join(schema["description"].split())
        for value in schema.values():
            _join_lines(value)


def _sections() -> Json:
    return {
        "version": _told("The version of the language, which is 1.", {"enum": [1, "1"]}),
        "include": _told(
            "Other files beside this one or in folders there, which are read as well.",
            _one_or_more({"type": "string", "pattern": r"^[^/~.\\][^\\]*\.ya?ml$"}),
        ),
        "settings": _told("What holds for the whole file.", _of(Settings)),
        "admins": _told("The people whom `notify` can reach, by name.", _named(_of(Admin), ".")),
        "hours": _told("Opening hours, by name.", _named(_hours())),
        "vars": _told("Texts and numbers for `{{ … }}`, by name.", _named(scalars.TEXT)),
        "synonyms": _told(
            "Words, each with others that mean the same in every rule.",
            _named(_one_or_more(scalars.TEXT), "."),
        ),
        "tables": _told("Lists of things, such as what is sold, by name.", _named(_table())),
        "replies": _told("Replies for `use`, by name.", _named(_of(NamedReply), ".")),
        "rules": _told("What is answered to what, from top to bottom.", _list(_of(Rule))),
        "fallback": _told("What is said when no rule answers.", _of(Fallback)),
        "flows": _told("Forms that a contact fills in, by name.", _named(_of(Flow), ".")),
        "tests": _told("What `flask rules test` tries.", _list(_of(Example))),
    }


def _of(model: type) -> Json:
    return {"$ref": _PLACE.format(model=model.__name__)}


def _told(description: str, schema: Json) -> Json:
    return {"description": description, **schema}


def _list(items: Json) -> Json:
    return {"type": "array", "items": items}


def _one_or_more(schema: Json) -> Json:
    return {"anyOf": [schema, {"type": "array", "items": schema, "minItems": 1}]}


def _named(schema: Json, pattern: str = f"^{NAME}$") -> Json:
    """Return the schema of values by name."""
    return {"type": "object", "patternProperties": {pattern: schema}, "additionalProperties": False}


def _table() -> Json:
    row = _named(_one_or_more(scalars.CELL))
    return _list({**row, "required": ["id"]})


def _hours() -> Json:
    """Return the schema of opening hours: days in every language, alone, in ranges and lists."""
    words = {word for each in LANGUAGES.values() for names in each.days for word in names}
    every = {word for each in LANGUAGES.values() for word in each.hours.every_day}
    day = f"(?:{'|'.join(sorted(map(scalars.begun, words)))})"
    days = rf"^(?:{day}(?:\s*[-,]\s*{day})*|{'|'.join(sorted(map(scalars.begun, every)))})$"
    times = _one_or_more(scalars.HOURS)
    holiday = {
        "type": "object",
        "required": ["date"],
        "additionalProperties": False,
        "properties": {
            "date": _told("Its date or dates, such as 2026-03-20.", _one_or_more(scalars.TEXT)),
            "name": _told("What it is called, for replies.", scalars.TEXT),
            "hours": _told("When it is open all the same.", times),
        },
    }
    entry = _or(scalars.TEXT, holiday)
    week = {
        "type": "object",
        "patternProperties": {days: times},
        "additionalProperties": False,
        "properties": {
            "breaks": _told("When it is closed in between.", _or(times, _named(times, days))),
            "holidays": _told("Dates on which it is closed.", _or(entry, _list(entry))),
            "timezone": _told("Its own time zone.", scalars.ZONE),
        },
    }
    return _or(times, week)


def _or(*schemas: Json) -> Json:
    return {"anyOf": list(schemas)}


def _texts_or(inner: Json) -> Json:
    """Return texts, maps, or a list of both."""
    return _one_or_more(_or(scalars.TEXT, inner["items"]))


# What each reader of the schema takes: a function of what the models say by themselves.
_SHORT: Mapping[str, Callable[[Json], Json]] = {
    "as_list": lambda inner: _one_or_more(inner["items"]),
    "filled_list": lambda inner: _one_or_more({**inner["items"], "minProperties": 1}),
    "_read_call": lambda inner: _or(scalars.TEXT, inner),
    "_read_choices": _texts_or,
    "_read_done": lambda inner: _one_or_more(inner["items"]),
    "_read_entries": _texts_or,
    "_read_fields": lambda inner: _or(_one_or_more(scalars.NAMED), inner),
    "_read_handover": lambda inner: _or(scalars.PERIOD, inner),
    "_read_happened": lambda inner: _or(scalars.TEXT, inner),
    "_read_http": lambda inner: _or(scalars.URL, inner),
    "_read_listing": lambda inner: _or(scalars.TEXT, _list(_or(scalars.TEXT, _row())), inner),
    "_read_reply": _texts_or,
    "_read_steps": lambda inner: {**inner, "minItems": 1},
    "_read_takeover": lambda inner: _or(scalars.DURATION, scalars.OFF, inner),
    "_read_talk": lambda inner: {**inner, "minItems": 1},
    "_read_template": lambda inner: _or(scalars.TEXT, inner),
    "_read_told": lambda inner: _or(scalars.TEXT, inner),
}


def _row() -> Json:
    return {"$ref": _PLACE.format(model="Row")}


class _Generator(GenerateJsonSchema):
    """Tells what may be written, not what becomes of it."""

    def function_before_schema(
        self, schema: core_schema.BeforeValidatorFunctionSchema
    ) -> JsonSchemaValue:
        reader = schema["function"]["function"]
        if isinstance(reader, OneOf):
            return {"enum": list(map(str, reader.words))}
        if isinstance(reader, Identifier):
            is_number = re.fullmatch(reader.pattern, "1")
            kinds = ["string", "integer"] if is_number else "string"
            return {"type": kinds, "pattern": f"^{reader.pattern}$"}
        name = getattr(reader, "__name__", "")
        if name in scalars.READERS:
            return dict(scalars.READERS[name])
        # A reader that is not known here is ours to describe, so it must not pass in silence.
        return _SHORT[name](self.generate_inner(schema["schema"]))

    def nullable_schema(self, schema: core_schema.NullableSchema) -> JsonSchemaValue:
        # A key that is there has a value.
        return self.generate_inner(schema["schema"])

    def dict_schema(self, schema: core_schema.DictSchema) -> JsonSchemaValue:
        keys = self.generate_inner(schema["keys_schema"])
        return _named(self.generate_inner(schema["values_schema"]), keys["pattern"])

    def tuple_schema(self, schema: core_schema.TupleSchema) -> JsonSchemaValue:
        return _list(self.generate_inner(schema["items_schema"][0]))

    def default_schema(self, schema: core_schema.WithDefaultSchema) -> JsonSchemaValue:
        inner = self.generate_inner(schema["schema"])
        default = _written(schema.get("default"))
        return inner if default is None else {**inner, "default": default}

    def field_title_should_be_set(self, schema: object) -> bool:  # noqa: ARG002 - no field has one
        return False

    def model_schema(self, schema: core_schema.ModelSchema) -> JsonSchemaValue:
        found = super().model_schema(schema)
        return {key: value for key, value in found.items() if key != "title"}


def _written(default: object) -> str | int | bool | None:
    """Return a default as it would be written, None where there is nothing to tell."""
    if isinstance(default, timedelta):
        return scalars.duration(default)
    return default if isinstance(default, str | int) else None
