"""Whether an accuracy is what chance gives."""

from __future__ import annotations

from scipy.stats import binom

_BY_LUCK = 5  # classes that a random order of many leaves in place, at most, 99.9 times in 100
_ALPHA = 0.001
_TRAINED = 0.1  # top-1 of a model that knows something of a set; few images may not tell it apart


def chance_level(top1: float, images: int, classes: int) -> str | None:
    """A line if a top-1 in percent is what labels in another order than the model's would give.

    A random order leaves a few classes in place, so the bound is not 1 / ``classes`` but six times
    that, by the binomial test of ``images`` independent ones at 0.001. For sets that a trained
    model knows (val, ReaL, V2): on ImageNet-A some models truly are at chance. None for fewer than
    50 classes, where six of them are no small share, and for so few images that a model that is
    right on a tenth of them might have had bad luck.

    >>> chance_level(0.12, 50_000, 1000)[:53]
    'top-1 0.12 % of 50000 images is chance level for 1000'
    >>> chance_level(69.8, 50_000, 1000), chance_level(0.0, 10, 1000)
    (None, None)
    """
    if images < 1 or classes < 50:
        return None
    hits = round(top1 / 100 * images)
    if binom.sf(hits - 1, images, (1 + _BY_LUCK) / classes) < _ALPHA:
        return None
    if binom.cdf(hits, images, _TRAINED) > _ALPHA:
        return None
    return (
        f"top-1 {top1:.2f} % of {images} images is chance level for {classes} classes "
        f"({100 / classes:.2f} %): labels and model disagree on the order of classes; "
        "`bench data check` looks at the folders"
    )
