"""Each world's numbers apart: what is measured on glyphs says nothing of ImageNet."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from bench.blocks import Block, Figure, Heading, Note, Table, Tone

if TYPE_CHECKING:
    import pandas as pd


def by_world(
    frame: pd.DataFrame, blocks: Callable[[pd.DataFrame], Iterable[Block]]
) -> Iterator[Block]:
    """What ``blocks`` makes of the rows of each world; of several, tables bear the world's name."""
    worlds = sorted(set(frame["world"].dropna()))
    for world in worlds:
        for block in blocks(frame[frame["world"] == world]):
            yield block if len(worlds) == 1 else _named(block, str(world))
    if not worlds:
        yield Note(text="Nothing has been measured yet.", tone=Tone.WARN)


def _named(block: Block, world: str) -> Block:
    """The block with the world's name on it, so that no two share one."""
    if isinstance(block, Table | Figure):
        return replace(block, name=f"{block.name}-{world}", caption=f"{block.caption} ({world})")
    if isinstance(block, Heading):
        return replace(block, text=f"{block.text}: {world}")
    return block
