"""How much a single line tells of a failure, by the words that tools of all kinds use. No verdicts here."""

from __future__ import annotations

import re

from coo.core.automaton import Finder

NOTHING, WEAK, GENERIC, PLAIN, STRONG, SUMMARY = 0, 28, 40, 50, 80, 84
"""What `weigh` gives, from a line that tells nothing to the summary of what failed."""
_CALM_COSTS = 30
_LOOKED_AT = 600
"""Characters of a line that are weighed."""

# One linear pass over a whole log's bytes finds the lines that are weighed at all.
CANDIDATE = Finder(
    r"(?im)^.*(?:error|err!|fail|fatal|exception|traceback|panic|denied|refused|reject|conflict|cannot|can't"
    r"|could not|couldn't|unable|not found|no such|missing|invalid|unexpected|undefined|unresolved|unsupported"
    r"|not supported|unauthorized|forbidden|expired|timed? ?out|timeout|cancell?ed|killed|no space|out of memory"
    r"|abort|exit code|exit status|exited|returned [1-9]|violation|vulnerab|would reformat|no match|unknown"
    r"|unrecogni[sz]ed|required|not up to date|out of date|does not exist|is not |are not |don't match|mismatch"
    r"|leaks? |insufficient|quota|rate limit|unhealthy|unreachable|unavailable|segmentation|core dumped"
    r"|\bE {2,}\S|\bHTTP.{0,12}[45]\d\d|[✖✗❌×✘🛑]|\bstop!|problems?\b|issues? found|issue:|not have"
    r"|not installed|no candidate|must be|hint:|assert).*$"
)

_SUMMARY = Finder(
    "|".join(
        (
            r"=+\s.*\b[1-9]\d*\s(?:failed|errors?)\b",
            r"^\s*(?:Tests?|Test Files|Test Suites|Suites|Snapshots)\b[:\s].*\b[1-9]\d* fail",
            r"^\s*[1-9]\d*\s(?:failed|failing|failures?|errors?|flaky)\b",
            r"FAILED\s\((?:failures|errors)=|test result: FAILED|Tests run:.*(?:Failures|Errors):\s[1-9]",
            r"^\s*--- FAIL|^\s*(?:FAIL|FAILED)\b|Interrupted: \d+ error",
            r"\b[Ff]ound [1-9]\d* (?:errors?|issues?|problems?|vulnerabilit)|[✖×]\s[1-9]\d* problems?",
            r"\b[1-9]\d* (?:vulnerabilit|checks? failed|examples?, [1-9]\d* fail|errors? (?:and|found|generated))",
            r"Failed checks: [1-9]|Would reformat|Code style issues|Some errors were emitted",
            r"coverage.*(?:not (?:reached|met)|below|less than)",
            r"BUILD FAIL|Execution failed for task|Failed to execute goal",
            r"^\s*>> Issue|encountered leaks|leaks? found",
        )
    )
)
_STRONG = Finder(
    "|".join(
        (
            r"^(?:\[?\w*\]?\s?)?(?:fatal|FATAL)[:\s]|^(?:\[?(?:ERROR|Error|error|ERR)\]?)\b[:\s]|^E:\s|^E\s{3,}\S",
            r"\berror(?:\[E?\d+\])?:\s|\berror [A-Z]{1,8}\d{2,5}\b|\b\w{3,}(?:Error|Exception)\b|ERR_[A-Z_]{3,}",
            r"^panic: |\bpanicked at\b|Segmentation fault|(?:^|\s)Killed\b|[Oo]ut of memory|No space left",
            r"!\s\[(?:remote )?rejected\]|\bCONFLICT\b|^hint: Updates were rejected|refusing to ",
            r"npm (?:ERR!|error) (?:code|\d{3})\b|ERESOLVE|no installation candidate|No matching distribution",
            r"(?:lock ?file|lockfile).*(?:not up|out of)",
            r"\b(?:401|403|404|429|5\d\d) (?:Unauthorized|Forbidden|Not Found|Too|Internal|Bad|Service|Gateway)",
            r"\bunauthorized\b|Permission.{0,80}\bdenied|authentication failed|no basic auth|rate limit",
            r"not accessible by integration|operation was cancel|has timed out|exceeded the maximum",
            r"undefined reference|command not found|: not found$|No such file|Compilation (?:failed|error)",
            r"cannot (?:pull|rebase|find|open|use|resolve)|Could not (?:find|resolve|read)|Unable to ",
            r"is not supported|failed with ",
        )
    )
)
_PLAIN = Finder(
    r"(?i)\berrors?\b|\bfail|fatal|exception|traceback|denied|reject|refused|cannot|unable|could not|❌|✗|✘"
    r"|not found|invalid"
)
_CALM = Finder(
    r"(?i)\b(?:0|no) (?:errors?|failures?|failed|failing|vulnerabilities|problems|issues)\b"
    r"|^\s*(?:ok|pass(?:ed)?|skip\w*|[✓✔√·])[\s:]|[✓✔]|\bPASSED\b|\.\.\. ok$|\bwarn(?:ing)?s?\b|\bdeprecat"
    r"|\bDEBUG\b|\bINFO\b|if-no-files-found|continue-on-error|retry(?:ing)?\b"
)
_NOISE = re.compile(
    r"(?i)\s*(?:download(?:ing|ed)|fetch(?:ing|ed)|get:\d|selecting previously|(?:un)?packing |preparing to "
    r"|setting up |processing triggers|collecting |using cached|requirement already|resolving deltas"
    r"|receiving objects|remote: (?:counting|compressing|enumerating|total)|counting objects|compressing objects"
    r"|writing objects|progress|compiling |installing |copying |extracting |\[command\]|added \d+ packages"
    r"|##\[(?:group|endgroup|debug|section)\]|\[[\d.]{1,9}%|[-=#.>\s]{0,200}\d{1,3}%|[\s\-=_*#.|+~^]*$)"
)
_GENERIC = re.compile(
    r"##\[error\](?:Process completed with exit code|The process '.*' failed with exit code"
    r"|.{0,40}exit (?:code|status) \d+\.?$)"
)
_FRAME = re.compile(r'\s+(?:at |File "|in |from |\.\.\. \d+ more|~*\^|\d* ?\|)')


def is_noise(text: str) -> bool:
    """Tell whether a line is progress, a download, a group's frame, a ruler or blank."""
    return _NOISE.match(text[:_LOOKED_AT]) is not None


def is_frame(text: str) -> bool:
    """Tell whether a line continues a traceback or a compiler's picture of the source."""
    return _FRAME.match(text[:_LOOKED_AT]) is not None


def weigh(text: str) -> int:
    """Give how much a line tells (see `NOTHING` to `SUMMARY`)."""
    text = text[:_LOOKED_AT]
    if text.startswith("##[error]"):
        return GENERIC if _GENERIC.match(text) else STRONG + 6
    if text.startswith("##[warning]"):
        return WEAK
    if is_noise(text):
        return NOTHING
    data = text.encode("utf-8", "replace")
    if _has(_SUMMARY, data):
        return SUMMARY
    level = STRONG if _has(_STRONG, data) else PLAIN if _has(_PLAIN, data) else WEAK
    return max(level - _CALM_COSTS, NOTHING) if _has(_CALM, data) else level


def _has(pattern: Finder, data: bytes) -> bool:
    return pattern.start(data) >= 0
