"""Existence patterns are sound: they match every line that the rule's own pattern matches."""

from __future__ import annotations

import regex
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from coo.core.automaton import Finder
from coo.core.existence import EVERYTHING, existence
from coo.core.patience import compiled

PARTS = st.sampled_from(
    ["a", "B", "k", "0", " ", "é", ":", "-", "#", "~", "&", "'", "a?", "b+", " *", "0+", r"\.", r"\[", r"\-?", r"\\",
     r"\/", r"\d", r"\d+", r"\s*", r"\s", r"\b", "^", "$", "|", "[ab]", "[0-9a-f]", "[A-Z]?", "[=>]", "(?:a|b)",
     "(?:a|)", "(a)?", "(?:ab)?c", "(?:k|0 )", "x{2}", ".*", ".", r"\S+", "[^a]+", "(?!a)", "(?<=b)", "(?i:k)", r"\w+"]
)  # fmt: skip
CHARS = st.text(st.sampled_from("aAbBkK0 9é:-#~&'.[\\/=xZſK\t"), max_size=8)


@settings(max_examples=400, deadline=None)
@given(st.booleans(), st.lists(PARTS, min_size=1, max_size=6), st.lists(CHARS, min_size=1, max_size=12))
def test_every_line_that_matches_is_a_candidate(anycase: bool, parts: list[str], lines: list[str]) -> None:
    pattern = ("(?i)" if anycase else "") + "".join(parts)
    try:
        exact = compiled(pattern)
    except regex.error:
        assume(False)
        return
    wide = existence(pattern)
    if wide == EVERYTHING:
        return
    finder = Finder(wide)
    block = "\n".join(lines).encode()
    hits = {block.count(b"\n", 0, start) for start, _ in finder.spans(block)}
    assert {at for at, line in enumerate(lines) if exact.search(line)} <= hits


def test_a_pattern_without_gaps_stands_for_itself() -> None:
    for pattern in (r"^npm error code (?:E\d+|X)$", r"exit code [1-9]", r"fatal: \[x\]\.? ?"):
        assert existence(pattern) == "(?m)" + pattern
    assert existence("(?i)failed$") == "(?mi)failed$"


def test_a_pattern_that_matches_everything_is_everything_to_the_set_too() -> None:
    assert Finder(existence("(?:a|)") or "(?m)").start(b"zzz") == 0


def test_what_is_scanned_for_begins_with_something_telling() -> None:
    for pattern in (
        r"\bexit code 1 of the step",
        r"(?:^|[\]:] )exit code 1 of the step",
        r"\s+exit code 1 of the step",
    ):
        assert Finder(existence(pattern)).start(b"Xexit code 1 of the step") == 1
    assert Finder(existence(r"\d+ failed")).start(b"it failed") < 0  # too little would be left
    both = existence(r"\d+ vulnerabilities found|\s*no such host anywhere")
    assert Finder(both).start(b"-no such host anywhere") == 1


def test_of_a_gap_the_more_telling_side_is_kept() -> None:
    assert Finder(existence(r"the lock file \S+ needs to be updated")).start(b"a needs to be updated") >= 0
    assert Finder(existence(r"error: .*code")).start(b"error: none") >= 0
