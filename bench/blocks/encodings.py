"""What takes the place of a character that the encoding of an output lacks."""

from __future__ import annotations

import codecs

#: An error handler's name, for ``errors=`` wherever text is written. Importing this registers it.
IN_WORDS = "bench.in_words"

#: Signs that reports use, in ASCII.
ASCII = str.maketrans({
    "−": "-", "–": "-", "—": "-", "×": "x", "±": "+/-", "†": "*", "’": "'", "·": "-", "…": "...",
    "≤": "<=", "≥": ">=", "→": "->", "≈": "~", "√": "sqrt ", "²": "^2", "µ": "u",
})  # fmt: skip


def _in_words(error: UnicodeError) -> tuple[str | bytes, int]:
    r"""The signs above in ASCII, anything else as its escape: two names never become one.

    >>> "3 ± 1 · Müller".encode("ascii", IN_WORDS)
    b'3 +/- 1 - M\\xfcller'
    """
    if not isinstance(error, UnicodeEncodeError):
        raise error
    text = error.object[error.start : error.end].translate(ASCII)
    return text.encode("ascii", "backslashreplace").decode("ascii"), error.end


codecs.register_error(IN_WORDS, _in_words)
