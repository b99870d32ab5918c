"""Conditions that speed is measured under: precision, layout, compilation. Pure.

A condition is `Options` with these three set; each is a row of its own. By name they are words
joined by ``+``: ``bfloat16+channels_last+compile``. What is not said is eager, contiguous, and of
the precision of the options given.
"""

from __future__ import annotations

from itertools import product

from bench.spec import AmpDtype, Options, replace
from bench.spec.errors import UsageError

_PRECISIONS = ("float32", *map(str, AmpDtype))
_LAYOUTS = ("contiguous", "channels_last")
_MODES = ("eager", "compile")
#: Precisions of ``all``, by kind of device. Few CPUs compute in float16: torch emulates it there,
#: ten times slower, which says nothing of a network; who wants that row names it.
_SENSIBLE = {
    "cpu": ("float32", "bfloat16"),
    "cuda": _PRECISIONS,
    "mps": ("float32", "float16"),
}


def parse(text: str, base: Options) -> tuple[Options, ...]:
    """Conditions by name, comma between, each once in the order given, upon ``base``.

    ``all`` is every sensible combination on the device, ``default`` what `defaults` gives. Raises
    UsageError for a word that is none, or two of a kind.

    >>> [one.condition for one in parse("float32,bfloat16+channels_last", Options())]
    ['float32', 'bfloat16+channels_last']
    """
    found: dict[Options, None] = {}
    for part in text.split(","):
        match part.strip().lower():
            case "all":
                chosen = _everything(base)
            case "default":
                chosen = defaults(base)
            case words:
                chosen = (_one(words, base),)
        found |= dict.fromkeys(chosen)
    return tuple(found)


def defaults(base: Options) -> tuple[Options, ...]:
    """What an efficiency run measures where nothing is said, the cheapest first.

    A CPU is timed in float32 in both layouts, as ConvNets gain by one and lose by the other. A GPU
    is timed in channels-last, which none of the networks loses by, in each precision, eager and
    compiled.
    """
    kind = _kind(base)
    precisions = ("float32",) if kind == "cpu" else _SENSIBLE[kind]
    layouts = _LAYOUTS if kind == "cpu" else ("channels_last",)
    modes = _MODES if kind == "cuda" else ("eager",)
    return tuple(_with(base, *one) for one in _ordered(precisions, layouts, modes))


def _everything(base: Options) -> tuple[Options, ...]:
    kind = _kind(base)
    modes = ("eager",) if kind == "mps" else _MODES  # torch calls its compiler there a prototype
    return tuple(_with(base, *one) for one in _ordered(_SENSIBLE[kind], _LAYOUTS, modes))


def _ordered(
    precisions: tuple[str, ...], layouts: tuple[str, ...], modes: tuple[str, ...]
) -> list[tuple[str, str, str]]:
    """All combinations, the eager ones first: compiling takes longer than timing."""
    return [(p, layout, mode) for mode, p, layout in product(modes, precisions, layouts)]


def _one(words: str, base: Options) -> Options:
    said = words.split("+")
    chosen = []
    for choices, default in (
        (_PRECISIONS, base.precision),
        (_LAYOUTS, "contiguous"),
        (_MODES, "eager"),
    ):
        of_this_kind = [word for word in said if word in choices]
        if len(of_this_kind) > 1:
            raise UsageError(
                f"condition {words!r} says both {' and '.join(of_this_kind)}; choose one, or write "
                "two conditions with a comma between"
            )
        chosen.append(of_this_kind[0] if of_this_kind else default)
    for word in said:
        if word not in (*_PRECISIONS, *_LAYOUTS, *_MODES):
            allowed = ", ".join((*_PRECISIONS, *_LAYOUTS, *_MODES))
            raise UsageError(
                f"unknown word {word!r} in condition {words!r}; join words of {allowed} by +, "
                "or say all or default"
            )
    return _with(base, *chosen)


def _with(base: Options, precision: str, layout: str, mode: str) -> Options:
    amp = precision != "float32"
    return replace(
        base,
        amp=amp,
        amp_dtype=AmpDtype(precision) if amp else Options.amp_dtype,
        channels_last=layout == "channels_last",
        compile=mode == "compile",
    )


def _kind(options: Options) -> str:
    return options.device.split(":", 1)[0]
