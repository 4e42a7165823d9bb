"""Medians with their range, without a package: also for processes that must stay small."""

from collections.abc import Iterable
from statistics import median


def spread(values: Iterable[float]) -> str:
    """Return the median and the range of values, such as `8.42 (8.11-8.93)`."""
    values = list(values)
    return f"{three_digits(median(values))} ({three_digits(min(values))}-{three_digits(max(values))})"


def three_digits(value: float) -> str:
    """Return a value with three digits, or all of those before the point: 0.0123, 1.2, 12345."""
    return f"{value:.0f}" if abs(value) >= 1000 else f"{value:.3g}"
