"""What a disk can do: network disks may lack what SQLite needs."""

from __future__ import annotations

import errno
import mmap
import sys
from pathlib import Path
from tempfile import TemporaryFile

_LACKING = {errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL, errno.ENODEV, errno.EIO}
_PAGE = mmap.PAGESIZE


def lacks(folder: Path) -> str | None:
    """``"file locks"`` or ``"shared memory"`` if the disk that ``folder`` is on has none.

    Tried on a scratch file, as closing a file gives up every lock that this process has on it.
    None also where that cannot be tried: in a folder that cannot be written, and on Windows.
    """
    if sys.platform == "win32":
        return None
    import fcntl

    try:
        scratch = TemporaryFile(dir=folder)  # noqa: SIM115 - closed below
    except OSError:
        return None
    with scratch:
        try:
            fcntl.lockf(scratch, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            return "file locks" if error.errno in _LACKING else None
        try:
            scratch.truncate(_PAGE)
            mmap.mmap(scratch.fileno(), _PAGE, mmap.MAP_SHARED).close()
        except OSError as error:
            return "shared memory" if error.errno in _LACKING else None
    return None
