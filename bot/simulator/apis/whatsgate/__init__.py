"""WhatsGate's API, as its users meet it: every refusal is a 500, the name tells which.

Its memory: `posted` (the latest bodies that it posted), `callbacks` (the URL of each session),
`statuses` (of sessions that are not as they seem), `seen` and `typing` (pairs of device and chat),
`media` (by short id: mimetype, bytes), `strangers` (numbers that are not on WhatsApp).
"""

from bot.simulator.apis.whatsgate import asking, sending, sessions
from bot.simulator.apis.whatsgate.words import OFFLINE, UNAUTHORISED, Command, refuse
from bot.simulator.calls import (
    Call,
    Refusal,
    Reply,
    Situation,
    always,
    is_json,
    read_fields,
    text_in,
)

COMMANDS: dict[str, Command] = {
    "send": sending.send,
    "seen": asking.seen,
    "typing": asking.typing,
    "check": asking.check,
    "get-messagemedia": asking.get_messagemedia,
    "get-media": asking.get_media,
    "set-hook": sessions.set_hook,
    "sessions-get": sessions.sessions_get,
    "events-get": sessions.events_get,
}
# What is asked about an account, where a session is a filter.
ABOUT_ACCOUNT = frozenset({"sessions-get", "events-get"})
# What reaches WhatsApp.
NEEDS_SESSION = frozenset({"send", "seen", "typing", "check", "get-messagemedia", "get-media"})
PREFIX = "/api/v1/"


def answer(call: Call, situation: Situation) -> Reply:
    """Answer a call of one of the commands."""
    customer = situation.customer(call.headers.get("x-api-key", ""))
    if customer is None:
        return refuse(*UNAUTHORISED)
    name = call.path.removeprefix(PREFIX)
    if call.method != "POST" or not call.path.startswith(PREFIX) or name not in COMMANDS:
        return refuse("Not Found", "no such command")
    fields = read_fields(call) if is_json(call) else None
    if fields is None:
        return refuse("Bad Request", "the body must be a JSON object")
    device = text_in(fields, "WhatsappID")
    is_named = bool(device and customer.owns(device))
    if not is_named and (device or name not in ABOUT_ACCOUNT):
        return refuse("Not Found", "no such WhatsappID")
    if name in NEEDS_SESSION and device in situation.offline:
        return refuse(*OFFLINE)
    return COMMANDS[name](fields, call, situation)


REFUSED = {
    "rate limit": ("Too Many Requests", "Rate limit exceeded."),
    "device offline": OFFLINE,
    "unauthorised": UNAUTHORISED,
    "rejected": ("Exception", "Specified number not in your contact list"),
    "no such number": ("Exception", "Evaluation failed: Error: No LID for user"),
    "no such quote": ("Exception", "Evaluation failed: Could not get the quoted message."),
    "server error": (
        "Exception",
        "Evaluation failed: TypeError: reading 'serialize' of undefined",
    ),
}
REFUSALS: dict[str, Refusal] = {case: always(refuse(*words)) for case, words in REFUSED.items()}
