"""How things stand, as Prometheus wants to read it. Pure."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from prometheus_client.metrics_core import GaugeMetricFamily, Metric

from bot.alerts.kinds import AlertKind
from bot.counting import OTHER
from bot.devices import REMEMBERED, configured, hosts
from bot.events import DeviceState
from bot.gateways import GATEWAYS
from bot.gateways.errors import DeviceOffline
from bot.metrics.ages import ages, is_stopped
from bot.metrics.standing import DeviceRow, Standing
from models import Held
from models.message import UNSETTLED

DEVICES: Mapping[str, str] = {
    DeviceState.CONNECTED: "connected",
    DeviceState.DISCONNECTED: "offline",
    DeviceState.QR: "offline",
}
STATES = ("connected", "offline", "resting", "stopped", "unknown")


def gauges(standing: Standing) -> Iterator[Metric]:
    """Yield every figure of how things stand."""
    yield _gauge("balas_events_processed", "Events ever processed", standing.events_processed)
    yield _gauge("balas_events_waiting", "Events not processed yet", standing.events_waiting)
    yield _gauge("balas_events_failed", "Events that wait for a person", standing.events_failed)
    yield from _messages(standing)
    yield _gauge("balas_effects_waiting", "Other work at gateways", standing.effects_waiting)
    yield _labelled(
        "balas_queue_age_seconds",
        "How long the oldest that is due waits; outbox_resting: for a device that sends nothing",
        "box",
        ages(standing),
    )
    yield _labelled(
        "balas_devices",
        "Devices that are configured or posted in the last days",
        "state",
        _counted(_states(standing), STATES),
    )
    known = hosts(standing.gateways)
    yield _gauge(
        "balas_breakers_open",
        "Hosts of gateways that nothing is sent to",
        sum(
            row.paused_until > standing.at and (row.gateway, row.host) in known
            for row in standing.breakers
        ),
    )
    yield from _quotas(standing)
    alerts = Counter[str]()
    for kind, number in standing.alerts.items():
        alerts[kind if kind in set(AlertKind) else OTHER] += number
    yield _labelled("balas_alerts_open", "Open alerts", "kind", _counted(alerts, AlertKind))


def _messages(standing: Standing) -> Iterator[Metric]:
    waiting, held = Counter[str](), Counter[str]()
    for row in standing.messages:
        waiting[row.status] += row.number
        if row.held:
            held[row.held if row.held in set(Held) else OTHER] += row.number
    yield _labelled(
        "balas_messages_waiting",
        "Messages on their way out",
        "status",
        _counted(waiting, UNSETTLED),
    )
    yield _labelled(
        "balas_messages_held",
        "Messages that wait for a contact (window) or a person (unknown)",
        "reason",
        _counted(held, Held),
    )
    yield _gauge("balas_messages_dead", "Messages that were given up", standing.messages_dead)
    yield _gauge(
        "balas_messages_failed",
        "Messages that a gateway took and did not deliver, in the last 24 hours",
        standing.messages_failed,
    )


def _states(standing: Standing) -> Counter[str]:
    named = {key for key, _ in configured(standing.gateways)}
    return Counter(
        _state(row, standing.at)
        for row in standing.devices
        if (row.gateway, row.device) in named
        or (row.webhook_at is not None and row.webhook_at > standing.at - REMEMBERED)
    )


def _state(row: DeviceRow, now: datetime) -> str:
    if is_stopped(row, now):
        return "stopped"
    told = DEVICES.get(row.state or "", "unknown")
    # What is offline rests as soon as it has something to send.
    if told == "offline" or (row.pause_reason or "").startswith(DeviceOffline.__name__):
        return "offline"
    if row.paused_until is not None and row.paused_until > now:
        return "resting"
    return told


def _quotas(standing: Standing) -> Iterator[Metric]:
    remaining: dict[str, float] = {}
    ratios: dict[str, float] = {}
    for row in standing.devices:
        if row.quota_remaining is None:
            continue
        gateway = row.gateway if row.gateway in GATEWAYS else OTHER
        remaining[gateway] = remaining.get(gateway, 0) + row.quota_remaining
        if row.quota_limit:
            ratio = row.quota_remaining / row.quota_limit
            ratios[gateway] = min(ratio, ratios.get(gateway, ratio))
    yield _labelled(
        "balas_quota_remaining", "What is left to send, over all devices", "gateway", remaining
    )
    yield _labelled(
        "balas_quota_remaining_ratio",
        "The part of its quota that the device has left which has the least",
        "gateway",
        ratios,
    )


def _counted(found: Mapping[str, int], words: Iterable[str]) -> Mapping[str, float]:
    """Return how often each word was found, unknown ones together."""
    return {str(word): found.get(word, 0) for word in words} | (
        {OTHER: found[OTHER]} if found.get(OTHER) else {}
    )


def _gauge(name: str, says: str, value: float) -> Metric:
    return GaugeMetricFamily(name, says, value=value)


def _labelled(name: str, says: str, label: str, values: Mapping[str, float]) -> Metric:
    family = GaugeMetricFamily(name, says, labels=[label])
    for word, value in values.items():
        family.add_metric([word], value)
    return family
