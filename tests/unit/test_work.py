"""How much work a log makes, counted: seconds differ from machine to machine, work does not."""

from __future__ import annotations

import pytest

from coo.adapters.rule_files import load_catalog
from coo.core import engine as engine_module
from coo.core.automaton import PatternSet
from coo.core.catalog import Catalog
from coo.core.engine import KEEP, Engine
from coo.core.existence import EVERYTHING, existence
from coo.core.logs import Log, read_log


class Work:
    """Counts what an engine does: exact patterns tried, bytes given to the pass over all patterns."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.tried = self.scanned = 0
        found_in, matching = engine_module.found_in, PatternSet.matching

        def counted(pattern: str, text: str, timeouts: list[str]) -> bool:
            self.tried += 1
            return found_in(pattern, text, timeouts)

        def measured(patterns: PatternSet, text: bytes) -> list[int]:
            self.scanned += len(text)
            return matching(patterns, text)

        monkeypatch.setattr(engine_module, "found_in", counted)
        monkeypatch.setattr(PatternSet, "matching", measured)

    def of(self, engine: Engine, log: Log) -> tuple[int, int]:
        self.tried = self.scanned = 0
        engine.scan(log)
        return self.tried, self.scanned


@pytest.fixture(scope="module")
def engine() -> Engine:
    return Engine(load_catalog())


@pytest.fixture
def work(monkeypatch: pytest.MonkeyPatch) -> Work:
    return Work(monkeypatch)


QUIET = "  copying build/lib.linux-x86_64/part_{0}.py -> dist/part_{0}.py\n"
DENSE = (
    "npm error code ERESOLVE\n"
    " ! [rejected]        main -> main (fetch first)\n"
    "ERROR: No matching distribution found for part{0}\n"
    "##[error]Process completed with exit code 1.\n"
)


def log_of(text: str, times: int) -> Log:
    return read_log("".join(text.format(at) for at in range(times)).encode())


def test_a_log_without_failures_is_scanned_once_and_nothing_is_confirmed(engine: Engine, work: Work) -> None:
    log = log_of(QUIET, 5000)
    tried, scanned = work.of(engine, log)
    assert tried == 0
    assert scanned <= len(log.text) <= scanned + len(log)  # the newlines between blocks are left out


def test_the_text_is_scanned_once_however_much_matches(engine: Engine, work: Work) -> None:
    log = log_of(DENSE, 5000)
    _, scanned = work.of(engine, log)
    assert scanned <= len(log.text)


def test_more_of_the_same_error_makes_no_more_lines_to_confirm(engine: Engine, work: Work) -> None:
    some = [engine.catalog.by_id[name] for name in ("npm-eresolve", "pip-no-matching-distribution")]
    few, _ = work.of(Engine(Catalog(some)), log_of(DENSE, 1000))
    many, _ = work.of(Engine(Catalog(some)), log_of(DENSE, 10_000))
    assert 2 * KEEP <= few == many


def test_few_lines_are_confirmed_in_vain(engine: Engine, work: Work) -> None:
    """What grows with a log full of errors are the lines that only look as if a rule matched them."""
    few, _ = work.of(engine, log_of(DENSE, 1000))
    many, _ = work.of(engine, log_of(DENSE, 10_000))
    assert many - few < (10_000 - 1000) * DENSE.count("\n"), "less than one a line"


def test_the_first_and_the_last_lines_of_an_error_are_kept(engine: Engine) -> None:
    npm = Engine(Catalog([engine.catalog.by_id["npm-eresolve"]]))
    log = log_of(DENSE, 1000)
    lines = [match.index for match in npm.scan(log).matches]
    assert lines[:KEEP] == [at * 4 for at in range(KEEP)]
    assert lines[KEEP:] == [at * 4 for at in range(1000 - KEEP, 1000)]


def test_a_million_returns_before_a_letter_are_read_in_one_go() -> None:
    """Stripping returns at the ends of lines once looked at this log again from each of them: hours."""
    log = read_log(b"\r" * 1_000_000 + b"x\r\r\n" + b"last\r\n")
    assert [log.text_at(at).strip() for at in range(len(log))] == ["[...]", "x", "last"]


def test_no_pattern_of_a_bundled_rule_needs_every_line(engine: Engine) -> None:
    patterns = [p for rule in engine.catalog.rules for p in (*rule.match.any, *rule.match.all)]
    assert [pattern for pattern in patterns if existence(pattern) == EVERYTHING] == []
