"""Keep the memory of large bodies from staying with the process after they are done.

glibc takes a large block from the system and gives it back when it is freed, but after the first
one it takes the next from its own heap, which seldom shrinks: two dozen MiB more for each process
that ever saw a large body. A fixed threshold stops it from learning that.
https://www.gnu.org/software/libc/manual/html_node/Malloc-Tunable-Parameters.html
"""

import os

THRESHOLD = 1024 * 1024


def return_large_blocks() -> None:
    """Let processes that are started from now on give large blocks back; an own setting stands."""
    os.environ.setdefault("MALLOC_MMAP_THRESHOLD_", str(THRESHOLD))
