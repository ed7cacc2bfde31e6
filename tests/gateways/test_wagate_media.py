"""The media inside WAGate's webhooks: decoded strictly enough, taken out of the same event."""

import base64
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.events import Event, MediaReference, Message
from bot.gateways.base import WebhookRequest
from bot.gateways.wagate import Wagate
from bot.gateways.wagate.large import HEAD, LONG, shortened
from bot.gateways.wagate.media import KEPT_APART, TAKEN_OUT, decode
from tests.gateways.contract import CURRENT, account_of, payload_files

PNG = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1Pe+/8=")
WRITTEN = base64.b64encode(PNG).decode()
GATEWAY = Wagate([account_of("wagate", CURRENT)])
bounded = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

every_payload = pytest.mark.parametrize(
    "file", payload_files("wagate"), ids=lambda file: str(file.stem)
)


def body(written: str | None, **more: Any) -> bytes:
    """Return a picture of Rina's; None takes a field away."""
    fields = {
        "from": "6281200000021",
        "message": "Bukti transfer 🎉",
        "message_id": "3EB0BA1A50031",
        "name": "Rina",
        "type": "image",
        "timestamp": 1764900000,
        "media": {"mimetype": "image/png", "data": written, "filename": "bukti.png"},
        **more,
    }
    content = {name: value for name, value in fields.items() if value is not None}
    webhook = {"event": "message", "device_id": "wa-1", "data": content, "versi": 1.5}
    return json.dumps(webhook, ensure_ascii=False).encode()


def parse(raw: bytes) -> Event:
    (event,) = GATEWAY.parse(WebhookRequest(body=raw))
    return event


def inline(raw: bytes) -> bytes:
    return GATEWAY.inline_media(raw, MediaReference(inline=True))


def media_of(event: Event) -> MediaReference:
    assert isinstance(event, Message)
    assert event.media is not None
    return event.media


def without(event: Event) -> Event:
    """Return a message with nothing told of its bytes, to compare what is left."""
    if not isinstance(event, Message) or event.media is None:
        return replace(event, raw=b"")
    media = replace(event.media, inline=False, problem=None)
    return replace(event, raw=b"", media=media)


@pytest.mark.parametrize(
    "written",
    [
        WRITTEN,
        f"data:image/png;base64,{WRITTEN}",
        f"data:;base64,{WRITTEN}",
        f" data:image/png;name=a.png;base64,{WRITTEN}",
        "\r\n".join(WRITTEN[at : at + 7] for at in range(0, len(WRITTEN), 7)) + "\n",
        base64.urlsafe_b64encode(PNG).decode(),
    ],
    ids=["plain", "data url", "data url without type", "parameters", "lines", "url alphabet"],
)
def test_decodes_base64_however_it_is_dressed(written: str) -> None:
    assert inline(body(written)) == PNG


@pytest.mark.parametrize(
    "written",
    [
        "base64_encoded_image_data...",
        WRITTEN[:-1],
        WRITTEN[:-1] + "==",
        WRITTEN[:5] + "é" + WRITTEN[5:],
        WRITTEN + "!",
        "data:image/png;base64,",
        "data:image/png,halo",
        "====",
        " ",
        TAKEN_OUT,
        "https://wagate.in/storage/foto.png",
    ],
)
def test_broken_base64_is_a_value_error_that_quotes_nothing(written: str) -> None:
    with pytest.raises(ValueError, match=r"base64|no media") as caught:
        inline(body(written))

    assert written[:9].strip() not in str(caught.value) or len(written) < 9
    assert caught.value.__cause__ is None


def test_a_webhook_without_media_has_none_to_hand_out() -> None:
    with pytest.raises(ValueError, match="no media"):
        inline(body(None, media=None))


def test_a_webhook_that_cannot_be_read_has_broken_media() -> None:
    with pytest.raises(ValueError, match="broken"):
        inline(body(WRITTEN)[:-9])


@given(content=st.binary(min_size=1, max_size=300))
def test_decodes_whatever_was_encoded(content: bytes) -> None:
    assert decode(base64.b64encode(content).decode()) == content


def test_takes_the_base64_out_and_nothing_else() -> None:
    raw = body(WRITTEN)

    kept = GATEWAY.without_media(raw)

    assert WRITTEN.encode() not in kept
    expected = json.loads(raw)
    expected["data"]["media"]["data"] = TAKEN_OUT
    assert list(json.loads(kept)["data"].items()) == list(expected["data"].items())
    assert json.loads(kept) == expected


def test_says_that_the_media_are_kept_apart() -> None:
    media = media_of(parse(GATEWAY.without_media(body(WRITTEN))))

    assert (media.inline, media.problem) == (False, KEPT_APART)
    assert (media.mimetype, media.filename) == ("image/png", "bukti.png")


def test_remembers_the_type_that_only_the_base64_told() -> None:
    written = f"data:image/png;base64,{WRITTEN}"
    raw = body(None, type=None, media={"data": written})

    event, after = parse(raw), parse(GATEWAY.without_media(raw))

    assert media_of(after).mimetype == "image/png"
    assert without(after) == without(event)


def test_keeps_the_media_where_the_key_is_a_digest_of_them() -> None:
    raw = body(WRITTEN, message_id=None)

    assert GATEWAY.without_media(raw) is raw


@pytest.mark.parametrize("raw", [b"", b"[]", b"{", b"\xff"])
def test_leaves_alone_what_cannot_be_read(raw: bytes) -> None:
    assert GATEWAY.without_media(raw) is raw


@every_payload
def test_every_payload_tells_the_same_event_without_its_media(file: Path) -> None:
    raw = file.read_bytes()
    event = parse(raw)

    after = parse(GATEWAY.without_media(raw))

    assert without(after) == without(event)
    assert not (isinstance(after, Message) and after.media and after.media.inline)


@bounded
@given(
    text=st.text(max_size=40),
    name=st.text(max_size=10) | st.none(),
    written=st.text(alphabet='QUJD+/=_- \\"é', min_size=1, max_size=60),
    number=st.floats(allow_nan=True) | st.integers(),
    as_string=st.booleans(),
    escaped=st.booleans(),
)
def test_any_message_tells_the_same_event_without_its_media(
    text: str, name: str | None, written: str, number: float, *, as_string: bool, escaped: bool
) -> None:
    media = written if as_string else {"data": written, "name": name}
    webhook = json.loads(body(None, message=text, name=name, media=media, number=number))
    raw = json.dumps(webhook, ensure_ascii=escaped).encode("utf-8", "backslashreplace")
    event = parse(raw)

    kept = GATEWAY.without_media(raw)

    assert without(parse(kept)) == without(event)
    assert not media_of(parse(kept)).inline
    assert GATEWAY.without_media(kept) is kept


LARGE = base64.b64encode(bytes(range(256)) * (LONG // 200)).decode()


@pytest.mark.parametrize("slash", ["/", "\\/", "\\u002f"])
@pytest.mark.parametrize("message_id", ["3EB0BESAR", None])
def test_a_large_body_tells_what_a_small_one_does(slash: str, message_id: str | None) -> None:
    large = body(LARGE, message_id=message_id).replace(b"/", slash.encode())

    event, small = parse(large), parse(body(WRITTEN, message_id=message_id))

    assert event.raw is large
    assert inline(large) == base64.b64decode(LARGE)
    assert replace(without(event), key="") == replace(without(small), key="")
    assert (event.key == small.key) is (message_id is not None)
    assert len(shortened(large)) < 3000


def test_the_key_of_a_large_body_without_an_id_is_the_digest_of_all_of_it() -> None:
    one, other = (body(LARGE + end, message_id=None) for end in ("QUJD", "QUJE"))
    written_otherwise = json.dumps(json.loads(one), indent=1, sort_keys=True).encode()

    assert parse(one).key == parse(written_otherwise).key
    assert parse(one).key != parse(other).key


def test_a_large_file_with_a_broken_escape_loses_only_the_file() -> None:
    raw = body(LARGE).replace(LARGE[-40:].encode(), b"\\x" + LARGE[-40:].encode())

    event = parse(raw)

    assert isinstance(event, Message)
    assert (event.text, media_of(event).inline) == ("Bukti transfer 🎉", True)
    with pytest.raises(ValueError, match="broken"):
        inline(raw)
    assert GATEWAY.without_media(raw) is raw
    assert parse(body(LARGE, message_id=None).replace(LARGE[-40:].encode(), b"\\x")).key


@pytest.mark.parametrize("escaped", [False, True])
@pytest.mark.parametrize("sign", ['"', "\\", "\\\\", '\\"', "\n", "/", "é", "🎉"])
def test_a_body_that_is_read_in_part_is_still_json(sign: str, *, escaped: bool) -> None:
    for length in range(HEAD - 14, HEAD + 2):
        fields: dict[str, Any] = {
            "before": 'kata "dia"',
            "long": "b" * length + sign + "A" * LONG,
            "after": "\\",
        }
        raw = json.dumps(fields, ensure_ascii=escaped).encode()

        read = json.loads(shortened(raw))

        # Of a pair of escapes, one half may be left, which is read like any half.
        assert fields["long"].startswith(read["long"].rstrip("\ud83c"))
        assert HEAD - 14 <= len(read["long"]) <= HEAD
        assert {**read, "long": ""} == {**fields, "long": ""}


@pytest.mark.parametrize("text", ['kata "dia', "garis miring \\", '\\"', "\\" * 9])
def test_what_stands_between_strings_is_never_cut(text: str) -> None:
    raw = json.dumps({"text": text, "numbers": [1] * LONG, "end": text}).encode()

    assert shortened(raw) is raw


def test_a_large_body_of_small_strings_is_read_whole() -> None:
    raw = json.dumps({"a": ["x"] * (LONG // 4)}).encode()

    assert shortened(raw) is raw
