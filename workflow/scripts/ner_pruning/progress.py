"""Progress of a job as plain lines, few enough for a log, in which a progress bar would be unreadable."""

import time

FIRST_SECONDS = 10
SECONDS = 60
"""When the first line is due, and how long after a line the next one, in seconds."""


class ProgressLines:
    """The lines of one job, or of one part of it.

    total: of what is counted (steps, pieces), all there is to do; done: by earlier attempts, so that the time left is
    that of what is left at the speed of this one; first: seconds after which the first line is due; peak: the
    floating-point operations that the device can do in a second, if lines are to say what share of them is done.
    """

    def __init__(self, total: int, done: int = 0, first: float = FIRST_SECONDS, peak: float | None = None) -> None:
        self._total, self._before, self._done, self._tokens = total, done, done, 0
        self._operations, self._peak = 0.0, peak
        self._began = self._written = time.perf_counter()
        self._next = self._began + first

    def due(self, done: int, tokens: int, operations: float = 0.0) -> bool:
        """Count what a step did, and return whether a line is due; done: in all, tokens, operations: of this step."""
        self._done = done
        self._tokens += tokens
        self._operations += operations
        return time.perf_counter() >= self._next

    def write(self, *parts: str) -> None:
        """Print the parts, then the tokens/s since the last line and the time that is left, or that it took."""
        now = time.perf_counter()
        since = now - self._written
        speed = f"{self._tokens / since:,.0f} tokens/s"
        if self._peak is not None:
            speed += f" ({self._operations / since / self._peak:.0%} of peak)"
        seconds = now - self._began
        if self._done < self._total:
            left = seconds * (self._total - self._done) / (self._done - self._before)
            time_left = f"{duration(left)} left"
        else:
            time_left = f"took {duration(seconds)}"
        print(*parts, speed, time_left, sep=", ", flush=True)
        self._written, self._next, self._tokens, self._operations = now, now + SECONDS, 0, 0.0


def duration(seconds: float) -> str:
    """Return a time in its two largest units, less than ten minutes in minutes and seconds: 7 s, 43 min, 2 h 5 min."""
    whole, minutes, hours = round(seconds), round(seconds / 60), round(seconds / 3600)
    if whole < 60:
        return f"{whole} s"
    if whole < 600:
        return f"{whole // 60} min {whole % 60} s"
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 24 * 60:
        return f"{minutes // 60} h {minutes % 60} min"
    return f"{hours // 24} d {hours % 24} h"
