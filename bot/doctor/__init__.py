"""Look at a whole set-up, and say what is wrong with it and what to do."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from bot.doctor.alerts import check_alerts
from bot.doctor.clocks import check_clock
from bot.doctor.database import check_database
from bot.doctor.devices import check_devices
from bot.doctor.files import check_files, check_media
from bot.doctor.gateways import check_any, gateway_checks
from bot.doctor.outbox import check_outbox
from bot.doctor.redis import check_redis
from bot.doctor.rules import check_rules
from bot.doctor.secrets import check_env_file, check_secrets
from bot.doctor.urls import check_api_urls, check_public_url
from bot.doctor.verdicts import MARKS, Check, Level, Scene, Verdict, bad
from bot.doctor.workers import check_backlog, check_workers

__all__ = ["MARKS", "Level", "Scene", "Verdict", "examine"]

# In the order in which they are told.
CHECKS: tuple[Check, ...] = (
    check_secrets,
    check_env_file,
    check_api_urls,
    check_public_url,
    check_database,
    check_redis,
    check_workers,
    check_backlog,
    check_outbox,
    check_clock,
    check_files,
    check_media,
    check_rules,
    check_alerts,
    check_any,
)
# The checks of gateways wait for answers, each for seconds; the others are quick.
AT_ONCE = 12


def examine(scene: Scene) -> list[Verdict]:
    """Carry out every check, many at once, and return what they say in their order.

    Each is bounded in time by what it asks: HTTP, the database and Redis all have their limits.
    """
    checks = [*CHECKS, *gateway_checks(scene), check_devices]
    with ThreadPoolExecutor(AT_ONCE, thread_name_prefix="doctor") as pool:
        found = pool.map(lambda check: _carry_out(check, scene), checks)
        # What the gateway says now and what is written down of it may be the same.
        return list(dict.fromkeys(verdict for verdicts in found for verdict in verdicts))


def _carry_out(check: Check, scene: Scene) -> Sequence[Verdict]:
    try:
        return check(scene)
    except Exception as error:  # noqa: BLE001 - one broken check must not silence the others
        name = getattr(getattr(check, "func", check), "__name__", "check").removeprefix("check_")
        what = f"this could not be looked at ({type(error).__name__})"
        return [bad(name, what, "look at what the others say first")]
