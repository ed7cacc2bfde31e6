"""Looks at a Rijan for what makes webhooks or messages stay away."""

from collections.abc import Sequence

from bot.events import DeviceState
from bot.gateways.base import DeviceReport, Exchange, Finding, Webhook
from bot.gateways.responses import segment
from bot.gateways.rijan import webhooks
from bot.gateways.rijan.account import Api
from bot.gateways.rijan.devices import read_report
from bot.gateways.signatures import among

# More webhooks than these are somebody else's.
LOOKED_AT = 20
NEEDED = frozenset({"message.received", "message.status"})


def look_around(api: Api, device: str, *, secrets: Sequence[str]) -> Exchange[list[Finding]]:
    """Return how the device is, and whether a webhook is signed with one of our secrets."""
    findings = []
    if device:
        response = yield api.request("GET", f"/v1/devices/{segment(device)}")
        findings.append(_about_device(read_report(response, device=device)))
    listed = yield from webhooks.list_all(api)
    ours = []
    for webhook in [each for each in listed if each.id][:LOOKED_AT]:
        shown = yield from webhooks.show(api, webhook.id)
        if among(shown.secret or "", secrets):
            ours.append(shown)
    return [*findings, *_about_webhooks(ours, others=len(listed) - len(ours))]


def _about_device(report: DeviceReport) -> Finding:
    if report.state is DeviceState.CONNECTED:
        return Finding(ok=True, what="the device is connected")
    advice = "start it (RIJAN_RESTART=true does that by itself)"
    if report.state is DeviceState.QR:
        advice = "scan its QR code: POST /v1/devices/<device>/pairing/qr"
    return Finding(ok=False, what=f"the device is {report.reason or 'unknown'}", advice=advice)


def _about_webhooks(ours: Sequence[Webhook], *, others: int) -> list[Finding]:
    if not ours:
        what = f"none of {others} webhooks is signed with RIJAN_WEBHOOK_SECRET"
        return [Finding(ok=False, what=what, advice="run `flask webhooks register rijan`")]
    missing = NEEDED - {name for webhook in ours for name in webhook.events}
    if missing:
        what = f"the webhook is not told of {' and '.join(sorted(missing))}"
        return [Finding(ok=False, what=what, advice="run `flask webhooks register rijan`")]
    return [Finding(ok=True, what="a webhook is registered with our secret")]
