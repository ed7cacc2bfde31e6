"""A quota that does not last, from beginning to end: what customers got, and what the admin saw.

`python -m bench.quota_story [--database postgresql]` takes about two minutes. WAGate (the
simulator, with its quota of 1,000 messages, in and out) is written to by 300 customers who each
want five messages, so that 1,500 replies are wanted and 1,800 messages would be counted. When only
the reserve is left, people of the shop write to suppliers until WAGate refuses; meanwhile some
more customers write, of whom WAGate tells nobody. Then the quota is set back.
"""

import argparse
import signal
import sys
from collections.abc import Iterator, Sequence

from bench.databases import Kind, new_server
from bench.quota_stage import Look, Plan, Story, told

LINE_SECONDS = 5
FULL = Plan(
    quota=1000,
    customers=300,
    per_second=30,
    suppliers=25,
    latecomers=10,
    reset_after=70,
    seconds=165,
)


def main() -> None:
    """Tell the story."""
    parser = argparse.ArgumentParser(prog="python -m bench.quota_story", description=__doc__)
    parser.add_argument("--database", default="sqlite", choices=[str(kind) for kind in Kind])
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit("stopped"))
    with new_server(Kind(options.database)) as server:
        story = told(FULL, server)
    print("\n".join(lines(story)))
    if story.lost or story.doubled or story.out_of_order or story.burnt:
        raise SystemExit(1)


def lines(story: Story) -> Iterator[str]:
    """Yield the timeline and what came of it."""
    yield f"{'s':>5}{'sent':>7}{'left':>7}{'known':>7}  state"
    notes = [(at, what) for at, what in story.notes]
    notes += [(at, f'the admin reads: "{text}"') for at, text in story.admin]
    table = [(look.at, _line(look)) for look in _telling(story.looks)]
    table += [(at, f"{at:5.0f}{'':21}  * {what}") for at, what in notes]
    yield from (text for _, text in sorted(table))
    plan = story.plan
    yield ""
    yield f"quota {plan.quota}, replies wanted {plan.wanted}, suppliers {plan.suppliers}"
    yield f"replies got {story.answered}, suppliers told {story.suppliers_told}"
    yield f"lost {story.lost}, doubled {story.doubled}, out of order {story.out_of_order}"
    yield f"attempts refused {story.refused}, tries burnt {story.burnt}"
    yield f"messages by status: {dict(story.statuses)}"
    yield f"events quota.low {story.low_events}, messages to the admin {len(story.admin)}"


def _telling(looks: Sequence[Look]) -> Iterator[Look]:
    """Yield the looks at each change and every few seconds."""
    before: Look | None = None
    for look in looks:
        if before is None or look.state != before.state or look.at >= before.at + LINE_SECONDS:
            yield look
            before = look


def _line(look: Look) -> str:
    known = "-" if look.known is None else look.known
    return f"{look.at:5.0f}{look.sent:7}{look.left:7}{known:>7}  {look.state}"


if __name__ == "__main__":
    main()
