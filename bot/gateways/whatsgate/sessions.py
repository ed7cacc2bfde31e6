"""Reads WhatsGate's list of sessions: each WhatsApp of an account, how it is, and its webhook.

https://whatsgate.org/docs/api/sessions-get
"""

from collections.abc import Iterator, Sequence
from typing import Annotated
from urllib.parse import parse_qs, unquote, urlsplit

from pydantic import Field

from bot.events import DeviceState
from bot.gateways.base import DeviceReport, Finding, JsonObject, Webhook
from bot.gateways.numbers import phone_of
from bot.gateways.reading import OBJECTS, Payload, Text
from bot.gateways.signatures import among

STATES = {
    "READY": DeviceState.CONNECTED,
    # It waits for somebody who scans its code.
    "AUTH": DeviceState.QR,
    "PENDING": DeviceState.DISCONNECTED,
}
GONE = "WhatsGate has no such session"


class Session(Payload):
    """One WhatsApp. `device` is its WhatsappID, `callback` the URL of its webhook."""

    device: Text = Field(default=None, validation_alias="unique_id")
    status: Text = None
    status_name: Text = None
    callback: Text = None
    pushname: Text = None
    wid: Text = None

    @property
    def is_ready(self) -> bool:
        """Return whether it sends and receives."""
        return self.status == "READY"


class Sessions(Payload):
    """One page of the list."""

    data: Annotated[tuple[Session, ...], OBJECTS] = ()


def read_sessions(body: JsonObject, *, device: str) -> tuple[Session, ...]:
    """Return the sessions in an answer: those of one device, or all where none is named."""
    found = Sessions.model_validate(body).data
    return tuple(each for each in found if each.device and device in ("", each.device))


def report(sessions: Sequence[Session], *, device: str) -> DeviceReport:
    """Return how a device is."""
    if not sessions:
        return DeviceReport(device=device, state=DeviceState.DISCONNECTED, reason=GONE)
    session = sessions[0]
    status = (session.status or "").upper()
    return DeviceReport(
        device=session.device or device,
        state=STATES.get(status),
        reason="" if session.is_ready else session.status_name or status,
        phone=phone_of(session.wid),
        name=session.pushname,
    )


def webhooks(sessions: Sequence[Session]) -> list[Webhook]:
    """Return the webhooks of the sessions that have one, each named as its session is."""
    return [
        Webhook(id=session.device or "", url=session.callback, active=True)
        for session in sessions
        if session.callback
    ]


def findings(
    sessions: Sequence[Session], *, device: str, secrets: Sequence[str]
) -> Iterator[Finding]:
    """Yield what there is to say of each session: whether it works, and where it posts."""
    if not sessions:
        yield Finding(
            ok=False,
            what=f"WhatsGate has no session {device}".strip(),
            advice="compare the WhatsappID with the account's dashboard",
        )
    for session in sessions:
        yield Finding(
            ok=session.is_ready,
            what=f"session {session.device} is {session.status or 'in no known state'}",
            advice="" if session.is_ready else "scan its QR code in the account's dashboard",
        )
        yield _webhook_finding(session, secrets)


def _webhook_finding(session: Session, secrets: Sequence[str]) -> Finding:
    url = session.callback or ""
    advice = "run `flask webhooks register whatsgate`"
    if not url:
        what = f"session {session.device} has no webhook"
    elif not _ends_in(url, secrets):
        what = f"the webhook of session {session.device} does not end in WHATSGATE_WEBHOOK_TOKEN"
    elif not url.startswith("https://"):
        what = f"the webhook of session {session.device} is not HTTPS, so its token can be read"
        advice = f"begin PUBLIC_URL with https://, then {advice}"
    else:
        return Finding(ok=True, what=f"session {session.device} posts to a URL with our token")
    return Finding(ok=False, what=what, advice=advice)


def _ends_in(url: str, secrets: Sequence[str]) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    last = unquote(parts.path.rstrip("/").rpartition("/")[2])
    given = parse_qs(parts.query).get("token", [""])[-1]
    return among(last, secrets) or among(given, secrets)
