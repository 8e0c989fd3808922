"""Every form in which people have a log gives the same lines, with the numbers of the input."""

from __future__ import annotations

import gzip
from array import array

import pytest
from hypothesis import given
from hypothesis import strategies as st

from coo.core.errors import InputError
from coo.core.logs import read_log
from coo.core.model import Zone
from coo.core.text import MAX_LINE

STAMP = "2026-11-22T10:00:00.1234567Z "


def texts(data: bytes) -> list[str]:
    log = read_log(data)
    return [log.text_at(index) for index in range(len(log))]


def test_raw_job_log_loses_bom_timestamps_and_colours() -> None:
    raw = (
        f"\ufeff{STAMP}Current runner version: '2.330.0'\r\n"
        f"{STAMP}\x1b[36;1mgit push\x1b[0m\r\n"
        f"\ufeff{STAMP}^[[31mred^[[0m\r\n"
        f"{STAMP}\r\n"
        "2026-11-22T10:00:00.1234567Z\n"
    )
    assert texts(raw.encode()) == ["Current runner version: '2.330.0'", "git push", "red", "", ""]


def test_gh_log_tells_job_and_step_and_keeps_continuation_lines() -> None:
    raw = (
        f"build\tRun tests\t\ufeff{STAMP}first\n"
        f"build\tRun tests\t{STAMP}second\n"
        "continued without a prefix\n"
        f"lint\tUNKNOWN STEP\t{STAMP}third\tstays tabbed\n"
    )
    log = read_log(raw.encode())
    assert [(line.number, line.text, line.job, line.step) for line in log.lines(0, 9)] == [
        (1, "first", "build", "Run tests"),
        (2, "second", "build", "Run tests"),
        (3, "continued without a prefix", "build", "Run tests"),
        (4, "third\tstays tabbed", "lint", None),
    ]


@pytest.mark.parametrize("mark", ["\ufeff", "∩╗┐", "´╗┐", "ï»¿", "Ôªø"])
def test_a_mark_that_a_console_spoilt_does_not_hide_a_timestamp(mark: str) -> None:
    assert texts(f"{mark}{STAMP}##[group]Run make\n{STAMP}make\n".encode()) == ["##[group]Run make", "make"]
    raw = f"b\ts\t{mark}{STAMP}##[group]Run make\nb\ts\t{STAMP}make\n"
    assert texts(raw.encode()) == ["##[group]Run make", "make"]


def test_a_code_page_that_swallows_a_digit() -> None:
    raw = f"b\ts\t锘?{STAMP[1:]}##[group]Run make\nb\ts\t{STAMP}make\n"
    assert texts(raw.encode()) == ["##[group]Run make", "make"]


def test_tabs_alone_do_not_make_a_gh_log() -> None:
    assert texts(b"a\tb\tc\nd\te\tf\n") == ["a\tb\tc", "d\te\tf"]


@pytest.mark.parametrize("codec", ["utf-16", "utf-16-le", "utf-16-be"])
def test_utf16_of_a_powershell_redirect(codec: str) -> None:
    assert texts(f"{STAMP}error: käse\r\n{STAMP}end of the log\r\n".encode(codec)) == ["error: käse", "end of the log"]


def test_gzip_and_its_faults() -> None:
    data = gzip.compress(f"{STAMP}one\n".encode() * 50)
    assert texts(data) == ["one"] * 50
    with pytest.raises(InputError, match="ends early"):
        read_log(data[:-12])
    with pytest.raises(InputError, match="not valid gzip"):
        read_log(b"\x1f\x8b" + b"\x00" * 40)


def test_progress_bars_share_the_number_of_their_input_line() -> None:
    log = read_log(b"start\n10%\r50%\rerror: broke\r\nend\n")
    assert [(line.number, line.text) for line in log.lines(0, 9)] == [
        (1, "start"), (2, "10%"), (2, "50%"), (2, "error: broke"), (3, "end"),
    ]  # fmt: skip
    assert log.line_count == 3


def test_gh_prefixes_behind_progress_bars_keep_their_jobs() -> None:
    raw = f"a\ts1\t{STAMP}1%\r2%\r3%\nb\ts2\t{STAMP}x\nc\ts3\t{STAMP}y\n"
    log = read_log(raw.encode())
    assert [(line.job, line.text) for line in log.lines(3, 9)] == [("b", "x"), ("c", "y")]


def test_long_lines_are_cut_in_the_middle_and_told() -> None:
    log = read_log(b"x" * 50_000 + b"ENDOFLINE\nnext\n")
    assert len(log.text_at(0)) <= MAX_LINE
    assert log.text_at(0).endswith("ENDOFLINE")
    assert [(note.code, note.count) for note in log.notes] == [("long-lines-capped", 1)]
    assert log.line(1).number == 2


def test_invalid_utf8_is_replaced_and_told() -> None:
    log = read_log(b"caf\xe9\nok\n")
    assert log.text_at(0) == "caf\ufffd"
    assert [note.code for note in log.notes] == ["invalid-utf8"]


@pytest.mark.parametrize("data", [b"\x7fELF" + b"\x00" * 64, b"\x89PNG\r\n\x1a\n" + b"\x01" * 64, b"\x00\x01\x02" * 99])
def test_binary_data_is_refused(data: bytes) -> None:
    with pytest.raises(InputError) as caught:
        read_log(data, "x.bin")
    assert caught.value.code == "binary-input"
    assert "x.bin" in caught.value.message


def test_a_few_nuls_do_not_hide_a_line() -> None:
    assert texts(b"er\x00ror: plain text goes on and on and on\n") == ["error: plain text goes on and on and on"]


RAW_JOB = f"""{STAMP}Current runner version: '2.330.0'
{STAMP}Complete job name: build
{STAMP}##[group]Run echo "error: failed to push"
{STAMP}echo "error: failed to push"
{STAMP}##[endgroup]
{STAMP}hello
{STAMP}##[group]Run make
{STAMP}make
{STAMP}##[endgroup]
{STAMP}make: *** [all] Error 1
{STAMP}##[error]Process completed with exit code 2.
{STAMP}Post job cleanup.
{STAMP}fatal: not a git repository
{STAMP}Cleaning up orphan processes
"""


def test_the_marks_of_an_image_build_are_taken_off() -> None:
    built = (
        b"#12 [4/6] RUN npm ci\n#12 1.234 npm error code ERESOLVE\n#12 ERROR: exit code: 1\n------\n"
        b" > [4/6] RUN npm ci:\n1.234 npm error code ERESOLVE\n1.300 npm error x\n------\n2.5 seconds\n"
    )
    assert texts(built) == [
        "#12 [4/6] RUN npm ci", "npm error code ERESOLVE", "#12 ERROR: exit code: 1", "------",
        " > [4/6] RUN npm ci:", "npm error code ERESOLVE", "npm error x", "------", "2.5 seconds",
    ]  # fmt: skip


def test_an_image_build_cannot_begin_a_group_or_an_error_of_the_job() -> None:
    log = b"#12 1.234 ##[error]x\n#3 0.1 ##[group]Run y\n"
    assert texts(log) == ["#12 1.234 ##[error]x", "#3 0.1 ##[group]Run y"]


def test_an_error_line_copied_from_the_web_page_is_the_runners() -> None:
    copied = b"boom\nError: Process completed with exit code 1.\n"
    assert texts(copied)[-1] == "##[error]Process completed with exit code 1."
    raw = b"##[group]Run x\nError: Process completed with exit code 1.\n"
    assert texts(raw)[-1] == "Error: Process completed with exit code 1.", "a raw log marks its own"


def test_structure_of_a_raw_job_log() -> None:
    log = read_log(RAW_JOB.encode())
    zones = [(s.start, s.stop, s.zone, s.step, s.failed) for s in log.sections]
    assert zones == [
        (0, 2, Zone.SETUP, "Set up job", False),
        (2, 5, Zone.SCRIPT, 'Run echo "error: failed to push"', False),
        (5, 6, Zone.STEP, 'Run echo "error: failed to push"', False),
        (6, 9, Zone.SCRIPT, "Run make", False),
        (9, 11, Zone.STEP, "Run make", True),
        (11, 13, Zone.CLEANUP, None, False),
        (13, 14, Zone.CLEANUP, None, False),
    ]
    assert not log.passed


def test_a_job_that_ended_without_an_error_passed() -> None:
    raw = RAW_JOB.replace("##[error]Process completed with exit code 2.", "done").encode()
    assert read_log(raw).passed
    assert not read_log(b"just a line\n").passed
    assert not read_log(raw.replace(b"Post job", b"Past job").replace(b"Cleaning up", b"Cleaned up")).passed


def test_a_container_action_may_fail_without_a_word_of_the_runner() -> None:
    raw = RAW_JOB.replace("##[error]Process completed with exit code 2.", "##[command]/usr/bin/docker run --name x y")
    assert not read_log(raw.encode()).passed
    later = raw.replace("Post job", f"##[group]Run echo\n{STAMP}echo\n{STAMP}##[endgroup]\n{STAMP}ok\n{STAMP}Post job")
    assert read_log(later.encode()).passed


def test_what_the_jobs_api_says_beats_the_look_of_the_log() -> None:
    raw = f"j\tA\t{STAMP}##[error]Process completed with exit code 1.\nj\tB\t{STAMP}quiet\n"
    log = read_log(raw.encode()).mark_failed(["b"])
    assert [(s.step, s.failed) for s in log.sections] == [("A", False), ("B", True)]
    assert read_log(raw.encode()).mark_failed(["no such step"]).sections[0].failed


def test_an_echoed_script_that_never_ends_does_not_hide_the_rest() -> None:
    assert read_log(("##[group]Run evil\n" + "x\n" * 4000).encode()).section_at(10).zone is Zone.STEP
    raw = "##[group]Run evil\n" + "x\n" * 4000 + "##[endgroup]\n"
    log = read_log(raw.encode())
    assert log.section_at(10).zone is Zone.SCRIPT
    assert log.section_at(3999).zone is Zone.STEP


def test_a_header_that_a_tool_printed_is_no_script() -> None:
    raw = "##[group]Run test\ntest\n##[endgroup]\n##[group]Run forged\nreal failure\n"
    raw += "##[error]Process completed with exit code 1.\n"
    log = read_log(raw.encode())
    assert (log.section_at(4).zone, log.section_at(4).failed) == (Zone.STEP, True)


def test_a_clean_up_that_a_step_printed_is_no_clean_up() -> None:
    raw = RAW_JOB.replace(
        f"{STAMP}make: ***", f"{STAMP}Post job cleanup.\n{STAMP}Cleaning up orphan processes\n{STAMP}make: ***"
    )
    log = read_log(raw.encode())
    failed = [(s.start, s.stop, s.zone, s.step) for s in log.sections if s.failed]
    assert failed == [(9, 13, Zone.STEP, "Run make")]
    assert log.sections[-1].zone is Zone.CLEANUP


@given(st.binary(max_size=2000))
def test_any_bytes_give_lines_whose_numbers_never_fall(data: bytes) -> None:
    try:
        log = read_log(data)
    except InputError:
        return
    numbers = [log.number(index) for index in range(len(log))]
    assert numbers == sorted(numbers)
    assert numbers[0] == 1
    assert isinstance(log.starts, array)
    assert [s.start for s in log.sections] == [0, *[s.stop for s in log.sections][:-1]]
    assert log.sections[-1].stop == len(log)


@given(st.lists(st.text(alphabet=st.characters(blacklist_categories=["Cs"]), max_size=40), min_size=1, max_size=30))
def test_lines_count_as_an_editor_counts_them(lines: list[str]) -> None:
    clean = [line.replace("\r", "").replace("\n", "") + "x" for line in lines]
    try:
        log = read_log("\n".join(clean).encode())
    except InputError:
        return
    assert log.line_count == len(clean)
