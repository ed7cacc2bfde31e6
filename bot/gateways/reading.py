"""Read what gateways send, leniently: a field of the wrong type is a field that is missing."""

import base64
import contextlib
import hashlib
import json
import math
import re
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    ValidationError,
    ValidationInfo,
    field_validator,
)

from bot.events import canonical
from bot.gateways.errors import Unreadable

REPLACEMENT = "\N{REPLACEMENT CHARACTER}"
# Unix times above this are milliseconds: as seconds it lies in the year 5138.
MILLISECONDS_FROM = 1e11
# No gateway comes near; what is nested deeper could not be written out again.
MAX_DEPTH = 100
# The width of the column; longer keys are stored as their hash.
MAX_KEY = 200
# No gateway means it when it asks for more.
LONGEST_WAIT = 86_400.0
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII | re.IGNORECASE)
_SHA256_BYTES = 32


def read_json(body: bytes) -> Any:
    """Return the JSON value in `body`, or raise Unreadable with a reason that quotes nothing."""
    try:
        value = json.loads(body.decode("utf-8-sig"), parse_constant=_no_number, parse_float=_finite)
    except UnicodeDecodeError:
        raise Unreadable("the body is not UTF-8") from None
    except RecursionError:
        raise Unreadable("the body is nested too deeply") from None
    except ValueError:
        raise Unreadable("the body is not JSON") from None
    if body.count(b"[") + body.count(b"{") > MAX_DEPTH and _depth(value) > MAX_DEPTH:
        raise Unreadable("the body is nested too deeply")
    return value


def _no_number(_name: str) -> None:
    """Read NaN and Infinity, which JSON does not have, as null: NaN is not even equal to itself."""


def _finite(digits: str) -> float | None:
    number = float(digits)
    return number if math.isfinite(number) else None


def _depth(value: Any) -> int:
    level, depth = [value], 0
    while level:
        depth += 1
        level = [
            child
            for parent in level
            if isinstance(parent, dict | list)
            for child in (parent.values() if isinstance(parent, dict) else parent)
        ]
    return depth


def read_object(body: bytes) -> dict[str, Any]:
    """Return the JSON object in `body`, or raise Unreadable."""
    value = read_json(body)
    if not isinstance(value, dict):
        raise Unreadable("the body is not a JSON object")
    return value


def clean(text: str) -> str:
    """Return `text` without what databases refuse: U+0000 and lone surrogates become U+FFFD."""
    if text.isascii() and "\0" not in text:
        return text
    without_null = text.replace("\0", REPLACEMENT)
    return "".join(REPLACEMENT if "\ud800" <= char <= "\udfff" else char for char in without_null)


def clean_all(value: Any) -> Any:
    """Return a JSON value with every string in it cleaned, for what is kept as it came."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, dict):
        return {clean(key): clean_all(child) for key, child in value.items()}
    if isinstance(value, list):
        return [clean_all(child) for child in value]
    return value


def fold_key(key: str) -> str:
    """Return a dedupe key as it is stored: cleaned, and hashed when the column is too narrow."""
    if len(key) <= MAX_KEY:
        return clean(key)
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()


def digest(value: object) -> str:
    """Return the SHA-256 of a JSON element: the same in any batch and however it is written."""
    return hashlib.sha256(canonical(value)).hexdigest()


def read_sha256(text: str | None) -> str | None:
    """Return a file's SHA-256 in hexadecimal, None when it is none: mostly it comes as base64."""
    if _SHA256.fullmatch(text or ""):
        return (text or "").lower()
    try:
        raw = base64.b64decode(text or "", validate=True)
    except ValueError:
        return None
    return raw.hex() if len(raw) == _SHA256_BYTES else None


def read_retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that a response's Retry-After asks for, None when it asks for none.

    A date counts from the response's own Date, since the two clocks need not agree.
    """
    value = headers.get("retry-after", "").strip()
    try:
        seconds = float(value)
    except ValueError:
        until, now = read_http_date(value), read_http_date(headers.get("date", ""))
        if until is None or now is None:
            return None
        seconds = (until - now).total_seconds()
    return min(max(seconds, 0.0), LONGEST_WAIT) if math.isfinite(seconds) else None


def read_http_date(text: str) -> datetime | None:
    """Return the aware time in a header such as Date, None when there is none."""
    try:
        time = parsedate_to_datetime(text)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return time if time.tzinfo else time.replace(tzinfo=UTC)


def cleaned(value: Any) -> Any:
    """Return a JSON value with every text in it cleaned."""
    match value:
        case str():
            return clean(value)
        case Mapping():
            return {clean(str(name)): cleaned(part) for name, part in value.items()}
        case list() | tuple():
            return [cleaned(part) for part in value]
        case float() if not math.isfinite(value):
            return None
        case _:
            return value


def read_time(value: object) -> datetime | None:
    """Return an aware UTC time from unix seconds or milliseconds (number or digits) or ISO 8601."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, dict):  # a JavaScript Long that was serialised as an object
        return _from_unix(_long(value))
    try:
        number = float(value) if isinstance(value, int | float | str) else math.nan
    except (ValueError, OverflowError):
        return _from_iso(value) if isinstance(value, str) else None
    return _from_unix(number)


def _long(value: dict[str, Any]) -> float:
    low, high = value.get("low"), value.get("high", 0)
    if isinstance(low, int) and isinstance(high, int) and not isinstance(low, bool):
        with contextlib.suppress(OverflowError):
            return float((high << 32) + (low & 0xFFFFFFFF))
    return math.nan


def _from_unix(number: float) -> datetime | None:
    if not math.isfinite(number) or number <= 0:
        return None
    seconds = number / 1000 if number > MILLISECONDS_FROM else number
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (ValueError, OverflowError, OSError):
        return None


def _from_iso(text: str) -> datetime | None:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None
    if time.tzinfo is None:
        return None
    try:
        return time.astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _text(value: object) -> object:
    """Read a string, or a number where a gateway forgot the quotation marks."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, int | float) and not isinstance(value, bool):
        return str(value)
    return None


def _objects(value: object) -> object:
    """Read a list of objects, without those of its elements that are none."""
    return tuple(row for row in value if isinstance(row, dict)) if isinstance(value, list) else ()


Text = Annotated[str | None, BeforeValidator(_text)]
# Beside a list type: `Annotated[tuple[Row, ...], OBJECTS] = ()`.
OBJECTS = BeforeValidator(_objects)
Time = Annotated[datetime | None, BeforeValidator(read_time)]


class Payload(BaseModel):
    """A part of a webhook: only the fields that we read, each of which may be missing or wrong."""

    model_config = ConfigDict(extra="ignore", frozen=True, hide_input_in_errors=True)

    @field_validator("*", mode="wrap")
    @classmethod
    def _missing_when_wrong(
        cls, value: Any, handler: Callable[[Any], Any], info: ValidationInfo
    ) -> Any:
        try:
            return handler(value)
        except ValidationError:
            return cls.model_fields[info.field_name or ""].get_default(call_default_factory=True)
