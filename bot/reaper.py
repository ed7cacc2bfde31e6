"""Ends what a killed supervisor left running. Started by it; lives as long as its pipe.

Reads "+pid" and "-pid" lines, one for each process group that starts and ends. The end of the pipe
means that the supervisor is gone: the groups that are left are asked to end, then killed.
"""

import os
import signal
import sys
import time

GRACE_SECONDS = 20.0


def main() -> None:
    """Wait for the supervisor's end, then end its children."""
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)  # a dyno signals every process; this one goes last
    groups: set[int] = set()
    for line in sys.stdin:
        pid = int(line[1:])
        if line[0] == "+":
            groups.add(pid)
        else:
            groups.discard(pid)
    end_groups(groups)


def end_groups(groups: set[int]) -> None:
    """Ask process groups to end; kill those that have not ended in time."""
    deadline = time.monotonic() + GRACE_SECONDS
    for group in groups:
        _signal(group, signal.SIGTERM)
    while time.monotonic() < deadline and any(_signal(group, 0) for group in groups):
        time.sleep(0.1)
    for group in groups:
        _signal(group, signal.SIGKILL)


def _signal(group: int, number: int) -> bool:
    try:
        os.killpg(group, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


if __name__ == "__main__":
    main()
