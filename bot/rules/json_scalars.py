"""What single values look like in the JSON Schema: one entry for each reader of `values`."""

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from bot.rules.languages import LANGUAGES
from bot.rules.values import MODULE, NAME, NO, STEP_TYPES, UNITS, YES

Json = dict[str, Any]

_AMOUNT = r"(?:\d{1,6}[smhdw])+"


def duration(length: timedelta) -> str:
    """Return a duration as it is written, in its largest whole unit."""
    seconds = int(length.total_seconds())
    for unit in ("h", "m"):
        if seconds and seconds % UNITS[unit] == 0:
            return f"{seconds // UNITS[unit]}{unit}"
    return f"{seconds}s"


def any_case(word: str) -> str:
    """Return a pattern for a word in any capitals."""
    return "".join(f"[{sign.upper()}{sign.lower()}]" if sign.isalpha() else sign for sign in word)


def begun(word: str) -> str:
    """Return a pattern for a word with a capital at its beginning or without."""
    return any_case(word[:1]) + word[1:]


def _any_of(words: Iterable[str]) -> str:
    return f"^(?:{'|'.join(map(any_case, words))})$"


def _text(pattern: str, example: str) -> Json:
    return {"type": "string", "pattern": pattern, "examples": [example]}


# Numbers and yes or no are texts as well, as soon as they stand where a text does.
TEXT: Json = {"type": ["string", "number", "boolean"], "pattern": r"\S"}
CELL: Json = {"type": ["string", "number", "boolean"]}
DURATION = _text(f"^{_AMOUNT}$", "10m")
PERIOD = _text(f"^(?!(?:0+[smhdw])+$){_AMOUNT}$", "10m")
OFF: Json = {"enum": [*NO, False]}
NAMED = _text(f"^{NAME}$", "produk")
_TIME = r"\d{1,2}(?:[:.]\d\d)?"
_WHOLE_DAYS = {
    word for each in LANGUAGES.values() for word in (*each.hours.closed, *each.hours.all_day)
}
# Whether the times fit together, only `flask rules check` knows.
HOURS = _text(
    rf"^\s*(?:{'|'.join(map(any_case, sorted(_WHOLE_DAYS)))}|{_TIME}\D+{_TIME}(?:\D+\d.*)?)\s*$",
    "09:00-17:00",
)
URL = _text(r"^https?://[^\s/?#@]+(?:[/?#]\S*)?$", "https://toko.contoh.id/stok")
ZONE = _text(r"^(?!WI(?:B|TA|T)$)[A-Za-z][A-Za-z0-9_+-]*(?:/[A-Za-z0-9_+-]+)*$", "Asia/Jakarta")
_FLAG: Json = {"anyOf": [{"type": "boolean"}, {"type": "string", "pattern": _any_of((*YES, *NO))}]}
_COUNT: Json = {
    "anyOf": [
        {"type": "integer", "minimum": 1, "maximum": 100},
        _text(r"^(?:[1-9]\d?|100)$", "3"),
    ]
}
_PHONE: Json = {
    "anyOf": [
        _text(r"^[\s()+-]*[1-9][\d\s()+-]{6,}$", "6281200000001"),
        {"type": "integer", "minimum": 1_000_000},
    ]
}
_DEGREES: Json = {
    "anyOf": [
        {"type": "number", "minimum": -180, "maximum": 180},
        _text(r"^-?\d{1,3}(?:\.\d{1,12})?$", "-6.175392"),
    ]
}
_LIMIT: Json = {
    "anyOf": [
        {"type": "number"},
        _text(r"^(?:-?[\d.,]{1,20}|\d{4}-\d\d-\d\d|today|hari ini)$", "2026-01-31"),
    ]
}
_STEP_TYPE: Json = {
    "anyOf": [{"enum": list(STEP_TYPES)}, _text(rf"^table\.{NAME}$", "table.produk")]
}
_PAIR: Json = {"type": "array", "items": TEXT, "minItems": 2, "maxItems": 2}

READERS: Mapping[str, Json] = {
    "read_text": TEXT,
    "read_value": TEXT,
    "read_duration": DURATION,
    "read_period": PERIOD,
    "read_flag": _FLAG,
    "read_count": _COUNT,
    "read_zone": ZONE,
    "read_phone": _PHONE,
    "read_language": {"enum": sorted(LANGUAGES)},
    "read_degrees": _DEGREES,
    "read_url": URL,
    "read_pair": _PAIR,
    "read_limit": _LIMIT,
    "read_step_type": _STEP_TYPE,
    "read_moment": _text(r"^\d{4}-\d\d-\d\d \d\d:\d\d$", "2026-01-04 20:00"),
    "read_module": _text(f"^{MODULE}$", "toko"),
    # Which gateways there are is for the program to say, not for the language.
    "_read_gateway": TEXT,
    "_read_id": {**TEXT, "maxLength": 200, "not": {"pattern": r"\{\{|\{%"}},
    "_read_source": {
        "type": "string",
        "pattern": r"\S",
        "not": {"pattern": r"\{\{|\{%|^/|^~|\\|(?:^|/)\.|^http:"},
        "examples": ["promo.jpg"],
    },
}
