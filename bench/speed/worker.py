"""The child process that times jobs for `bench.speed.pool`.

It reads pickled jobs from standard input, which only its parent can write, and replies to each with
one line of JSON. It ends when its input does, and so with its parent, however that ends.
"""

from __future__ import annotations

import json
import os
import pickle
import sys
import warnings
from dataclasses import asdict
from typing import Any


def main() -> None:
    """Report that torch is loaded, then reply to jobs until the input ends."""
    # Keep what libraries print out of the replies.
    replies = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    warnings.simplefilter("ignore")
    import timm  # noqa: F401 - or loading it would count for the first job

    from bench.spec.errors import JobError, one_line
    from bench.speed.session import time_job

    print("{}", file=replies, flush=True)
    while True:
        reply: dict[str, Any]
        try:
            job = pickle.load(sys.stdin.buffer)  # noqa: S301 - our parent's
        except EOFError:
            return
        try:
            reply = asdict(time_job(job))
        except JobError as error:
            reply = {"error": str(error)}
        except Exception as error:
            reply = {"error": one_line(error)}
        print(json.dumps(reply), file=replies, flush=True)
