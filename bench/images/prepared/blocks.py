"""A file of equal blocks of bytes that several processes fill and read at once.

    header    4096 bytes: what the blocks are, as JSON; a file with any other header begins anew
    records   8 bytes a block: CRC-32 of its bytes and that value inverted; zeros before it is there
    blocks    from the next multiple of 4096 on

A block is believed only where its record and its bytes agree, so whatever a kill, a full disk or a
fault leaves behind is noticed when it is read. Nothing has to be in order and no process owns the
file: who prepares a block locks its record meanwhile, and the system drops the lock of a process
that dies. Blocks depend on the header alone; two processes without working locks write the same.

Blocks are read, not mapped: the system's page cache is shared either way, a mapping would count in
the memory of each process, and one of a file that shrinks ends the process.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import json
import os
import struct
import threading
import time
import zlib
from collections.abc import Iterator, Mapping
from enum import Enum, auto
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

_HEADER = 4096
_RECORD = struct.Struct("<II")
_INVERT = 0xFFFFFFFF
_PATIENCE = 10.0  # seconds; a process that is stopped keeps its locks


class BlockState(Enum):
    """Whether a block is in the file."""

    WHOLE = auto()
    MISSING = auto()
    DAMAGED = auto()


class BlockFile:
    """An open file of ``count`` blocks, ``stride`` bytes from one to the next.

    Raises `OSError` where it cannot be opened, created or locked.
    """

    def __init__(self, path: Path, about: Mapping[str, object], count: int, stride: int) -> None:
        self._stride = stride
        self._first = _first_block(count)
        path.parent.mkdir(parents=True, exist_ok=True)
        self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
        try:
            self._begin(_header(about), self._first + count * stride)
        except OSError:
            self.close()
            raise

    @staticmethod
    def bytes_needed(count: int, stride: int) -> int:
        """Of the whole file."""
        return _first_block(count) + count * stride

    def close(self) -> None:
        """Ends every use of it, and this process's locks."""
        os.close(self._file)

    def read(self, index: int, into: NDArray[np.uint8]) -> BlockState:
        """Fills ``into`` with a block; its bytes mean nothing unless the answer is WHOLE."""
        record = os.pread(self._file, _RECORD.size, self._record(index))
        if not any(record):
            return BlockState.MISSING
        expected = _checked(record)
        if expected is None:
            return BlockState.DAMAGED
        try:
            got = os.preadv(self._file, [into.data.cast("B")], self._place(index))
        except OSError:  # a bad sector
            return BlockState.DAMAGED
        return (
            BlockState.WHOLE
            if got == into.nbytes and zlib.crc32(into.data) == expected
            else BlockState.DAMAGED
        )

    def write(self, index: int, block: NDArray[np.uint8]) -> None:
        """Stores a block, its record last. Raises `OSError`, of a full disk too."""
        crc = zlib.crc32(block.data)
        _write(self._file, block.data.cast("B"), self._place(index))
        _write(self._file, memoryview(_RECORD.pack(crc, crc ^ _INVERT)), self._record(index))

    @contextlib.contextmanager
    def claimed(self, index: int, stop: threading.Event) -> Iterator[None]:
        """Holds a block against other processes; gives up waiting for it when ``stop`` is set.

        Without the lock in time, or at all, the block is prepared twice, which does no harm.
        """
        place = (_RECORD.size, self._record(index))
        deadline = time.monotonic() + _PATIENCE
        while True:
            try:
                fcntl.lockf(self._file, fcntl.LOCK_EX | fcntl.LOCK_NB, *place)
                break
            except OSError as error:
                taken = error.errno in (errno.EAGAIN, errno.EACCES)
            if not taken or time.monotonic() > deadline or stop.wait(0.01):
                break
        try:
            yield
        finally:
            with contextlib.suppress(OSError):
                fcntl.lockf(self._file, fcntl.LOCK_UN, *place)

    def _begin(self, header: bytes, size: int) -> None:
        """Makes the file what ``header`` says, one process at a time."""
        with contextlib.suppress(OSError):  # a file system without locks
            fcntl.lockf(self._file, fcntl.LOCK_EX, 1, 0)
        try:
            if os.pread(self._file, _HEADER, 0) != header:
                os.ftruncate(self._file, 0)
                _write(self._file, memoryview(header), 0)
            if os.fstat(self._file).st_size != size:
                os.ftruncate(self._file, size)  # takes no room yet, but says how much is wanted
        finally:
            with contextlib.suppress(OSError):
                fcntl.lockf(self._file, fcntl.LOCK_UN, 1, 0)

    def _record(self, index: int) -> int:
        return _HEADER + index * _RECORD.size

    def _place(self, index: int) -> int:
        return self._first + index * self._stride


def _first_block(count: int) -> int:
    return -(-(_HEADER + count * _RECORD.size) // 4096) * 4096


def _header(about: Mapping[str, object]) -> bytes:
    text = json.dumps(about, sort_keys=True).encode() + b"\n"
    if len(text) > _HEADER:
        raise ValueError(f"a header of {len(text)} bytes")
    return text.ljust(_HEADER)


def _checked(record: bytes) -> int | None:
    """The checksum of a record that is one."""
    if len(record) != _RECORD.size:
        return None
    crc, inverted = _RECORD.unpack(record)
    return int(crc) if crc ^ inverted == _INVERT else None


def _write(file: int, data: memoryview, place: int) -> None:
    """All of it: a disk about to be full takes a part without complaint."""
    while data:
        done = os.pwrite(file, data, place)
        data, place = data[done:], place + done
