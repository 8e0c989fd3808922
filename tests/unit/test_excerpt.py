"""The excerpt keeps what explains a failure, within its budget, and says what it left out."""

from __future__ import annotations

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from coo.core.excerpt import MAX_SHOWN, build_excerpt, same_line, shown
from coo.core.logs import Log, read_log

TOKEN = "ghp_" + "aB3dE6gH9jK2mN5pQ8sT1vW4yZ7cF0xRabcd"


def job_log(*steps: str) -> Log:
    """A runner's log of these lines."""
    stamp = "2026-11-22T10:00:00.1234567Z "
    return read_log("\n".join(stamp + line for step in steps for line in step.splitlines()).encode(), "job.log")


NOISE = "\n".join(f"Downloading https://registry.example/pkg-{n}.whl ({n} kB)" for n in range(300))
LOG = job_log(
    "##[group]Run pytest\necho 'fatal: this has not happened'\npytest -q\nshell: bash\n##[endgroup]",
    NOISE,
    "src/app.py:12: DeprecationWarning: old",
    "Traceback (most recent call last):",
    *(f'  File "/app/mod{n}.py", line {n}, in call\n    step_{n}()' for n in range(5)),
    "ValueError: the first thing that went wrong",
    *("tick" for _ in range(200)),
    "FAILED tests/test_a.py::test_b - ValueError: the first thing that went wrong",
    "=================== 1 failed, 31 passed in 2.10s ===================",
    "##[error]Process completed with exit code 1.",
    "Post job cleanup.",
    "error: clean-up noise that comes after the failure",
    "Cleaning up orphan processes",
)


def test_what_explains_the_failure_is_there() -> None:
    """Summary, cause, traceback and the final error stay; echoed script, downloads and clean-up go."""
    text = build_excerpt(LOG, (), 2000).text
    for kept in ("1 failed, 31 passed", "ValueError: the first", "Traceback", "/app/mod0.py", "##[error]Process"):
        assert kept in text
    for dropped in ("has not happened", "Downloading", "clean-up noise"):
        assert dropped not in text


def test_order_numbers_and_gaps() -> None:
    """Lines carry their number, stand in the log's order, and every other line is counted as left out."""
    excerpt = build_excerpt(LOG, (), 2000)
    numbers = [line.number for line in excerpt.lines]
    assert numbers == sorted(numbers)
    for line in excerpt.lines:
        assert f"{line.number} | {line.text}" in excerpt.text.splitlines()
        assert LOG.line(line.index).text.rstrip() == line.text
    left_out = sum(int(n) for n in re.findall(r"^\.\.\. (\d+) lines? left out", excerpt.text, re.M))
    repeated = sum(int(n) for n in re.findall(r"above (\d+) times more", excerpt.text))
    assert left_out + repeated == excerpt.omitted == len(LOG) - len(excerpt.lines)


def test_matched_lines_come_first() -> None:
    """A line that a rule matched is kept even when nothing in it looks like an error."""
    index = next(i for i in range(len(LOG)) if "pkg-77.whl" in LOG.text_at(i))
    assert "pkg-77.whl" in build_excerpt(LOG, (index,), 300).text
    assert "pkg-77.whl" not in build_excerpt(LOG, (), 300).text


def test_repeats_are_folded() -> None:
    """The like of a line is told by its number of repeats."""
    log = job_log("error: disk on fire\n" * 500 + "bye\n##[error]Process completed with exit code 1.")
    text = build_excerpt(log, (0,), 700).text
    assert re.search(r"the line above \d+ times more", text)


def test_first_error_of_a_cascade_is_kept() -> None:
    """Two hundred errors that follow do not push the first out."""
    cascade = [f"src/a.c:{n}:1: error: 'x{n}' undeclared because of the above" for n in range(200)]
    log = job_log("make", "src/a.c:1:10: fatal error: config.h: No such file", *cascade, "##[error]exit code 2")
    assert "config.h: No such file" in build_excerpt(log, (), 1500).text


def test_long_line_is_cut_in_the_middle() -> None:
    """Both ends of it stay."""
    log = job_log("Error: begin " + "x" * 9000 + " the end", "##[error]Process completed with exit code 1.")
    text = build_excerpt(log, (), 3000).text
    assert "Error: begin" in text and "the end" in text and "characters ...]" in text and len(text) < 800


def test_secrets_are_hidden_and_counted() -> None:
    """In matched lines too; a key block of several lines as well."""
    key = "-----BEGIN RSA PRIVATE KEY-----\nMIIEshort\nabcdefgh12345678\n-----END RSA PRIVATE KEY-----"
    log = job_log(f"fatal: could not push with {TOKEN}", key, "##[error]Process completed with exit code 1.")
    excerpt = build_excerpt(log, range(len(log)), 3000)
    assert TOKEN not in excerpt.text and "MIIEshort" not in excerpt.text and "abcdefgh1234" not in excerpt.text
    assert excerpt.redactions == 3
    assert all(TOKEN not in line.text for line in excerpt.lines)


def test_control_characters_are_dropped() -> None:
    """Neither terminal codes nor reordering marks are sent on."""
    assert shown("a\x07b\u202ec\u200bd\x9be\ttab") == "abcde\ttab"


def test_plain_log_without_structure() -> None:
    """The end of any tool's output counts as its failed step."""
    log = read_log(("ok line\n" * 400 + "make: *** [all] Error 2\n").encode(), "build.log")
    assert "make: *** [all] Error 2" in build_excerpt(log, (), 400).text


@pytest.mark.parametrize("data", [b"", b"\n\n\n", b"only one line", b"\xff\xfe\xfa\xff text here \xff" * 20])
def test_odd_logs(data: bytes) -> None:
    """Empty, blank, one line, broken UTF-8."""
    excerpt = build_excerpt(read_log(data, "x"), (), 500)
    assert len(excerpt.text) <= 500


@settings(max_examples=60, deadline=None)
@given(
    st.lists(
        st.sampled_from(["error: a", "x" * 700, "", "##[error]boom", "warning: b", "é" * 90, "token=" + "a1B2" * 8])
    ),
    st.integers(0, 900),
)
def test_budget_is_strict(lines: list[str], budget: int) -> None:
    """Never one character more; the same input gives the same text."""
    log = read_log("\n".join(lines).encode(), "x")
    excerpt = build_excerpt(log, (), budget)
    assert len(excerpt.text) <= budget
    assert excerpt == build_excerpt(log, (), budget)
    assert excerpt.omitted + len(excerpt.lines) == len(log)


def test_same_line() -> None:
    """A quote holds only word for word, redacted as shown, or cut as shown."""
    assert same_line("  error: boom ", "error: boom")
    assert not same_line("error: boom", "error: boo")
    assert not same_line("error: boom", "")
    assert same_line(f"push {TOKEN} failed", "push [redacted:github-token] failed")
    long = "Error: " + "abcdefghi " * 200
    assert same_line(long, shown(long)) and same_line(long, shown(long, 100))
    assert len(shown(long)) < MAX_SHOWN + 40
    assert not same_line(long, shown(long).replace("Error", "Terror"))
