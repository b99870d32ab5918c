"""A process that times jobs for another, `bench.speed.pool`.

It reads pickled requests from standard input, which only the process that started it can write,
and answers each with one line of JSON. It ends when its input does, so with its parent, however
that ends.
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
    """Say that torch is loaded, then answer until the input ends."""
    # Whatever a library prints must not get between the answers.
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    warnings.simplefilter("ignore")
    import timm  # noqa: F401 - or the first job would be charged with it

    from bench.spec.errors import JobError, one_line
    from bench.speed.session import timed

    print("{}", file=answers, flush=True)
    while True:
        answer: dict[str, Any]
        try:
            job = pickle.load(sys.stdin.buffer)  # noqa: S301 - our parent's
        except EOFError:
            return
        try:
            answer = asdict(timed(job))
        except JobError as error:
            answer = {"error": str(error)}
        except Exception as error:
            answer = {"error": one_line(error)}
        print(json.dumps(answer), file=answers, flush=True)
