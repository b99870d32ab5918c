"""Conditions of a speed measurement: precision, memory layout and mode. Pure.

A condition is `Options` with these three set, and each is measured as a row of its own. Its name is
words joined by ``+``: ``bfloat16+channels_last+compile``. By default it is eager, contiguous, and
in the precision of the given options.
"""

from __future__ import annotations

from itertools import product

from bench.spec import AmpDtype, Options, replace
from bench.spec.errors import UsageError

_PRECISIONS = ("float32", *map(str, AmpDtype))
_LAYOUTS = ("contiguous", "channels_last")
_MODES = ("eager", "compile")
#: Precisions in ``all``, by type of device. Few CPUs compute in float16; torch emulates it there,
#: ten times slower, so on a CPU it has to be asked for by name.
_ALL_PRECISIONS = {
    "cpu": ("float32", "bfloat16"),
    "cuda": _PRECISIONS,
    "mps": ("float32", "float16"),
}


def parse(text: str, base: Options) -> tuple[Options, ...]:
    """Conditions by name, separated by commas, on top of ``base``; in order, without duplicates.

    ``all`` is every sensible combination on the device, ``default`` those of `defaults`. Raises
    UsageError for an unknown word, or two words of one kind.

    >>> [one.condition for one in parse("float32,bfloat16+channels_last", Options())]
    ['float32', 'bfloat16+channels_last']
    """
    found: dict[Options, None] = {}
    for part in text.split(","):
        match part.strip().lower():
            case "all":
                chosen = _all_conditions(base)
            case "default":
                chosen = defaults(base)
            case words:
                chosen = (_parse_one(words, base),)
        found |= dict.fromkeys(chosen)
    return tuple(found)


def defaults(base: Options) -> tuple[Options, ...]:
    """The conditions of an efficiency run by default, the cheapest first.

    A CPU is timed in float32 in both layouts, as ConvNets are faster in one and slower in the
    other. A GPU is timed in channels-last, which slows none of the networks, in each precision,
    eager and compiled.
    """
    kind = _device_type(base)
    precisions = ("float32",) if kind == "cpu" else _ALL_PRECISIONS[kind]
    layouts = _LAYOUTS if kind == "cpu" else ("channels_last",)
    modes = _MODES if kind == "cuda" else ("eager",)
    return tuple(_condition(base, *one) for one in _ordered(precisions, layouts, modes))


def _all_conditions(base: Options) -> tuple[Options, ...]:
    kind = _device_type(base)
    modes = ("eager",) if kind == "mps" else _MODES  # torch's compiler is a prototype there
    return tuple(_condition(base, *one) for one in _ordered(_ALL_PRECISIONS[kind], _LAYOUTS, modes))


def _ordered(
    precisions: tuple[str, ...], layouts: tuple[str, ...], modes: tuple[str, ...]
) -> list[tuple[str, str, str]]:
    """All combinations, eager ones first: compiling takes longer than timing."""
    return [(p, layout, mode) for mode, p, layout in product(modes, precisions, layouts)]


def _parse_one(words: str, base: Options) -> Options:
    words_given = words.split("+")
    chosen = []
    for choices, default in (
        (_PRECISIONS, base.precision),
        (_LAYOUTS, "contiguous"),
        (_MODES, "eager"),
    ):
        of_this_kind = [word for word in words_given if word in choices]
        if len(of_this_kind) > 1:
            raise UsageError(
                f"condition {words!r} has both {' and '.join(of_this_kind)}; choose one, or write "
                "two conditions separated by a comma"
            )
        chosen.append(of_this_kind[0] if of_this_kind else default)
    for word in words_given:
        if word not in (*_PRECISIONS, *_LAYOUTS, *_MODES):
            allowed = ", ".join((*_PRECISIONS, *_LAYOUTS, *_MODES))
            raise UsageError(
                f"unknown word {word!r} in condition {words!r}; use all, default, or words joined "
                f"by +: {allowed}"
            )
    return _condition(base, *chosen)


def _condition(base: Options, precision: str, layout: str, mode: str) -> Options:
    amp = precision != "float32"
    return replace(
        base,
        amp=amp,
        amp_dtype=AmpDtype(precision) if amp else Options.amp_dtype,
        channels_last=layout == "channels_last",
        compile=mode == "compile",
    )


def _device_type(options: Options) -> str:
    return options.device.split(":", 1)[0]
