"""What listing passes over: counted by the reason, so that nothing is dropped in silence."""

from __future__ import annotations

from collections.abc import Iterable

from bench.spec.errors import visible

NO_IMAGES = "which are no images in class folders"


class Passed:
    """Files passed over, by reason.

    >>> passed = Passed()
    >>> passed.add(NO_IMAGES, ["README.txt", "n01440764/Thumbs.db"])
    >>> passed.notes()
    ['2 files passed over, which are no images in class folders: README.txt ...']
    """

    def __init__(self) -> None:
        self._first: dict[str, str] = {}
        self._count: dict[str, int] = {}

    def add(self, reason: str, files: Iterable[str]) -> None:
        """More files; ``reason`` begins with "which" or "whose"."""
        for file in files:
            self._first[reason] = min(file, self._first.get(reason, file))
            self._count[reason] = self._count.get(reason, 0) + 1

    def notes(self) -> list[str]:
        """A line for each reason."""
        return [
            f"{'1 file' if count == 1 else f'{count:,} files'} passed over, {reason}: "
            f"{visible(self._first[reason])}{' ...' if count > 1 else ''}"
            for reason, count in self._count.items()
        ]
