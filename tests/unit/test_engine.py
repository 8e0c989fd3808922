"""The fast first pass finds what the plain slow way finds, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest
import regex
from hypothesis import given, settings
from hypothesis import strategies as st

from coo.core.capture import Match, capture
from coo.core.catalog import Catalog, Rule, build_rule
from coo.core.engine import KEEP, Engine
from coo.core.errors import InputError
from coo.core.existence import EVERYTHING, existence
from coo.core.logs import Log, read_log


def rule(id: str = "r", **fields: Any) -> Rule:
    match = fields.pop("match", {"any": ["boom"]})
    base: dict[str, Any] = {
        "id": id, "title": "It broke", "category": "test_failure", "subtype": id, "status": "stable", "kind": "cause",
        "severity": "major", "confidence": "high", "owner": "CTO", "transient": False, "description": "d",
        "remediation": "r", "match": match, "references": ["https://example.com"],
        "examples": {"positive": [{"name": "p", "log": "boom"}], "negative": [{"name": "n", "log": "fine"}]},
    }  # fmt: skip
    return build_rule(base | fields, f"{id}.yml")


def hits(*rules: Rule, text: str) -> list[tuple[str, int]]:
    return [(m.rule.id, m.index) for m in Engine(Catalog(rules)).scan(read_log(text.encode())).matches]


PATTERNS = [
    r"^npm (?:ERR!|error) code (\w+)", r"(?<!no )errors? found", r"foo(?!bar)", r"(['\"])x\1", r"\berror\b.*\d{2,}",
    r"(?i)failed$", r"a++b", r"(?>ab|a)c", r"[^\]]+\] end", r"\s{3}at ", r"^\S+\t\d", r"é.x", r"(?i:ünï)",
    r"[[:alpha:]]{4}Z", r"x{,3}y", r"^z", r"\u00e9", r"(?P<q>[ab])-(?P=q)", r"\d+ (?:failed|passed)",
    r"(?:x{1000}){2}|failed",
]  # fmt: skip
WORDS = st.sampled_from(
    ["npm ERR! code E1", "no errors found", "error found", "foobar", "foox", "'x'", "\"x'", "error 123", "FAILED",
     "aab", "abc", "ac", "k] end", "   at ", "a\t1", "éqx", "é x", "ÜNÏ", "wordZ", "xy", "xxxxy", "z", "é", "a-a",
     "a-b", "3 failed", "\u2028", "\x0b", "\x1c", "\u0661 failed", "\x85", "", " "]
)  # fmt: skip


@pytest.mark.parametrize("pattern", PATTERNS)
@settings(max_examples=60)
@given(st.lists(st.lists(WORDS, max_size=4).map(" ".join), max_size=12))
def test_fast_and_slow_agree(pattern: str, lines: list[str]) -> None:
    try:
        log = read_log("\n".join(lines).encode())
    except InputError:
        return
    found = [m.index for m in Engine(Catalog([rule(match={"any": [pattern]})])).scan(log).matches]
    slow = regex.compile(pattern, regex.ASCII)
    assert found == [i for i in range(len(log)) if slow.search(log.text_at(i))]


def test_patterns_of_the_automaton_are_not_all_everything() -> None:
    wide = [pattern for pattern in PATTERNS if existence(pattern) == EVERYTHING]
    assert wide == ["[[:alpha:]]{4}Z", "x{,3}y"]


def test_no_match_reaches_over_a_newline() -> None:
    assert hits(rule(match={"any": [r"a\s+b", r"c[^x]d"]}), text="a\nb\nc\nd") == []


def test_all_needs_every_pattern_within_reach() -> None:
    near = rule(match={"all": ["alpha", "beta"], "within_lines": 2})
    assert hits(near, text="alpha\n.\nbeta") == [("r", 0)]
    assert hits(near, text="alpha\n.\n.\nbeta") == []
    anywhere = rule(match={"all": ["alpha", "beta"]})
    assert hits(anywhere, text="alpha\n.\n.\nbeta") == [("r", 0)]
    assert hits(anywhere, text="alpha") == []


def test_all_stays_within_one_job() -> None:
    stamp = "2026-11-22T10:00:00.1234567Z "
    text = f"one\ts\t{stamp}alpha\ntwo\ts\t{stamp}beta\n"
    assert hits(rule(match={"all": ["alpha", "beta"]}), text=text) == []


def test_none_drops_a_hit_on_its_line_or_within_reach() -> None:
    own = rule(match={"any": ["boom"], "none": ["^warning"]})
    assert hits(own, text="warning: boom\nboom\nwarning") == [("r", 1)]
    wide = rule(match={"any": ["boom"], "none": ["recovered"], "within_lines": 3})
    assert hits(wide, text="boom\n.\nrecovered\n.\n.\n.\nboom") == [("r", 6)]


def test_step_and_job_names_narrow_a_rule() -> None:
    stamp = "2026-11-22T10:00:00.1234567Z "
    text = f"build\tAudit\t{stamp}boom\nbuild\tTest\t{stamp}boom\n"
    assert hits(rule(match={"any": ["boom"], "step": "^Audit$"}), text=text) == [("r", 0)]
    assert hits(rule(match={"any": ["boom"], "job": "^lint$"}), text=text) == []
    assert hits(rule(match={"any": ["boom"], "step": "^Audit$"}), text="boom") == []


def test_matches_far_apart_in_a_long_log_are_all_found() -> None:
    text = "\n".join("boom" if i in (0, 40_000, 79_999) else "nothing to see here" for i in range(80_000))
    assert hits(rule(), text=text) == [("r", 0), ("r", 40_000), ("r", 79_999)]


def test_a_flood_keeps_the_first_and_the_last_matches() -> None:
    found = hits(rule(), text="boom\n" * 10_000)
    assert len(found) == 2 * KEEP
    assert found[0] == ("r", 0)
    assert found[-1] == ("r", 9_999)


def test_captures_come_from_the_line_or_its_neighbours() -> None:
    made = rule(captures={"name": r"name=(?P<name>\w+)", "code": r"code (\d+)", "none": "never"})
    log = read_log(b"name=far\n.\nboom code 7\nname=near\n")
    assert capture(Match(made, 2), log) == {"name": "near", "code": "7"}


def test_a_pattern_that_backtracks_for_ever_is_stopped_and_told() -> None:
    pattern = r"^(?:a|aa)+$(?<!a)"
    scan = Engine(Catalog([rule(match={"any": [pattern]})])).scan(read_log(b"a" * 60 + b"\nfine\n"))
    assert scan.matches == []
    assert scan.timeouts == [pattern]


def test_a_pattern_that_is_slow_on_many_long_lines_is_given_up() -> None:
    ticks = iter(range(10_000))
    engine = Engine(Catalog([rule(match={"any": [r"boom.*never"]})]), clock=lambda: float(next(ticks)))
    scan = engine.scan(read_log(("boom never" + "x" * 2000 + "\n").encode() * 10))
    assert scan.timeouts == [r"boom.*never"]
    assert [match.index for match in scan.matches] == [0, 1, 2]


def test_reading_is_the_same_whatever_the_block(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "\n".join(f"line {i} boom" if i % 7 == 0 else f"line {i}" for i in range(500))
    whole = hits(rule(), text=text)
    monkeypatch.setattr("coo.core.spans.BLOCK", 50)
    assert hits(rule(), text=text) == whole


def test_log_is_what_scan_needs() -> None:
    assert isinstance(read_log(b"x"), Log)
