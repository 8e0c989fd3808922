"""Words of a pattern are sound: one of them stands in every line that the pattern matches."""

from __future__ import annotations

import regex
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from coo.adapters.rule_files import load_catalog
from coo.core.automaton import WordSet
from coo.core.literals import LEAST, words_of
from coo.core.patience import compiled
from tests.unit.test_existence import CHARS, PARTS

LONGER = st.sampled_from(["(?:abc|Xbk)", "[aA]b[bB]k", "(?:ab){2}", "(?:ab){2,3}", "a b", "(?:k|bb|)a", "abk?", "#&~"])


@settings(max_examples=500, deadline=None)
@given(
    st.booleans(),
    st.lists(PARTS | LONGER, min_size=1, max_size=7),
    st.lists(st.lists(CHARS | st.sampled_from(["abc", "Abbk", "a b", "xbk"]), max_size=3).map("".join), max_size=12),
)
def test_a_line_that_matches_holds_a_word(anycase: bool, parts: list[str], lines: list[str]) -> None:
    pattern = ("(?i)" if anycase else "") + "".join(parts)
    try:
        exact = compiled(pattern)
    except regex.error:
        assume(False)
        return
    words = words_of(pattern)
    if words is None:
        return
    for line in lines:
        if exact.search(line):
            held = line.encode().lower()
            assert any(word.encode() in held for word in words), (pattern, line, words)


def words(pattern: str) -> set[str]:
    return set(words_of(pattern) or ())


def test_words_are_as_long_as_they_can_be() -> None:
    assert words(r"npm (?:ERR!|error) code E\d+") == {"npm err! code e", "npm error code e"}
    assert words(r"^[Nn]o space left on device$") == {"no space left on device"}
    assert words(r"(?:^|\] )Killed: \d+|oom-kill") == {"killed: ", "oom-kill"}
    assert words(r"(?:ab)?abc+d") == {"abc"}


def test_a_pattern_that_has_none_says_so() -> None:
    for pattern in (r"\d+", "ab", r"(?:error|)", r"x|long enough", r"\s{4}", "(?:    )+"):
        assert words_of(pattern) is None, pattern


def test_nearly_every_pattern_of_the_catalogue_has_words() -> None:
    patterns = {p for rule in load_catalog().rules for p in (*rule.match.any, *rule.match.all)}
    wordless = [pattern for pattern in patterns if words_of(pattern) is None]
    assert len(wordless) < len(patterns) / 100, wordless


def test_places_of_words_in_a_text() -> None:
    found = WordSet(["error", "rror:", "no such"]).places(b"error: an error\nno such")
    assert found == {0: [0, 10], 1: [1], 2: [16]}
    assert WordSet([]).places(b"error") == {}
    assert LEAST == 3
