"""Axis ticks: a few round numbers, written out."""

from __future__ import annotations

from bench.blocks import Form, cells

_LOGIT = (
    *(0.001, 0.003, 0.01, 0.03, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5),
    *(0.6, 0.7, 0.8, 0.9, 0.95, 0.97, 0.99, 0.997, 0.999),
)
_LOG_STEPS: tuple[tuple[float, ...], ...] = (
    (1,),
    (1, 3),
    (1, 2, 5),
    (1, 2, 3, 5, 7),
    (1, 1.5, 2, 2.5, 3, 4, 5, 6, 7, 8, 9),
)
_MOST = 8


def log_ticks(low: float, high: float) -> list[float]:
    """Round numbers inside low..high (both > 0): four to eight, fewer in a narrow range.

    >>> log_ticks(0.00008, 0.02), log_ticks(18, 62)
    ([0.0001, 0.0003, 0.001, 0.003, 0.01], [20.0, 25.0, 30.0, 40.0, 50.0, 60.0])
    """
    best: list[float] = []
    for steps in _LOG_STEPS:
        found = [float(f"{step}e{power}") for power in range(-12, 13) for step in steps]
        best = [tick for tick in found if low <= tick <= high]
        if len(best) >= 4:
            break
    return _thinned(best)


def logit_ticks(low: float, high: float) -> list[float]:
    """Round proportions inside low..high (both in 0..1): three to eight.

    >>> logit_ticks(0.08, 0.72), logit_ticks(0.61, 0.68)
    ([0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7], [0.62, 0.64, 0.66, 0.68])
    """
    found = [tick for tick in _LOGIT if low <= tick <= high]
    return _thinned(found) if len(found) >= 3 else _even(low, high)


def _even(low: float, high: float) -> list[float]:
    """Multiples of the widest of 1, 2, 5 times a power of ten that gives three or more."""
    for power in range(1, 7):
        for part in (5, 2, 1):
            per_one = 10**power // part
            first, last = int(low * per_one), int(high * per_one) + 1
            found = [i / per_one for i in range(first, last + 1)]
            inside = [tick for tick in found if low <= tick <= high and 0 < tick < 1]
            if len(inside) >= 3:
                return inside
    return []


def _thinned(ticks: list[float]) -> list[float]:
    """Every tick, or every second, third ... until few remain."""
    return ticks[:: (len(ticks) - 1) // _MOST + 1] if ticks else ticks


def percent(value: float) -> str:
    """A proportion in percent.

    >>> percent(0.5), percent(0.003), percent(0.997)
    ('50%', '0.3%', '99.7%')
    """
    return f"{float(f'{value:.6%}'[:-1]):g}%"


def plain(value: float) -> str:
    """A number without trailing zeros.

    >>> plain(0.0003), plain(1000.0), plain(2.5)
    ('0.0003', '1,000', '2.5')
    """
    text = cells.number(value, Form.SIGNIFICANT, 2)
    return text.rstrip("0").rstrip(".") if "." in text else text
