"""The names of the tests that failed, as test runners print them: what tells one broken test from another."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import islice

from coo.core.automaton import Finder, Reader
from coo.core.logs import Log
from coo.core.model import Section, Zone

MAX_NAMES = 25
"""So many tests at once have one cause, and which of them it takes varies from run to run: their names do not count."""
MAX_HITS = 5_000
"""Lines that are looked at in one log."""
MAX_LINE = 2_000
"""Characters of a line that are read."""
MAX_NAME = 300
"""Characters of a name that count."""

# Behind what a container's build or a compose file puts before each line.
_START = r"^(?:#\d+ [\d.]+ |[\w.-]+ +\| )?\s*"

# One tuple a family of runners; the first family that names any test is the one that ran them. RE2 reads
# them, in linear time whatever a log holds; the groups are the name.
_FAMILIES: tuple[tuple[str, ...], ...] = (
    (  # pytest: short summary, verbose, pytest-sugar
        r"(?:\[gw\d+\] )?(?:\[ *\d+%\] )?(?:FAILED|ERROR|SUBFAILED\S*) (\S+\.py(?:::.+?)?)(?: - .*)?$",
        r"(\S+\.py::.+?) (?:FAILED|ERROR) +\[ *\d+%\]",
        r"- (\S+\.py):\d+ (\S+)$",
    ),
    (r"(?:FAIL|ERROR): (\w+ \([\w.]+\))",),  # unittest
    (r"--- FAIL: (\S+) \(", r"=== FAIL: (\S+ \S+) \("),  # go, gotestsum
    (r"test (\S.*?) \.\.\. FAILED$", r"(?:FAIL|TIMEOUT|SIGSEGV) \[ *[\d.]+s\] (?:\([ \d/]+\) )?(\S.*)$"),  # cargo
    (  # jest, vitest, playwright, node
        r"● (\S.* › .+)$",
        r"FAIL +(?:\|[^|]+\| )?(\S+\.[cm]?[jt]sx?(?: > .+?)?)(?: \([\d.]+ m?s\)| \d+ms)?$",
        r"(?:\d+\) |✘ +\d+ )(\[[^\]]+\] › .+?)(?: ─+| \([\d.]+m?s\))?$",
        r"✖ (\S.*?) \([\d.]+ms\)$",
        r"not ok \d+ (?:- )?(\S.*?)(?: #.*)?$",
    ),
    (r"rspec '?(\S+?)(?::\d+|\[[\d:,]+\])'? # (.+)$",),
    (r"([A-Z][\w:]*#test_\S+?)(?: \[.*\])?:?$", r"(?:bin/)?rails test (\S+?):\d+$"),  # minitest
    (  # maven, gradle, testng
        r"\[ERROR\] +([\w.$]+)(?:\([\w.$]+\))? (?:-- )? *Time elapsed: [\d.,]+ s\w* +<<< (?:FAILURE|ERROR)!",
        r"([\w.$]+ > [^>].*?) FAILED$",
    ),
    (r"Failed (\S+) \[[^\]]+\]$", r"\[xUnit\.net [\d:.]+\] +(\S.*?) \[FAIL\]"),
    (r"\[  FAILED  \] ([\w/]+\.[\w/]+)",),
    (r"\d+ - (\S+) \((?:Failed|Timeout|SEGFAULT|Subprocess aborted|Not Run|ILLEGAL|NUMERICAL|Exception[^)]*)\)",),
    (r"(?:Test Case |.*error: )-?\[?'?-?\[([\w.]+ \w+)\]'?", r"✘ Test (\S.*?) (?:failed after|recorded an issue)"),
    (r"\d\d:\d\d \+\d+(?: ~\d+)? -\d+: (\S.*) \[E\]$",),  # flutter, dart
    (r"\d+\) (\S.*[^:.\s]):?$",),  # mocha, phpunit, exunit, rspec's own list
)
_READERS = tuple(tuple(Reader(_START + one) for one in family) for family in _FAMILIES)
_ANY = Finder("(?m)" + "|".join(_START.replace(r"\s*", r"[ \t]*") + one for family in _FAMILIES for one in family))

_NO_NAMES = frozenset({"Failure", "Error", "Skipped"})
"""What minitest writes before it names the test."""

# What of a name varies from run to run; numbers stay, as they tell test_total_2 from test_total_3.
_VARIES = (
    (re.compile(r"\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?(?:Z|[+-]\d\d:?\d\d)?)?"), "<time>"),
    (re.compile(r"\b[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}\b"), "<uuid>"),
    (re.compile(r"\b0x[0-9a-fA-F]{4,}\b"), "<address>"),
    (re.compile(r"\b(?=[0-9a-f]*\d)(?=\d*[a-f])[0-9a-f]{12,64}\b"), "<hash>"),
    (re.compile(r"(?<![\w.])/(?:[\w.@+~-]+/)+"), "/"),
    (re.compile(r"(?<=\.\w{2}):\d+(?::\d+)?\b|(?<=\.\w{3}):\d+(?::\d+)?\b"), ""),
    (re.compile(r"\s+"), " "),
)


def failed_tests(log: Log, sections: Sequence[Section]) -> tuple[str, ...]:
    """The names of the failed tests in a job's failed steps, sorted; none where they are not told, or too many."""
    found: dict[int, set[str]] = {}
    for text in islice(_lines(log, sections), MAX_HITS):
        for place, family in enumerate(_READERS):
            told = next((parts for one in family if (parts := one.groups(text))), None)
            if told and told[0] not in _NO_NAMES:
                found.setdefault(place, set()).add(stable(" ".join(told)))
                break
    names = found[min(found)] if found else set()
    return tuple(sorted(names)) if len(names) <= MAX_NAMES else ()


def stable(name: str) -> str:
    """A test's name without what varies from run to run: times, ids, addresses, where the checkout lies."""
    name = name[:MAX_NAME]
    for pattern, kind in _VARIES:
        name = pattern.sub(kind, name)
    return name.strip()


def _lines(log: Log, sections: Sequence[Section]) -> Iterator[str]:
    """The lines that may name a failed test, in the failed steps (in all where none is known)."""
    failed = [one for one in sections if one.failed and one.zone is not Zone.CLEANUP] or list(sections)
    for section in failed:
        if section.zone is Zone.SCRIPT or section.stop <= section.start:
            continue
        start = log.starts[section.start]
        stop = log.starts[section.stop] if section.stop < len(log) else len(log.text)
        for at, _ in _ANY.spans(log.text[start:stop]):
            yield log.text_at(log.index_at(start + at))[:MAX_LINE]
