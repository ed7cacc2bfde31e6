"""What each gateway's webhooks can tell, read from the payload files that prove it.

`python -m tests.gateways.received` prints the table that stands in docs/gateways.md.
"""

import json
import sys
from collections.abc import Iterator

from bot.events import INTERNAL_KINDS, Kind, MessageType
from bot.gateways import GATEWAYS
from tests.gateways.contract import payload_files

# They say that something was not understood.
NOT_TOLD = frozenset({"unknown", "unparsed", "unsupported"})


def received_table() -> str:
    """Return the table: a row for each type of message and kind of event."""
    told = {name: set(told_by(name)) for name in GATEWAYS}
    types = [str(each) for each in MessageType if each not in NOT_TOLD]
    kinds = [str(each) for each in Kind if each not in INTERNAL_KINDS and each not in NOT_TOLD]
    kinds.remove(Kind.MESSAGE_RECEIVED)
    titles = [gateway.title for gateway in GATEWAYS.values()]
    lines = [["**comes in**", *titles], ["---"] * (len(titles) + 1)]
    lines += [
        [word, *("yes" if word.strip("`") in told[name] else "–" for name in told)]
        for word in [*types, *(f"`{kind}`" for kind in kinds)]
    ]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def told_by(name: str) -> Iterator[str]:
    """Yield the types of messages and the kinds of events in a gateway's payload files."""
    for file in payload_files(name):
        for event in json.loads(file.with_suffix(".expected.json").read_bytes()):
            yield event["kind"]
            if event["kind"] == Kind.MESSAGE_RECEIVED:
                yield event.get("type", "text")


if __name__ == "__main__":
    sys.stdout.write(received_table())
