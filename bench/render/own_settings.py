"""Import matplotlib without the user's settings: they may name what is not installed here."""

from __future__ import annotations

import logging
import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from bench.spec.errors import UsageError


@contextmanager
def of_matplotlib() -> Iterator[None]:
    """Within, ``import matplotlib`` reads its own matplotlibrc and no ``MPLBACKEND``.

    A notebook's kernel exports a backend that only its own environment has, and a matplotlibrc may
    be broken or for another version; either would make the import itself fail. Remarks on folders
    that matplotlib cannot write are not shown. The variables are the user's again afterwards.

    Raises UsageError where no folder at all, not even a temporary one, can be written.
    """
    changed = {name: os.environ.pop(name, None) for name in ("MPLBACKEND", "MATPLOTLIBRC")}
    spec = find_spec("matplotlib")
    for place in (spec and spec.submodule_search_locations) or ():
        os.environ["MATPLOTLIBRC"] = str(Path(place, "mpl-data", "matplotlibrc"))
    log = logging.getLogger("matplotlib")
    level = log.level
    log.setLevel(logging.ERROR)
    try:
        yield
    except OSError as error:  # also where it finds no temporary folder
        raise UsageError(
            f"pictures need a folder that can be written: set TMPDIR to one ({error})"
        ) from error
    finally:
        log.setLevel(level)
        for name, value in changed.items():
            os.environ.pop(name, None)
            if value is not None:
                os.environ[name] = value
