"""Equal for the same failure in two runs: what varies from run to run is normalised away."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

_STEPS = (
    (re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?"), "<time>"),
    (re.compile(r"\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b"), "<uuid>"),
    (re.compile(r"\b(?=[0-9a-f]*\d)[0-9a-f]{7,64}\b"), "<hash>"),
    (re.compile(r"[a-z][a-z0-9+.-]{1,20}://[^\s'\"<>)]+"), "<url>"),
    (re.compile(r"(?:[A-Za-z]:)?(?:[\w.@+~-]*[/\\])+[\w.@+~-]+"), "<path>"),
    (re.compile(r"\d+(?:[.,:]\d+)*"), "<n>"),
    (re.compile(r"[=\-_*~]{4,}"), "-"),
    (re.compile(r"\s+"), " "),
)
MAX_TEXT = 2000
"""Characters of a line that count."""


def normalise(text: str) -> str:
    """Give a line with times, ids, hashes, addresses, paths and numbers replaced by their kind."""
    text = text[:MAX_TEXT]
    for pattern, kind in _STEPS:
        text = pattern.sub(kind, text)
    return text.strip().casefold()


def fingerprint(category: str, subtype: str, rule_id: str | None, text: str, tests: Sequence[str] = ()) -> str:
    """Give 16 hexadecimal digits for a verdict and the line that decided it.

    `tests`: names of the tests that failed. They stand in for a line that only counts them or names one of them.
    """
    line = normalise(text)
    if tests and ("<n>" in line or any(name in text for name in tests)):
        line = ""
    what = "\x1f".join((category, subtype, rule_id or "", line, *tests))
    return hashlib.sha256(what.encode("utf-8", "replace")).hexdigest()[:16]
