"""When something is attempted again. Pure."""

import random
from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class Retry:
    """When an effect is attempted again.

    The pause after the n-th attempt is `first` x 2^(n-1), at most `longest`, randomly 10 % more or less so that many
    retries do not coincide. An effect that the receiver postpones is given up once it is older than `keep`.
    """

    first: timedelta = timedelta(seconds=5)
    longest: timedelta = timedelta(hours=1)
    keep: timedelta = timedelta(days=7)

    def pause(self, attempts: int) -> timedelta:
        """The pause after this number of attempts."""
        pause = min(self.first * 2.0 ** min(max(0, attempts - 1), 30), self.longest)
        return pause * (0.9 + 0.2 * random.random())  # noqa: S311 (no secret)
