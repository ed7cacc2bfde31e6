"""Say in a few words what an alert is, for people. Pure; no phone numbers, no customer's words."""

from collections import Counter
from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.alerts import words
from bot.alerts.kinds import AlertKind, Telling
from bot.gateways import GATEWAYS

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
    is_gone: bool = False,
) -> str:
    """Return one or two sentences; `more` alike are told in the same breath.

    With `is_gone` it ended because nobody configures any more what it is about.
    """
    hours = details.get("hours", 0)
    names = {
        "place": _place(*place),
        **_counts(count, language),
        "reasons": _bracketed(_reasons(kind, details.get("reasons"), language)),
        "since": _time(details.get("since") or details.get("at"), opened_at, zone)
        or _time(opened_at.isoformat(), opened_at, zone),
        "resets": _resets(details.get("resets_at"), opened_at, language=language, zone=zone),
        "because": _bracketed(_because(details.get("reason"), language)),
        "hosts": _hosts(details.get("hosts")),
        "file": details.get("file", "rules.yaml"),
        "on_line": _on_line(details.get("line"), language),
        "hours": words.HOURS[language][hours != 1].format(hours),
        **{name: details.get(name, 0) for name in ("remaining", "limit", "left")},
    }
    if is_gone:
        return NAME + words.GONE[language].format(**names)
    text = _template(kind, telling, details, language).format(**names)
    still = words.STILL[language] if telling is Telling.STILL else ""
    text = NAME + still + text + _about_silence(kind, telling, place[0], language)
    return text + _ending(kind, telling, language, more=more)


def _template(kind: AlertKind, telling: Telling, details: Mapping[str, Any], language: str) -> str:
    if telling is Telling.CLOSED:
        return words.CLOSED[language][kind]
    if kind is AlertKind.DEVICE_OFFLINE and details.get("state") == "qr":
        return words.QR[language]
    if kind is AlertKind.WEBHOOK_FAILING and details.get("only_forged"):
        return words.ONLY_FORGED[language]
    if kind is AlertKind.WEBHOOK_FAILING and not details.get("left"):
        return words.SWITCHED_OFF[language]
    return words.OPEN[language][kind]


def _about_silence(kind: AlertKind, telling: Telling, gateway: str, language: str) -> str:
    """Return what else is missing while there is no quota: some gateways post nothing either."""
    if kind is not AlertKind.QUOTA_EXHAUSTED or gateway not in GATEWAYS:
        return ""
    if not GATEWAYS[gateway].silent_without_quota:
        return ""
    return (words.WAS_SILENT if telling is Telling.CLOSED else words.SILENT)[language]


def _ending(kind: AlertKind, telling: Telling, language: str, *, more: int) -> str:
    """Return how many more there are, and at the very end the command that lists them."""
    command = words.COMMANDS.get(kind) if telling is not Telling.CLOSED else None
    command = words.MORE_COMMAND if more else command
    text = words.MORE[language].format(more) if more else ""
    return text + (words.SEE[language].format(command) if command else "")


def _place(gateway: str, device: str) -> str:
    title = GATEWAYS[gateway].title if gateway in GATEWAYS else gateway
    return f"{title} {device[:PLACE_LIMIT]}".strip() or "Balas"


def _counts(count: int, language: str) -> dict[str, str]:
    forms = words.COUNTS[language]
    return {name: several[count != 1].format(count) for name, several in forms.items()}


def _bracketed(text: str) -> str:
    return f" ({text})" if text else ""


def _reasons(kind: AlertKind, counted: object, language: str) -> str:
    """Return why, and how often; reasons that are the same in plain words are one."""
    if not isinstance(counted, dict):
        return ""
    plain = Counter[str]()
    for reason, number in counted.items():
        plain[_plain(kind, str(reason), language)] += number if isinstance(number, int) else 1
    return ", ".join(
        reason if number == 1 else f"{reason} ×{number}" for reason, number in plain.items()
    )


def _plain(kind: AlertKind, reason: str, language: str) -> str:
    both = words.REASONS.get(reason, words.OTHER_REASON)
    if kind is AlertKind.MESSAGE_HELD:
        both = words.HELD.get(reason, words.OTHER_REASON)
    elif kind is AlertKind.MESSAGE_FAILED:
        both = words.NO_REASON if reason == "unknown" else words.CODE
    return both[words.LANGUAGES.index(language)].format(reason)


def _because(reason: object, language: str) -> str:
    """Return why a device rests, where there are words for it."""
    both = words.REASONS.get(reason) if isinstance(reason, str) else None
    return both[words.LANGUAGES.index(language)] if both else ""


def _on_line(line: object, language: str) -> str:
    return words.ON_LINE[language].format(line) if isinstance(line, int) and line else ""


def _hosts(names: object) -> str:
    return ", ".join(map(str, names)) if isinstance(names, list) else ""


def _resets(written: object, near: datetime, *, language: str, zone: str) -> str:
    time = _time(written, near, zone)
    return words.RESETS[language].format(time) if time else ""


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
