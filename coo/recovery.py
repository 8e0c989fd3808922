"""A run that succeeded: what people are told of it.

NOTE: this is the one place that `coo triage` calls for a run that succeeded (`coo/cli/green.py`). Now it tells of flaky
tests; what is said of issues whose workflow is green again belongs into `green` too, as further outcomes.
"""

from __future__ import annotations

from coo.core.model import Outcome
from coo.flaky import Passed, passed


def green(at: Passed) -> tuple[Outcome, ...]:
    """What was told, or would be, of a run that succeeded; empty where there was nothing to tell.

    Raises `AuthError` and `RemoteError` when GitHub cannot be asked.
    """
    return passed(at)
