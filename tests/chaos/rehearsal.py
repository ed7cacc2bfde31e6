"""One round: customers write, a fault happens in the middle of it, and all must end well."""

import time
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace

from tests.chaos.customers import Customer, Habits, Posting, new_customers
from tests.chaos.faults import Fault
from tests.chaos.history import read_history
from tests.chaos.invariants import Verdict, judge
from tests.chaos.stage import Stage
from tests.chaos.waiting import is_true_within

SETTLE_SECONDS = 120.0
# What comes after all seemed to be done would come this soon.
STILL_SECONDS = 0.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """What came of a round. `seconds` passed from the fault until nothing was left to do."""

    name: str
    verdict: Verdict
    seconds: float
    customers: Sequence[Customer]
    acknowledged: frozenset[str]


def rehearse(stage: Stage, *faults: Fault, customers: int) -> Round:
    """Let faults happen one after the other in the middle of webhooks, on a stage that is up."""
    _plan_before(stage, faults)
    writing = new_customers(customers, _habits(faults))
    wanted = sum(len(customer.webhooks) for customer in writing)
    posting = Posting(stage.url, writing)
    began_at = time.monotonic()
    posting.wait_for(wanted // 2)
    texts = {webhook.text for customer in writing for webhook in customer.webhooks}
    stage.simulator.wait_for(
        lambda sent: sum(each.text in texts for each in sent) >= wanted // 8, timeout=30.0
    )
    strikes = [fault.strike for fault in faults if fault.strike]
    if strikes:
        began_at = time.monotonic()
    for strike in strikes:
        strike(stage)
    acknowledged = posting.finish()
    is_sound = verdict_within(SETTLE_SECONDS, stage, writing, acknowledged).is_sound
    seconds = time.monotonic() - began_at
    if is_sound:
        time.sleep(STILL_SECONDS)
    is_true_within(5.0, lambda: not stage.strangers())
    left = tuple(stage.strangers())
    verdict = _verdict(stage, writing, acknowledged, left=left)
    if len(acknowledged) < wanted:
        missing = f"never acknowledged: {wanted - len(acknowledged)}"
        verdict = replace(verdict, findings=(*verdict.findings, missing))
    return Round(
        name=", ".join(fault.name for fault in faults),
        verdict=verdict,
        seconds=round(seconds, 1),
        customers=writing,
        acknowledged=frozenset(acknowledged),
    )


def verdict_within(
    seconds: float, stage: Stage, customers: Sequence[Customer], acknowledged: Collection[str]
) -> Verdict:
    """Return the verdict as soon as every invariant holds, or after so many seconds."""
    is_true_within(seconds, lambda: _verdict(stage, customers, acknowledged).is_sound)
    return _verdict(stage, customers, acknowledged)


def look_back(stage: Stage, rounds: Sequence[Round]) -> Verdict:
    """Stop a stage and judge all of it: what went wrong after its own round is found here."""
    customers = [customer for each in rounds for customer in each.customers]
    acknowledged = {text for each in rounds for text in each.acknowledged}
    verdict_within(SETTLE_SECONDS, stage, customers, acknowledged)
    at = stage.now()
    stage.stop()
    return judge(read_history(stage, customers, acknowledged, at=at, left=stage.left))


def _plan_before(stage: Stage, faults: Sequence[Fault]) -> None:
    stage.simulator.desk.faults.clear()
    for fault in faults:
        if fault.before:
            fault.before(stage)
    stage.take_seconds(max(fault.delay for fault in faults))


def _habits(faults: Sequence[Fault]) -> Habits:
    return Habits(
        copies=max(fault.habits.copies for fault in faults),
        is_shuffled=any(fault.habits.is_shuffled for fault in faults),
        age=max(fault.habits.age for fault in faults),
    )


def _verdict(
    stage: Stage,
    customers: Sequence[Customer],
    acknowledged: Collection[str],
    *,
    left: Sequence[str] = (),
) -> Verdict:
    return judge(read_history(stage, customers, acknowledged, at=stage.now(), left=left))
