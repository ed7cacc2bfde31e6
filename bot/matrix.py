"""What each gateway can do, as tables made from the code: for people, and for docs/gateways.md."""

from collections.abc import Callable, Iterator, Mapping, Sequence

from bot.content import KINDS, MEDIA_KINDS
from bot.gateways.base import MIB, Gateway
from bot.outbox.adapt import NEAREST

YES, NO = "yes", "–"

GatewayType = type[Gateway]
Row = tuple[str, Callable[[GatewayType], str]]

# What Balas does where a gateway lacks a kind of content.
INSTEAD: dict[str, str] = {
    **dict.fromkeys(MEDIA_KINDS, "as a link"),
    "location": "as text",
    "contacts": "as text",
    "buttons": "numbered",
    "list": "numbered",
}
AS = {"image": "as a picture", "audio": "as audio", "document": "as a document"}


def _flag(name: str) -> Callable[[GatewayType], str]:
    return lambda gateway: (
        gateway.caveats.get(name) or (YES if getattr(gateway.capabilities, name) else NO)
    )


TELLS: Sequence[Row] = (
    ("statuses (delivered, read …)", _flag("statuses")),
    ("echoes of what others sent", _flag("echoes")),
    ("calls", _flag("calls")),
    ("its devices (connected …)", _flag("device_events")),
    ("largest webhook", lambda gateway: f"{gateway.max_body // MIB} MiB"),
)
MORE: Sequence[Row] = (
    ("reply to a message", lambda gateway: _word(gateway.capabilities.quotes)),
    (
        "a repeated request is carried out once",
        lambda gateway: _word(gateway.capabilities.idempotency),
    ),
    ("longest text", lambda gateway: str(gateway.capabilities.text_limit)),
    ("longest caption", lambda gateway: _caption(gateway)),
    ("buttons, characters in each", lambda gateway: _buttons(gateway)),
    ("list rows, characters in each", lambda gateway: _rows(gateway)),
    ("takes media by", lambda gateway: " or ".join(gateway.capabilities.media_by) or NO),
    ("largest media", lambda gateway: _media(gateway)),
)
METHODS: Mapping[str, str] = {
    "hand out media that came in": "fetch_media",
    "carry media inside its webhooks": "inline_media",
    "mark a message as read": "mark_read",
    "show that somebody is typing": "show_typing",
    "say whether a number is on WhatsApp": "check_number",
    "call its own people": "call_human",
    "tell the id of a message later": "look_up",
    "tell its quota": "quota",
    "say how a device is": "device_report",
    "restart a device": "restart_device",
    "be looked at by `flask doctor`": "inspect",
    "`flask webhooks register`": "register_webhook",
    "`flask webhooks list`": "list_webhooks",
    "`flask webhooks update`": "update_webhook",
    "`flask webhooks delete`": "delete_webhook",
    "`flask webhooks test`": "test_webhook",
    "`flask webhooks failed`": "failed_webhooks",
    "`flask webhooks retry`": "retry_webhook",
    "`flask webhooks recover`": "missed_webhooks",
}


def matrix() -> Iterator[tuple[str, list[Row]]]:
    """Yield each table: its heading, and its rows."""
    yield "tells us", list(TELLS)
    yield "sends", [*((kind, _sends(kind)) for kind in KINDS), *MORE]
    yield "can", [(label, _has(method)) for label, method in METHODS.items()]


def markdown(gateways: Mapping[str, GatewayType]) -> str:
    """Return the tables as they stand in docs/gateways.md."""
    titles = [gateway.title for gateway in gateways.values()]
    blocks = []
    for heading, rows in matrix():
        lines = [_line([f"**{heading}**", *titles]), _line(["---"] * (len(titles) + 1))]
        lines += [
            _line([label, *(tell(gateway) for gateway in gateways.values())])
            for label, tell in rows
        ]
        blocks.append("\n".join(lines))
    return "\n\n".join(blocks) + "\n"


def _line(cells: Sequence[str]) -> str:
    return f"| {' | '.join(cells)} |"


def _word(value: bool) -> str:
    return YES if value else NO


def _sends(kind: str) -> Callable[[GatewayType], str]:
    def tell(gateway: GatewayType) -> str:
        sends = gateway.capabilities.sends
        if kind in sends:
            return YES
        nearest = next((each for each in NEAREST.get(kind, ()) if each in sends), None)
        return AS[nearest] if nearest else INSTEAD.get(kind, NO)

    return tell


def _has(method: str) -> Callable[[GatewayType], str]:
    return lambda gateway: gateway.caveats.get(method) or _word(gateway.has(method))


def _caption(gateway: GatewayType) -> str:
    has_captions = gateway.capabilities.sends & {"image", "video", "document"}
    return str(gateway.capabilities.caption_limit) if has_captions else NO


def _buttons(gateway: GatewayType) -> str:
    limits = gateway.capabilities
    return f"{limits.buttons} × {limits.button_title_limit}" if "buttons" in limits.sends else NO


def _rows(gateway: GatewayType) -> str:
    limits = gateway.capabilities
    return f"{limits.rows} × {limits.row_title_limit}" if "list" in limits.sends else NO


def _media(gateway: GatewayType) -> str:
    limits = gateway.capabilities.media_limits
    sizes = sorted({size for kind, size in limits.items() if kind in gateway.capabilities.sends})
    if not sizes:
        return NO
    shown = [_size(size) for size in sizes]
    return shown[0] if len(shown) == 1 else f"{shown[0]} to {shown[-1]}"


def _size(size: int) -> str:
    return f"{size // MIB} MiB" if size >= MIB else f"{size // 1024} KiB"
