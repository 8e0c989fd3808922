"""The machine's clock."""

from __future__ import annotations

import time


class SystemClock:
    """A `Clock` that tells the true time."""

    def now(self) -> float:
        """Seconds since the epoch, UTC."""
        return time.time()

    def monotonic(self) -> float:
        """Seconds that only go forward."""
        return time.monotonic()
