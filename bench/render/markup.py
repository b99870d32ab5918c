"""Text, ids and links as HTML; text becomes markup only here."""

from __future__ import annotations

import re
from base64 import b64encode
from html import escape

from bench.blocks import Download, cells


def text(raw: str) -> str:
    """Escape any text for use as HTML text or attribute value.

    >>> text('</script><b "x">')
    '&lt;/script&gt;&lt;b &quot;x&quot;&gt;'
    """
    return escape(cells.plain(raw), quote=True).replace(" %", "\u00a0%")


def anchor(title: str) -> str:
    """An id for a heading or table.

    >>> anchor("Error vs. GMACs")
    'error-vs-gmacs'
    """
    return re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-") or "section"


def link(download: Download, label: str) -> str:
    """A download link that works offline and without scripts."""
    data = b64encode(download.text.encode("utf-8", "replace")).decode()
    href = f"data:{text(download.media)};charset=utf-8;base64,{data}"
    return f'<a class="save" download="{text(download.name)}" href="{href}">{text(label)}</a>'
