"""When a request to GitHub may be sent again, and how long to wait before it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any, Self

from urllib3 import BaseHTTPResponse, Retry
from urllib3.connectionpool import ConnectionPool
from urllib3.exceptions import ConnectTimeoutError, MaxRetryError, ResponseError

READS = frozenset({"GET", "HEAD"})
SERVER_FAULTS = frozenset({500, 502, 503, 504})


def rate_limit_wait(headers: Mapping[str, str], now: float) -> float | None:
    """Seconds until GitHub takes requests again, as `Retry-After` or a used-up quota says; None when neither does."""
    told = headers.get("Retry-After", "").strip()
    if told.isdigit():
        return float(told)
    reset = headers.get("X-RateLimit-Reset", "").strip()
    if headers.get("X-RateLimit-Remaining", "").strip() == "0" and reset.isdigit():
        return max(0.0, float(reset) - now) + 1  # it is not told when within its second the reset comes
    return None


class WriteRetry(Retry):
    """A retry that never sends a write twice, unless GitHub refused it untouched (429 with `Retry-After`).

    Reads are sent again after a server fault, a lost connection or a rate limit. Nothing waits longer than `max_wait`
    seconds: then the answer is handed to the caller as it is.
    NOTE: PyGithub's own default sends a POST again after a 5xx, which opens an issue twice.
    """

    def __init__(self, *args: Any, max_wait: float = 60.0, **kwargs: Any) -> None:
        kwargs.setdefault("allowed_methods", READS)
        kwargs.setdefault("raise_on_status", False)
        super().__init__(*args, **kwargs)
        self.max_wait = max_wait

    def new(self, **kw: Any) -> Self:
        """A copy with other counts (urllib3 makes one for each try)."""
        return super().new(max_wait=self.max_wait, **kw)

    def is_retry(self, method: str, status_code: int, has_retry_after: bool = False) -> bool:
        """Whether an answer with this status is worth another try."""
        if method.upper() not in READS:
            return status_code == 429 and has_retry_after
        return status_code in SERVER_FAULTS or status_code in (403, 429)

    def get_retry_after(self, response: BaseHTTPResponse) -> float | None:
        """Seconds that GitHub asks to wait."""
        return rate_limit_wait(response.headers, time.time())

    def increment(
        self,
        method: str | None = None,
        url: str | None = None,
        response: BaseHTTPResponse | None = None,
        error: Exception | None = None,
        _pool: ConnectionPool | None = None,
        _stacktrace: TracebackType | None = None,
    ) -> Self:
        """Count a failed try. Raises when there must not be another one."""
        reached = error is not None and not isinstance(error, ConnectTimeoutError)
        if reached and (method or "").upper() not in READS:
            raise error  # type: ignore[misc]
        if response is not None and not self._worth_waiting(response):
            raise MaxRetryError(_pool, url or "", ResponseError("the wait is too long"))  # type: ignore[arg-type]
        return super().increment(method, url, response, error, _pool, _stacktrace)

    def _worth_waiting(self, response: BaseHTTPResponse) -> bool:
        wait = self.get_retry_after(response)
        if wait is None:
            return response.status != 403  # without a wait it is a refusal, which does not pass
        return wait <= self.max_wait
