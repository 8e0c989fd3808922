"""Templates of issues: what they may hold, where a fault stands, and that a log's text stays text."""

from __future__ import annotations

from pathlib import Path

import pytest

from coo.adapters.playbook_file import check_playbook
from coo.core.issue_template import BLOCKS, DEFAULT, MAX_TEMPLATE, WORDS, faults, render

EMPTY = dict.fromkeys(BLOCKS, "")
VALUES = {name: f"<{name}>" for name in WORDS}


def test_the_bundled_template_has_every_part_and_no_fault() -> None:
    assert faults(DEFAULT) == []
    assert {line.removeprefix("$") for line in DEFAULT.split()} == set(BLOCKS)


def test_parts_stand_apart_and_empty_ones_leave_nothing() -> None:
    text = "For $owner, ${priority}: $$5\n$cause\n\n## Then\n$steps\n$notes\nbye\n"
    body = render(text, EMPTY | {"cause": "it broke\n", "steps": "1. mend it"}, VALUES)
    assert body == "For <owner>, <priority>: $5\n\nit broke\n\n## Then\n\n1. mend it\n\nbye"


def test_a_value_is_not_read_again() -> None:
    assert render("$cause", EMPTY | {"cause": "$owner ${x} $$"}, VALUES) == "$owner ${x} $$"


def test_an_empty_template_is_the_bundled_one() -> None:
    assert render("", EMPTY | {"steps": "b", "facts": "a"}, VALUES) == "a\n\nb"


@pytest.mark.parametrize(
    ("text", "place", "says"),
    [
        ("ok\n  $owner $ownr", (2, 10), "there is no $ownr"),
        ("$cuase", (1, 1), "there is no $cuase"),
        ("$Owner", (1, 1), "there is no $Owner"),
        ("costs $ 5", (1, 7), "a `$` without a name"),
        ("costs $5", (1, 7), "there is no $5"),
        ("${owner", (1, 1), "a `$` without a name"),
        ("> $cause", (1, 3), "$cause does not stand alone"),
        ("    $cause", (1, 5), "$cause does not stand alone"),
        ("`$cause`", (1, 2), "$cause does not stand alone"),
        ("$cause $steps", (1, 1), "$cause does not stand alone"),
        ("[x]($facts)", (1, 5), "$facts does not stand alone"),
        ("```\n$cause\n```", (1, 1), "a fence"),
        ("- ~~~sh", (1, 3), "a fence"),
        ("> ```", (1, 3), "a fence"),
        ("1. ```", (1, 4), "a fence"),
        ("x\n<pre>\n$cause\n</pre>", (2, 1), "this `<`"),
        ("<!-- coo:fingerprint=0 -->", (1, 1), "this `<`"),
        ("<details open>", (1, 1), "this `<`"),
        ("a <img src=x>", (1, 3), "this `<`"),
        ("x" * (MAX_TEMPLATE + 1), (1, 1), "more than"),
    ],
)
def test_a_fault_is_told_with_its_place_and_a_way_out(text: str, place: tuple[int, int], says: str) -> None:
    first = faults(text)[0]
    assert (first.line, first.column) == place
    assert says in first.message
    assert first.help


@pytest.mark.parametrize("text", ["<details>\n<summary>Log</summary>\n$cause\n</details>", "| $owner | $priority |"])
def test_what_may_stand_around_parts(text: str) -> None:
    assert faults(text) == []


def playbook(tmp_path: Path, escalation: str) -> Path:
    path = tmp_path / "mine.yml"
    path.write_text(f"id: mine\nplays:\n  - {{id: all, do: escalate}}\nescalation: {escalation}\n", encoding="utf-8")
    return path


def test_a_playbook_names_a_template(tmp_path: Path) -> None:
    (tmp_path / "issue.md").write_text("For $owner\n$cause\n", encoding="utf-8")
    path = playbook(tmp_path, "{template: issue.md, reopen-days: 3, close-on-recovery: true}")
    found, problems = check_playbook(path)
    assert problems == []
    assert found is not None
    told = found.escalation
    assert (told.template, told.reopen_days, told.close_on_recovery) == ("For $owner\n$cause\n", 3, True)


def test_a_wrong_name_in_a_template_is_a_fault_of_the_playbook(tmp_path: Path) -> None:
    (tmp_path / "issue.md").write_text("hello\n  $wrong\n", encoding="utf-8")
    _, (problem,) = check_playbook(playbook(tmp_path, "{template: issue.md}"))
    assert str(problem).startswith(f"{tmp_path / 'issue.md'}:2:3: error[wrong-template]: there is no $wrong")


@pytest.mark.parametrize("content", [None, "", " \n"])
def test_a_template_that_is_not_there_is_told_where_it_is_named(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "issue.md").write_text(content, encoding="utf-8")
    _, (problem,) = check_playbook(playbook(tmp_path, "{template: issue.md}"))
    assert (problem.line, problem.code) == (4, "no-template")


@pytest.mark.parametrize("name", ["/etc/passwd", "../x.md", "a/../x.md", "~/x.md", "./x.md", "a//b", "''", "'a\\b'"])
def test_a_template_lies_beside_its_playbook(tmp_path: Path, name: str) -> None:
    _, problems = check_playbook(playbook(tmp_path, f"{{template: {name}}}"))
    assert problems


@pytest.mark.parametrize("value", ["{min: 0}", "{}", "3", "{min: 3, max: 2}", "{least: 3}", "{min: 101}"])
def test_a_count_of_failures_that_cannot_be(tmp_path: Path, value: str) -> None:
    path = tmp_path / "mine.yml"
    when = f"{{failures_in_24h: {value}}}"
    path.write_text(f"id: mine\nplays:\n  - {{id: all, do: escalate, when: {when}}}\n", encoding="utf-8")
    assert check_playbook(path)[1]
