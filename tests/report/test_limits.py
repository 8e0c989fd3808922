"""What does not fit is cut where it can be, and said."""

from __future__ import annotations

from dataclasses import replace

from coo.core.model import Evidence, JobVerdict, Line, Note, Outcome
from coo.report.github import triage_annotations
from coo.report.layout import Page, cells
from coo.report.listing import classify_text
from coo.report.markdown import triage_markdown
from coo.report.text import triage_text
from coo.report.words import ago, duration, note_text
from tests.report.samples import EXAMPLE, JOB, LOGS, NOW, PUSH, PUSH_LINES, RUNNER


def many(count: int, text: str = "x") -> tuple[JobVerdict, ...]:
    lines = tuple(Line(number, text, number - 1) for number in range(1, 10))
    found = replace(RUNNER, evidence=(Evidence(5, text),))
    return tuple(JobVerdict(replace(JOB, id=at, name=f"job-{at}"), found, lines) for at in range(count))


def test_markdown_stays_below_its_limit_and_names_the_jobs_left_out() -> None:
    huge = triage_markdown(replace(EXAMPLE, jobs=many(300, "é" * 1_900)))
    assert len(huge.encode()) <= 900_000
    assert "did not fit here" in huge
    shown = huge.count("\n#### ")
    assert 0 < shown < 200
    assert f"{300 - shown} more failed jobs did not fit here" in huge
    assert f"`job-{shown}` (infrastructure)" in huge
    assert f"and {300 - shown - 100} more" in huge
    assert "### Recommended next steps" in huge
    assert huge.count("```") % 2 == 0


def test_a_small_limit_holds_too() -> None:
    short = triage_markdown(replace(EXAMPLE, jobs=many(40, "é" * 900)), max_bytes=12_000)
    assert len(short.encode()) <= 12_000
    assert "did not fit" in short


def test_annotations_beyond_what_github_shows_are_counted() -> None:
    notes = tuple(Note(f"note-{at}") for at in range(15))
    lines = triage_annotations(replace(EXAMPLE, jobs=many(14), notes=notes)).splitlines()
    errors = [line for line in lines if line.startswith("::error")]
    notices = [line for line in lines if line.startswith("::notice")]
    assert (len(errors), len(notices)) == (10, 10)
    assert "4 more failed jobs not shown here" in notices[0]
    assert "8 more notices not shown here" in notices[1]


def test_the_terminal_names_the_jobs_that_it_does_not_show() -> None:
    out = triage_text(replace(EXAMPLE, jobs=many(25)))
    assert "5 more failed jobs, not shown here: job-20 (infrastructure)" in out


def test_a_long_line_is_cut_at_the_page_and_the_carets_with_it() -> None:
    line = "error: " + "long " * 4_000
    job = JobVerdict(JOB, replace(PUSH, evidence=(Evidence(7, line),)), (Line(7, line, 6),))
    out = triage_text(replace(EXAMPLE, jobs=(job,)), now=NOW).splitlines()
    at = next(at for at, each in enumerate(out) if each.startswith("7 | "))
    assert cells(out[at]) == 80
    assert out[at].endswith("…")
    assert cells(out[at + 1]) == 80


def test_carets_stand_under_wide_characters() -> None:
    line = "##[error]失敗: 漢字"
    job = JobVerdict(JOB, replace(PUSH, evidence=(Evidence(7, line),)), (Line(7, line, 6),))
    out = triage_text(replace(EXAMPLE, jobs=(job,))).splitlines()
    at = next(at for at, each in enumerate(out) if each.startswith("7 | "))
    assert out[at : at + 2] == ["7 | ## [error]失敗: 漢字", "  |           ^^^^^^^^^^"]


def test_cutting_counts_cells() -> None:
    assert Page().cut("漢漢漢漢", 5) == "漢漢…"
    assert Page(unicode=False).cut("abcdefgh", 5) == "ab..."
    assert cells(Page().cut("e\u0301" * 100, 10)) <= 10
    assert len(Page().cut("a" + "\u0301" * 5_000, 10)) <= 41


def test_a_word_is_never_broken_before_two_colons() -> None:
    lines = Page(40).wrap("tests/unit/test_a_long_name_of_a_file.py::test_x " + ":" * 90, "  ", "  ")
    assert "".join(line.strip() for line in lines[:2]).startswith("tests/unit/test_a_long_name_of_a_file.py::test_x")
    assert not any(line.strip().startswith("::") for line in lines)
    assert all(cells(line) <= 40 for line in lines)


def test_many_logs_get_a_line_each() -> None:
    out = classify_text([replace(LOGS[0], name=f"logs/{at}.log", notes=()) for at in range(30)])
    assert len(out.splitlines()) == 62
    assert out.endswith("30 logs: 30 by rule, 0 by model · $0.0000\n")


def test_a_dry_run_that_would_do_nothing_offers_no_flag() -> None:
    nothing = replace(EXAMPLE, outcome=Outcome("dry-run", "", ()))
    assert "dry run: nothing would be done.\n" in triage_text(nothing)
    planned = replace(EXAMPLE, outcome=Outcome("dry-run", "", ("delete a branch", "re-run 1 job")))
    assert "dry run: would delete a branch, re-run 1 job. Pass --act to do it.\n" in triage_text(planned)


def test_a_job_without_evidence_says_so() -> None:
    job = JobVerdict(JOB, replace(PUSH, evidence=()), ())
    assert "No line of the log shows the cause." in triage_markdown(replace(EXAMPLE, jobs=(job,)))
    shown = JobVerdict(JOB, PUSH, PUSH_LINES)
    assert "No line of the log" not in triage_markdown(replace(EXAMPLE, jobs=(shown,)))


def test_times_and_notes_in_words() -> None:
    assert [ago(each) for each in (-5, 59, 60, 7_300, 200_000)] == [
        "just now",
        "just now",
        "1 minute ago",
        "2 hours ago",
        "2 days ago",
    ]
    assert [duration(each) for each in (0.31, 12.4, 200)] == ["0.3 s", "12 s", "3 min 20 s"]
    assert note_text(Note("rules-skipped", 3, "no access")) == "rules skipped (3 times): no access"
