"""How each gateway posts webhooks: its headers, patience, retries, and what it takes for success.

Facts where they are documented or were measured; where a gateway says nothing, the comment does.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

MINUTE, HOUR, DAY = 60.0, 3600.0, 86400.0
# WAGate switches a webhook off after so many failures in a row.
WAGATE_FAILURES = 10

Succeeded = Callable[[int, bytes, bytes], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class Courier:
    """The habits of one gateway.

    `timeout` and `waits` are in seconds; the first attempt has no wait. `final` are the statuses
    that are not tried again. `succeeded` is given the status, the answer and the webhook's body.
    """

    timeout: float
    waits: tuple[float, ...]
    succeeded: Succeeded
    final: Callable[[int], bool] = lambda _status: False
    headers: Mapping[str, str] = field(default_factory=dict)
    counts_attempts: bool = False
    follows_redirects: bool = False
    concurrency: int = 1


def _is_200(status: int, _answer: bytes, _webhook: bytes) -> bool:
    return status == 200


def _is_2xx(status: int, _answer: bytes, _webhook: bytes) -> bool:
    return 200 <= status < 300


def _echoes_the_id(status: int, answer: bytes, webhook: bytes) -> bool:
    try:
        told = json.loads(answer)
        expected = json.loads(webhook)["id"]
    except (ValueError, KeyError, TypeError):
        return False
    return status == 200 and told == {"result": "OK", "id": expected}


def _drops(status: int) -> bool:
    return 400 <= status < 500 and status != 429


COURIERS: dict[str, Courier] = {
    # Documented: once more at once, then with falling frequency for seven days. The steps and the
    # timeout are not.
    "meta": Courier(
        timeout=20,
        waits=(0, MINUTE, 5 * MINUTE, 30 * MINUTE, 2 * HOUR, 8 * HOUR, DAY, 2 * DAY, 3 * DAY),
        succeeded=_is_200,
        headers={"User-Agent": "facebookexternalua", "Accept": "*/*"},
        concurrency=8,
    ),
    # The schedule is not documented.
    "wagate": Courier(
        timeout=10,
        waits=(5, 30, 120),
        succeeded=_is_2xx,
        headers={"User-Agent": "WAGate-Webhook/1.0", "Accept": "*/*"},
        concurrency=2,
    ),
    "rijan": Courier(
        timeout=5,
        waits=(1, 5),
        succeeded=_is_2xx,
        final=_drops,
        headers={"User-Agent": "axios/1.7.9", "Accept": "application/json, text/plain, */*"},
        counts_attempts=True,
        follows_redirects=True,
        concurrency=8,
    ),
    # The timeout is not documented.
    "csku": Courier(
        timeout=10,
        waits=(30, 30, 30),
        succeeded=_is_2xx,
        headers={"User-Agent": "CSKU-Webhook/1.0", "Accept": "*/*"},
        concurrency=2,
    ),
    # The timeout is not documented.
    "whatsgate": Courier(
        timeout=20,
        waits=(20, 20, 20),
        succeeded=_echoes_the_id,
        headers={"User-Agent": "WhatsGate/1.0", "Accept": "*/*"},
    ),
}
