"""Which models form one curve: a family at one resolution, trained by one recipe.

Points of different recipes or resolutions on one curve would be read as scaling. So a family that
was measured at several resolutions, or in several recipes at one pretraining scale, is several
series, each with a name of its own.
"""

from __future__ import annotations

import re

import pandas as pd

#: A resolution or patch at the end of a weights tag says no more than the column `resolution`.
_PIXELS = re.compile(r"_r?\d{3}$")


def recipe(model: str) -> str:
    """The training recipe that a model's name states: its weights tag without resolution.

    >>> recipe("convnext_base.fb_in22k_ft_in1k_384"), recipe("convnext_m.g1k")
    ('fb_in22k_ft_in1k', 'g1k')
    """
    return _PIXELS.sub("", model.partition(".")[2])


def series(table: pd.DataFrame) -> pd.Series:
    """Name of each row's series, from ``family scale model resolution``.

    It is the family's, with ``@<resolution>`` where the family has several, and with the recipe
    where the pretraining scale has several at that resolution.

    >>> t = pd.DataFrame({"family": "vit", "scale": "1k", "resolution": [224, 384],
    ...                   "model": ["vit_s.a_in1k", "vit_s.a_in1k_384"]})
    >>> series(t).tolist()
    ['vit@224', 'vit@384']
    """
    about = table.assign(recipe=table["model"].map(recipe))
    pixels = about.groupby("family")["resolution"].transform("nunique")
    keys = ["family", "scale", "resolution"]
    recipes = about.groupby(keys, dropna=False)["recipe"].transform("nunique")
    return pd.Series(
        [
            row["family"]
            + (f"@{row['resolution']:.0f}" if several_pixels else "")
            + (f" {row['recipe']}" if several_recipes else "")
            for row, several_pixels, several_recipes in zip(
                about.to_dict("records"), pixels > 1, recipes > 1, strict=True
            )
        ],
        index=table.index,
        dtype="str",
    )
