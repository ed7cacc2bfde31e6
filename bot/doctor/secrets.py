"""Secrets: long enough, nobody's example, one of each, and .env for nobody else's eyes."""

import re
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path

from pydantic import SecretStr

from bot.config import ROOT, Settings
from bot.doctor.verdicts import Scene, Verdict, bad, good, warning
from bot.gateways.accounts import Account

SHORT = 16
GUESSABLE = 8
EXAMPLE = re.compile(
    r"(?i)(your|my|the|our)[-_ ].*|<.*|.*…|x{3,}|\.{3,}"
    r"|(change|replace)[-_ ]?me.*|ganti.*|contoh.*|example.*"
    r"|(webhook|app|verify|api|test|shared)?[-_ ]?(secret|token|key|password|rahasia|sandi|kunci)"
    r"([-_ ](key|token|here|meta|wagate|rijan|csku|whatsgate|\d{1,3}))*"
)
PART = "secrets"


def check_secrets(scene: Scene) -> Sequence[Verdict]:
    """Look at every secret that is set."""
    runtime = scene.runtime
    found: list[Verdict] = []
    # By gateway: several devices of one may well share a token.
    owners: dict[str, dict[str, str]] = {}
    count = 0
    for name, gateway in runtime.gateways.items():
        for account in gateway.accounts:
            for variable, field, values in _secrets_of(name, account):
                count += len(values)
                found.extend(_judge(variable, values, is_ours=_is_ours(account, field)))
                for value in values:
                    owners.setdefault(value, {})[name] = variable
    for variable, values in _general(runtime.settings):
        count += len(values)
        found.extend(_judge(variable, values, is_ours=True))
    shared = {tuple(sorted(named.values())) for named in owners.values() if len(named) > 1}
    for variables in sorted(shared):
        advice = "give each gateway a secret of its own: who learns one knows all"
        found.append(warning(PART, f"{' and '.join(variables)} have the same value", advice))
    if found or not count:
        return found
    return [good(PART, f"{count} secrets are long, and nobody's example")]


def check_env_file(_scene: Scene) -> Sequence[Verdict]:
    """Look at who may read .env."""
    return judge_env_file(ROOT / ".env")


def judge_env_file(path: Path) -> Sequence[Verdict]:
    """Return who may read a file of secrets; nothing where there is none."""
    try:
        mode = path.stat().st_mode
    except OSError:
        return []
    advice = f"chmod 600 {path.name}"
    if mode & (stat.S_IROTH | stat.S_IWOTH):
        return [bad(PART, f"everybody on this machine may read {path.name}", advice)]
    if mode & (stat.S_IRGRP | stat.S_IWGRP):
        return [warning(PART, f"the file's group may read {path.name}", advice)]
    return [good(PART, f"{path.name} is for nobody else's eyes")]


def _secrets_of(gateway: str, account: Account) -> Iterator[tuple[str, str, list[str]]]:
    for field in type(account).model_fields:
        value = getattr(account, field)
        values = value if isinstance(value, tuple) else (value,)
        secrets = [each.get_secret_value() for each in values if isinstance(each, SecretStr)]
        if secrets:
            variable = f"{gateway}_{field}".upper()
            yield f"{variable} of {account.device}" if account.device else variable, field, secrets


def _general(settings: Settings) -> Iterator[tuple[str, list[str]]]:
    """Yield the secrets that belong to no gateway."""
    if settings.metrics_token:
        yield "METRICS_TOKEN", [settings.metrics_token.get_secret_value()]
    if settings.http_signing_secret:
        keys = settings.http_signing_secret.get_secret_value().split(",")
        yield "HTTP_SIGNING_SECRET", [key.strip() for key in keys if key.strip()]


def _is_ours(account: Account, field: str) -> bool:
    """Return whether a person made the secret up; tokens are as long as the gateway makes them."""
    return field in (account.secret_field, "webhook_token", "verify_token")


def _judge(variable: str, values: Sequence[str], *, is_ours: bool) -> Iterator[Verdict]:
    make_one = 'python -c "import secrets; print(secrets.token_urlsafe(32))" makes a good one'
    for value in values:
        if EXAMPLE.fullmatch(value):
            yield bad(PART, f"{variable} is an example's value", make_one)
        elif is_ours and len(value) < GUESSABLE:
            yield bad(
                PART, f"{variable} has {len(value)} characters, so it can be guessed", make_one
            )
        elif is_ours and len(value) < SHORT:
            yield warning(PART, f"{variable} has {len(value)} characters only", make_one)
    if len(values) > 1:
        advice = "when the new one is in use everywhere, take the old one away"
        yield warning(PART, f"{variable} has {len(values)} values that are all valid", advice)
