"""What is measured in this process: throughput of the whole path and of its yardsticks, and where the time goes.

Times are processor time: other programs on the machine then cost less of the truth than time on the clock would.
"""

from __future__ import annotations

import re
import resource
import shutil
import subprocess
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import cast

from benchmarks.corpus import Made
from coo.core import engine as engine_module
from coo.core.automaton import PatternSet
from coo.core.catalog import Catalog
from coo.core.classify import classify
from coo.core.engine import Engine, Scan
from coo.core.existence import EVERYTHING, existence
from coo.core.logs import Log, read_log
from coo.core.patience import compiled

Work = Callable[[], object]


def patterns_of(catalog: Catalog) -> list[str]:
    """Every pattern that the first pass has to find, once."""
    return list(dict.fromkeys(p for rule in catalog.rules for p in (*rule.match.any, *rule.match.all)))


def existence_patterns(catalog: Catalog) -> list[str]:
    """The patterns as the first pass scans them; those that are every line's are left out."""
    return list(dict.fromkeys(wide for wide in map(existence, patterns_of(catalog)) if wide != EVERYTHING))


def processor(work: Work) -> float:
    """Seconds of this process's processor time for one call."""
    start = time.process_time()
    work()
    return time.process_time() - start


def children(work: Work) -> float:
    """Seconds of processor time of the programs that a call starts and waits for."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    work()
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime


def whole_path(engine: Engine, logs: Sequence[bytes]) -> Work:
    """Bytes in, verdicts with their evidence out."""

    def work() -> None:
        for data in logs:
            classify(engine, read_log(data))

    return work


def bare_set(patterns: PatternSet, logs: Sequence[bytes]) -> Work:
    """Only the question which patterns match anywhere in a log: no line, no verdict."""

    def work() -> None:
        for data in logs:
            patterns.matching(data)

    return work


def naive(catalog: Catalog, sample: bytes) -> Work:
    """Each rule's own pattern on each line, one after the other."""
    exact = [compiled(pattern) for pattern in patterns_of(catalog)]
    lines = sample.decode("utf-8", "replace").split("\n")

    def work() -> None:
        for line in lines:
            for pattern in exact:
                pattern.search(line)

    return work


def in_ascii(patterns: Sequence[str]) -> list[str]:
    """The patterns that `rg --no-unicode` can express: those that name no character outside ASCII.

    NOTE: it knows fewer escapes than RE2; a quote or a slash stands for itself there.
    """
    return [_NEEDLESS.sub(r"\1", p) for p in patterns if p.isascii() and not _BEYOND.search(p)]


_NEEDLESS = re.compile(r"(?<!\\)\\([\"'/:;<=>@%`,!])")
_BEYOND = re.compile(r"\\x\{(?:[89a-f][0-9a-f]|[0-9a-f]{3,})\}")


def ripgrep(patterns: Sequence[str], logs: Sequence[Path], folder: Path) -> Work | None:
    """`rg --no-unicode` with the same patterns, one thread, counting lines; None where there is no rg."""
    program = shutil.which("rg")
    if program is None:
        return None
    listed = folder / "patterns.txt"
    listed.write_text("\n".join(in_ascii(patterns)) + "\n", encoding="utf-8")
    flags = ["--no-config", "--no-unicode", "--threads", "1", "--count", "--text", "--dfa-size-limit", "256M",
             "--regex-size-limit", "256M"]  # fmt: skip
    command = [program, *flags, "-f", str(listed), *map(str, logs)]

    def work() -> None:
        done = subprocess.run(command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, check=False)
        if done.returncode > 1:
            raise SystemExit(f"rg: {done.stderr[:300]}")

    return work


@dataclass(frozen=True, slots=True)
class _Scanned:
    """An engine that has scanned already."""

    catalog: Catalog
    done: Scan

    def scan(self, log: Log) -> Scan:  # noqa: ARG002 (the engine's signature)
        return self.done


def stages(engine: Engine, logs: Sequence[bytes]) -> dict[str, float]:
    """Seconds of each part of the whole path, told apart by a clock around the first pass."""
    first = 0.0
    plain = PatternSet.matching

    def timed(self: PatternSet, text: bytes) -> list[int]:
        nonlocal first
        start = time.process_time()
        out = plain(self, text)
        first += time.process_time() - start
        return out

    reading = scanning = deciding = 0.0
    PatternSet.matching = timed  # type: ignore[method-assign]
    try:
        for data in logs:
            start = time.process_time()
            log = read_log(data)
            reading += time.process_time() - start
            start = time.process_time()
            scan = engine.scan(log)
            scanning += time.process_time() - start
            start = time.process_time()
            classify(cast(Engine, _Scanned(engine.catalog, scan)), log)
            deciding += time.process_time() - start
    finally:
        PatternSet.matching = plain  # type: ignore[method-assign]
    return {"reading and cleaning": reading, "first pass (all patterns at once)": first,
            "second pass (exact, around the hits)": scanning - first,
            "arbitration and evidence": deciding}  # fmt: skip


def confirmed(engine: Engine, logs: Sequence[Made]) -> int:
    """Lines that the second pass tries an exact pattern on, over all logs: work, whatever the machine."""
    count = 0
    plain = engine_module.found_in

    def counted(pattern: str, text: str, timeouts: list[str]) -> bool:
        nonlocal count
        count += 1
        return plain(pattern, text, timeouts)

    engine_module.found_in = counted
    try:
        for log in logs:
            engine.scan(read_log(log.clean))
    finally:
        engine_module.found_in = plain
    return count


def rounds(work: dict[str, Callable[[], float]], times: int) -> dict[str, float]:
    """Run every measurement in turn, several times over, so that the machine's noise hits all alike; medians."""
    told: dict[str, list[float]] = {name: [] for name in work}
    for _ in range(times):
        for name, measure in work.items():
            told[name].append(measure())
    return {name: median(values) for name, values in told.items()}


def rounds_of_parts(measure: Callable[[], dict[str, float]], times: int) -> dict[str, float]:
    """The same for a measurement that tells several parts at once."""
    told = [measure() for _ in range(times)]
    return {name: median(one[name] for one in told) for name in told[0]}
