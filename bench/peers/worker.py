"""A worker of the queueing peer: `python -m bench.peers.worker fork|simple`.

`fork` is RQ's own default, a new process for each job; what the job imports is imported here, once,
as RQ's documentation advises. `simple` runs the jobs in this process.
"""

import os
import sys

from redis import Redis
from rq import SimpleWorker, Worker

from bench.peers import queueing

KINDS = {"fork": Worker, "simple": SimpleWorker}


def main() -> None:
    """Work until asked to stop."""
    worker = KINDS[sys.argv[1]]
    worker([queueing.QUEUE], connection=Redis.from_url(os.environ["REDIS_URL"])).work()


if __name__ == "__main__":
    main()
