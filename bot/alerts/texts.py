"""Say in a few words what an alert is, for people. Pure; no phone numbers, no customer's words."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.alerts.kinds import AlertKind, Telling
from bot.gateways import GATEWAYS

Texts = Mapping[AlertKind, str]

OPEN: Mapping[str, Texts] = {
    "id": {
        AlertKind.MESSAGE_DEAD: (
            "{count} pesan dari {place} tidak terkirim ({reasons}). "
            "Lihat: flask messages list --state dead"
        ),
        AlertKind.MESSAGE_FAILED: (
            "{count} pesan dari {place} diterima gateway tetapi tidak sampai ({reasons}). "
            "Lihat: flask messages list --state failed"
        ),
        AlertKind.MESSAGE_HELD: (
            "{count} pesan dari {place} ditahan ({reasons}). "
            "Lihat: flask messages list --state held"
        ),
        AlertKind.DEVICE_OFFLINE: (
            "{place} terputus sejak {since}. Pesan keluar menunggu sampai tersambung lagi."
        ),
        AlertKind.DEVICE_REFUSED: (
            "{place}: token ditolak gateway sejak {since}. Pesan keluar menunggu; periksa token."
        ),
        AlertKind.DEVICE_RESTING: (
            "{place} ditolak gateway sejak {since}{because}. Pesan keluar menunggu{resets}."
        ),
        AlertKind.QUOTA_LOW: "Kuota {place} tinggal {remaining} dari {limit}{resets}.",
        AlertKind.QUOTA_EXHAUSTED: "Kuota {place} habis. Pesan keluar menunggu{resets}.",
        AlertKind.BREAKER_OPEN: (
            "{place} tidak menjawab dengan baik sejak {since} ({hosts}). Pesan keluar menunggu."
        ),
        AlertKind.WEBHOOK_FORGED: (
            "Webhook dengan tanda tangan salah atas nama {place} ({since}). "
            "Bandingkan secret di sini dengan yang di gateway."
        ),
        AlertKind.WEBHOOK_FAILING: (
            "{count} webhook berturut-turut dari {place} tidak diterima. "
            "Setelah {left} lagi gateway mematikan webhook."
        ),
        AlertKind.INBOUND_SILENT: (
            "Tidak ada webhook dari {place} selama {hours} jam buka, sejak {since}. "
            "Periksa apakah webhook di gateway masih aktif."
        ),
        AlertKind.EVENT_FAILED: (
            "{count} event dari {place} gagal diproses. Lihat: flask events list --state failed"
        ),
    },
    "en": {
        AlertKind.MESSAGE_DEAD: (
            "{count} messages from {place} were not sent ({reasons}). "
            "See: flask messages list --state dead"
        ),
        AlertKind.MESSAGE_FAILED: (
            "{count} messages from {place} were taken by the gateway and not delivered "
            "({reasons}). See: flask messages list --state failed"
        ),
        AlertKind.MESSAGE_HELD: (
            "{count} messages from {place} are held ({reasons}). "
            "See: flask messages list --state held"
        ),
        AlertKind.DEVICE_OFFLINE: (
            "{place} is offline since {since}. What is to be sent waits until it is back."
        ),
        AlertKind.DEVICE_REFUSED: (
            "{place}: the gateway refuses the token since {since}. What is to be sent waits; "
            "check the token."
        ),
        AlertKind.DEVICE_RESTING: (
            "{place}: the gateway refuses what is sent since {since}{because}. "
            "What is to be sent waits{resets}."
        ),
        AlertKind.QUOTA_LOW: "{place} has {remaining} of {limit} messages left{resets}.",
        AlertKind.QUOTA_EXHAUSTED: ("{place} has no quota left. What is to be sent waits{resets}."),
        AlertKind.BREAKER_OPEN: (
            "{place} does not answer properly since {since} ({hosts}). What is to be sent waits."
        ),
        AlertKind.WEBHOOK_FORGED: (
            "A webhook in the name of {place} had a wrong signature ({since}). "
            "Compare the secret here with the gateway's."
        ),
        AlertKind.WEBHOOK_FAILING: (
            "{count} webhooks in a row from {place} were not taken. "
            "After {left} more the gateway switches the webhook off."
        ),
        AlertKind.INBOUND_SILENT: (
            "No webhook came from {place} for {hours} opening hours, since {since}. "
            "Check whether the webhook is still on at the gateway."
        ),
        AlertKind.EVENT_FAILED: (
            "{count} events from {place} failed. See: flask events list --state failed"
        ),
    },
}
CLOSED: Mapping[str, Texts] = {
    "id": {
        AlertKind.DEVICE_OFFLINE: "{place} tersambung lagi (terputus sejak {since}).",
        AlertKind.DEVICE_REFUSED: "{place}: token diterima lagi.",
        AlertKind.DEVICE_RESTING: "{place} boleh mengirim lagi.",
        AlertKind.QUOTA_LOW: "Kuota {place} cukup lagi.",
        AlertKind.QUOTA_EXHAUSTED: "Kuota {place} tersedia lagi; pesan yang menunggu dikirim.",
        AlertKind.BREAKER_OPEN: "{place} menjawab lagi (terganggu sejak {since}).",
        AlertKind.WEBHOOK_FAILING: "Webhook dari {place} diterima lagi.",
    },
    "en": {
        AlertKind.DEVICE_OFFLINE: "{place} is connected again (it was offline since {since}).",
        AlertKind.DEVICE_REFUSED: "{place}: the token is accepted again.",
        AlertKind.DEVICE_RESTING: "{place} may send again.",
        AlertKind.QUOTA_LOW: "{place} has enough quota again.",
        AlertKind.QUOTA_EXHAUSTED: "{place} has quota again; what waited is being sent.",
        AlertKind.BREAKER_OPEN: "{place} answers again (it was in trouble since {since}).",
        AlertKind.WEBHOOK_FAILING: "Webhooks from {place} are taken again.",
    },
}
# What is said in other words when it is worse, or a little different.
QR: Mapping[str, str] = {
    "id": "{place} menunggu kode QR dipindai sejak {since}. Pesan keluar menunggu.",
    "en": "{place} waits since {since} for its QR code to be scanned. What is to be sent waits.",
}
SWITCHED_OFF: Mapping[str, str] = {
    "id": "{count} webhook berturut-turut dari {place} tidak diterima. Gateway mungkin sudah "
    "mematikan webhook: nyalakan lagi di dashboard.",
    "en": "{count} webhooks in a row from {place} were not taken. The gateway may have switched "
    "the webhook off: switch it on again in its dashboard.",
}
STILL: Mapping[str, str] = {"id": "Masih: ", "en": "Still: "}
RESETS: Mapping[str, str] = {"id": ", sampai {}", "en": ", until {}"}
MORE: Mapping[str, str] = {
    "id": " Dan {} yang serupa; lihat: flask alerts",
    "en": " And {} more like it; see: flask alerts",
}
NAME = "Balas: "
PLACE_LIMIT = 80


def write(
    kind: AlertKind,
    telling: Telling,
    *,
    place: tuple[str, str],
    count: int,
    details: Mapping[str, Any],
    opened_at: datetime,
    language: str,
    zone: str,
    more: int = 0,
) -> str:
    """Return one or two sentences; `more` alike are told in the same breath."""
    names = {
        "place": _place(*place),
        "count": count,
        "reasons": _reasons(details.get("reasons")),
        "since": _time(details.get("since") or details.get("at"), opened_at, zone)
        or _time(opened_at.isoformat(), opened_at, zone),
        "resets": _resets(details.get("resets_at"), opened_at, language=language, zone=zone),
        "because": f" ({reason})" if (reason := details.get("reason")) else "",
        "hosts": _hosts(details.get("hosts")),
        **{name: details.get(name, 0) for name in ("remaining", "limit", "left", "hours")},
    }
    text = _template(kind, telling, details, language).format(**names)
    still = STILL[language] if telling is Telling.STILL else ""
    return NAME + still + text + (MORE[language].format(more) if more else "")


def _template(kind: AlertKind, telling: Telling, details: Mapping[str, Any], language: str) -> str:
    if telling is Telling.CLOSED:
        return CLOSED[language][kind]
    if kind is AlertKind.DEVICE_OFFLINE and details.get("state") == "qr":
        return QR[language]
    if kind is AlertKind.WEBHOOK_FAILING and not details.get("left"):
        return SWITCHED_OFF[language]
    return OPEN[language][kind]


def _place(gateway: str, device: str) -> str:
    title = GATEWAYS[gateway].title if gateway in GATEWAYS else gateway
    return f"{title} {device[:PLACE_LIMIT]}".strip() or "Balas"


def _reasons(counted: object) -> str:
    if not isinstance(counted, dict):
        return ""
    return ", ".join(
        str(reason) if number == 1 else f"{reason} ×{number}" for reason, number in counted.items()
    )


def _hosts(names: object) -> str:
    return ", ".join(map(str, names)) if isinstance(names, list) else ""


def _resets(written: object, near: datetime, *, language: str, zone: str) -> str:
    time = _time(written, near, zone)
    return RESETS[language].format(time) if time else ""


def _time(written: object, near: datetime, zone: str) -> str:
    """Return a time as the shop's clock shows it; with its day where that is another one.

    "" for what is no time, or at the end of all times: there is none a zone further on.
    """
    place = ZoneInfo(zone)
    try:
        local = datetime.fromisoformat(str(written)).astimezone(place)
        other = near.astimezone(place)
    except (ValueError, OverflowError):
        return ""
    return f"{local:%H:%M}" if local.date() == other.date() else f"{local:%d/%m %H:%M}"
