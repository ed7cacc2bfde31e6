"""Check a parsed file against the schema, and tell every mistake in plain words."""

import inspect
import types
import typing
from collections.abc import Mapping, Sequence
from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError
from pydantic_core import ErrorDetails

from bot.rules import schema
from bot.rules.schema.says import Media, Says
from bot.rules.source import Path, Source, Value
from bot.rules.spoken import meanings, misspelt, nearest
from bot.rules.values import expected, got

T = TypeVar("T")

# How a map is written for which something else stands there.
_EXAMPLES: Mapping[type[BaseModel], str] = {
    schema.Admin: '{to: "6281200000001"}',
    schema.CallAction: "{name: cek_stok}",
    schema.Condition: "{open: toko}",
    schema.Done: "{reply: Terima kasih!}",
    schema.Example: "{name: sapaan, say: halo, expect: {rule: halo}}",
    schema.Expect: "{rule: halo}",
    schema.Fallback: "{reply: Maaf, kami belum paham.}",
    schema.Flow: "{steps: [{id: alamat, ask: Kirim ke mana?}]}",
    schema.Handover: "{for: 4h, notify: pemilik}",
    schema.Happened: "{name: device.disconnected, reason: logout}",
    schema.Happening: "{say: halo, expect: {rule: halo}}",
    schema.HttpAction: "{url: https://toko.contoh.id/stok}",
    schema.LoopGuard: "{replies: 12, within: 1m, pause: 30m}",
    schema.Match: "{words: [harga, hrg]}",
    Media: "{image: a.jpg}",
    schema.NamedReply: "{text: Halo!}",
    schema.Notify: "{to: pemilik, text: Ada pesan baru.}",
    schema.Outcome: "{reply: Baik.}",
    schema.Record: "{kind: order, fields: [produk, jumlah]}",
    schema.Rule: "{id: halo, match: {words: halo}, reply: Halo!}",
    schema.Sent: "{type: image, caption: bukti}",
    schema.Settings: "{language: id, timezone: Asia/Jakarta}",
    schema.Step: "{id: alamat, ask: Kirim ke mana?}",
}
_MAPS: Mapping[str, str] = {
    "choices": "{ya: [ya, y, benar], tidak: [tidak, bukan]}",
    "with": '{nama: "{{ contact.name }}"}',
    "fields": '{total: "{{ form.jumlah }}"}',
}
# Into which key something belongs that stands beside it.
_INSIDE: Mapping[str, type[BaseModel]] = {
    "reply": Says,
    "media": Media,
    "match": schema.Match,
    "if": schema.Condition,
    "settings": schema.Settings,
}
_KEY_LIMIT = 60
_ADAPTERS: dict[object, TypeAdapter[Any]] = {}


def check(source: Source, kind: type[T], value: Value, *, at: Path) -> T | None:
    """Return `value` as `kind`; None when it has mistakes, which are noted in `source`."""
    # Made once: a file has thousands of values of a few kinds.
    adapter: TypeAdapter[T] = _ADAPTERS.get(kind) or _ADAPTERS.setdefault(kind, TypeAdapter(kind))
    try:
        return adapter.validate_python(value, context={"gateways": source.gateways})
    except ValidationError as error:
        for detail in error.errors(include_url=False):
            _note(source, kind, detail, at)
    return None


def unknown_key(
    source: Source, path: Path, known: Sequence[str], *, above: Sequence[str] = ()
) -> None:
    """Note a key that does not exist, and where it belongs or which one was probably meant.

    `above` are the keys that are known around the map that it stands in.
    """
    key = str(path[-1])
    shown = key if len(key) <= _KEY_LIMIT else f"{key[:_KEY_LIMIT]}..."
    around = (*known, *above)
    if key in above:
        parent = next(part for part in reversed(path[:-1]) if isinstance(part, str))
        text = f'"{shown}" stands beside "{parent}:", not inside it'
    elif (home := _home(key, around)) and not misspelt(key, known):
        text = f'"{shown}" is part of "{home}": write it below "{home}:"'
    elif "rules" in known and key in keys_of(schema.Rule):
        text = f'"{shown}" is part of a rule: indent it as far as the "id" of the rule'
    elif meant := nearest(key, known):
        text = f'unknown key "{shown}"; did you mean "{meant}"?'
    elif translated := next((word for word in meanings(key) if _home(word, around)), None):
        home = _home(translated, around)
        text = f'unknown key "{shown}"; did you mean "{translated}"? It stands below "{home}:"'
    else:
        text = f'unknown key "{shown}"; known here: {", ".join(known)}'
    if source.is_bare(path):
        if told := _cut(source, path):
            source.add(told[0], at=told[1], mark=source.keys.get(source.known(path)))
            return
        text = (
            f'"{shown}" has no value here; a text that begins with {{ must stand in quotes, '
            "and so must one with a comma between brackets"
        )
    source.add(text, at=path, key=True)


def _cut(source: Source, path: Path) -> tuple[str, Path] | None:
    """Return how the value is written that a comma between brackets cut in two, and its path."""
    path = source.known(path)
    whole = source.at(path[:-1])
    if not isinstance(whole, dict):
        return None
    parts, home = list[str](), ""
    for key, value in whole.items():
        if not source.is_bare((*path[:-1], key)):
            home, parts = key, [value] if isinstance(value, str) else []
        elif parts:
            parts.append(key)
        if key == path[-1]:
            break
    if len(parts) < 2:
        return None
    if home in keys_of(schema.Match):
        text = f"several values stand in brackets: {home}: [{', '.join(parts)}]"
    else:
        joined = ", ".join(parts)
        text = f'put the text in quotes: {home}: "{joined}"'
    return text, (*path[:-1], home)


def keys_of(kind: type[BaseModel]) -> list[str]:
    """Return the keys of a map as they are written, its own before those of every such map."""
    own = inspect.get_annotations(kind)
    fields = sorted(kind.model_fields.items(), key=lambda named: named[0] not in own)
    return [field.alias or name for name, field in fields]


def _home(key: str, around: Sequence[str]) -> str | None:
    """Return the one map that a key belongs into, if it can stand around."""
    homes = [name for name, kind in _INSIDE.items() if key in keys_of(kind)]
    return homes[0] if len(homes) == 1 and homes[0] in around else None


def _note(source: Source, kind: object, detail: ErrorDetails, at: Path) -> None:
    location, found = detail["loc"], detail["input"]
    path = (*at, *location)
    match detail["type"]:
        case "extra_forbidden":
            above = _known(kind, _before_last_name(location[:-1]))
            unknown_key(source, path, _known(kind, location[:-1]), above=above)
        case "missing":
            example = _example(kind, location[:-1])
            text = f'"{location[-1]}" is missing' + (f", as in {example}" if example else "")
            source.add(text, at=path[:-1])
        case "value_error":
            source.add(str(detail["ctx"]["error"]) + source.comment_hint(path), at=path)
        case "model_type" | "dict_type" | "model_attributes_type":
            source.add(_no_map(kind, location, found) + source.comment_hint(path), at=path)
        case "tuple_type" | "list_type":
            source.add(str(expected("a list", found)), at=path)
        case _:
            source.add(f"this cannot stand here: {got(found)}", at=path)


def _no_map(kind: object, location: tuple[int | str, ...], found: object) -> str:
    names = [part for part in location if isinstance(part, str)]
    example = _MAPS.get(names[-1]) if names else None
    example = example or _example(kind, location)
    return str(expected(f"keys with values{f' such as {example}' if example else ''}", found))


def _example(kind: object, location: tuple[int | str, ...]) -> str | None:
    model = _model_at(kind, location)
    return _EXAMPLES.get(model) if model else None


def _before_last_name(location: tuple[int | str, ...]) -> tuple[int | str, ...] | None:
    """Return the path of the map in which the last named part stands; None for the outermost."""
    names = [number for number, part in enumerate(location) if isinstance(part, str)]
    return location[: names[-1]] if names else None


def _known(kind: object, path: tuple[int | str, ...] | None) -> list[str]:
    """Return the keys that the schema knows at a path."""
    model = _model_at(kind, path) if path is not None else None
    return keys_of(model) if model else []


def _model_at(kind: object, path: tuple[int | str, ...]) -> type[BaseModel] | None:
    """Return the model that the schema has at a path."""
    for part in path:
        model = _model(kind)
        if model is not None and isinstance(part, str):
            fields = model.model_fields.items()
            kind = next(
                (field.annotation for name, field in fields if part in (field.alias, name)), kind
            )
    return _model(kind)


def _model(kind: Any) -> type[BaseModel] | None:
    """Return the model inside tuple[…], dict[…], Annotated[…] and | None."""
    if isinstance(kind, type) and issubclass(kind, BaseModel):
        return kind
    if isinstance(kind, str | types.NoneType):
        return None
    found = (_model(part) for part in typing.get_args(kind))
    return next((model for model in found if model is not None), None)
