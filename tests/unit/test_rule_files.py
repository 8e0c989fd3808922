"""Strict loading: every fault at once, each with its place and what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from coo.adapters.rule_files import load_catalog, read_rule, read_rules
from coo.adapters.strict_yaml import load_yaml
from coo.core.errors import InputError, InvalidFiles

GOOD = """\
id: my-rule
title: It broke
category: test_failure
subtype: my-rule
status: experimental
kind: cause
severity: major
confidence: high
owner: CTO
transient: false
description: Something that tells what happened.
remediation: Do what is needed.
match:
  any: ['boom']
references: ['https://example.com/docs']
examples:
  positive: [{name: fires, log: "boom"}]
  negative: [{name: quiet, log: "calm"}]
"""


def write(folder: Path, name: str, text: str) -> Path:
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_a_good_rule_loads(tmp_path: Path) -> None:
    rule, problems = read_rule(write(tmp_path, "my-rule.yml", GOOD))
    assert problems == []
    assert rule is not None
    assert rule.match.any == ("boom",)


@pytest.mark.parametrize(
    ("change", "line", "code", "words"),
    [
        (("kind: cause", "kind: casue"), 6, "schema", "did you mean 'cause'?"),
        (("transient: false", "transient: no"), 10, "schema", "write true or false"),
        (("['boom']", "['bo(om']"), 14, "regex", "does not compile"),
        (("['boom']", "['x*']"), 14, "regex-empty", "matches the empty line"),
        (("title: It broke", "title: It broke\ntitle: Again"), 3, "duplicate-key", "stands here again"),
        (("owner: CTO", "owner: CTO\nremedation: x"), 10, "schema", "did you mean 'remediation'?"),
        (("id: my-rule", "id: other"), 1, "id-not-file-name", "name the file other.yml"),
        (("references: ['https://example.com/docs']", "references: []"), 15, "schema", "https:// link"),
        (("subtype: my-rule", "subtype: &a my-rule"), 4, None, ""),
        (("  any: ['boom']", "  none: ['boom']"), 13, "schema", "'any' or 'all'"),
        (("severity: major", "severity: !!str major"), 7, None, ""),
        (("owner: CTO", "owner: [CTO"), None, "yaml-syntax", ""),
    ],
)
def test_each_fault_has_a_place_and_a_help(
    tmp_path: Path, change: tuple[str, str], line: int | None, code: str | None, words: str
) -> None:
    rule, problems = read_rule(write(tmp_path, "my-rule.yml", GOOD.replace(*change)))
    if code is None:  # anchors without an alias and explicit core tags say nothing wrong
        assert rule is not None
        return
    assert rule is None
    assert [p.code for p in problems] == [code]
    assert line is None or problems[0].line == line
    assert words in str(problems[0])


def test_all_faults_of_all_files_come_at_once(tmp_path: Path) -> None:
    write(tmp_path, "my-rule.yml", GOOD.replace("kind: cause", "kind: x").replace("owner: CTO", "owner: x"))
    write(tmp_path, "deep/other.yml", GOOD.replace("id: my-rule", "id: other\nsupersedes: [nobody]"))
    with pytest.raises(InvalidFiles) as caught:
        load_catalog([tmp_path])
    assert sorted(problem.code for problem in caught.value.problems) == ["schema", "schema", "unknown-rule"]
    assert all(problem.line >= 1 and problem.col >= 1 for problem in caught.value.problems)


def test_rules_that_supersede_each_other_are_a_fault(tmp_path: Path) -> None:
    for name, other in (("my-rule", "your-rule"), ("your-rule", "my-rule")):
        write(tmp_path, f"{name}.yml", GOOD.replace("id: my-rule", f"id: {name}\nsupersedes: [{other}]"))
    with pytest.raises(InvalidFiles) as caught:
        load_catalog([tmp_path])
    assert {problem.code for problem in caught.value.problems} == {"supersedes-each-other"}


def test_an_id_that_is_taken_is_said(tmp_path: Path) -> None:
    taken = load_catalog().rules[0].id
    write(tmp_path, f"{taken}.yml", GOOD.replace("my-rule", taken))
    with pytest.raises(InvalidFiles, match="is also in"):
        load_catalog([tmp_path])


def test_folders_that_hold_no_rules_are_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not a folder"):
        read_rules(tmp_path / "missing", full=True)
    with pytest.raises(InputError, match="no rule files"):
        read_rules(tmp_path, full=True)


def test_a_rule_that_is_not_utf8_or_not_a_mapping(tmp_path: Path) -> None:
    path = tmp_path / "x.yml"
    path.write_bytes(b"\xff\xfe\x00")
    assert [p.code for p in read_rule(path)[1]] == ["not-utf8"]
    path.write_text("- a\n- b\n")
    assert [p.code for p in read_rule(path)[1]] == ["schema"]
    path.write_text("")
    assert [p.code for p in read_rule(path)[1]] == ["yaml-empty"]


def test_yaml_means_what_it_looks_like() -> None:
    document, problems = load_yaml(
        "on: no\ntime: 12:30\ndate: 2026-11-22\noctal: 010\nnum: 5\nfloat: 1.5\nyes: true\nnothing: null\n", "x.yml"
    )
    assert problems == []
    assert document is not None
    assert document.data == {
        "on": "no", "time": "12:30", "date": "2026-11-22", "octal": "010", "num": 5, "float": 1.5, "yes": True,
        "nothing": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a: &x [1]\nb: *x\n", "yaml-alias"),
        ("base: {a: 1}\nmore:\n  <<: {b: 2}\n", "yaml-merge"),
        ("a: !!python/object:os.system x\n", "yaml-tag"),
        ("[1]: x\n", "yaml-key"),
    ],
)
def test_what_json_does_not_have_is_refused(text: str, code: str) -> None:
    assert code in [problem.code for problem in load_yaml(text, "x.yml")[1]]


def test_a_yaml_bomb_is_an_error_at_once() -> None:
    pairs = zip("abcdefghij", "bcdefghijk", strict=True)
    bomb = "a: &a [x,x]\n" + "".join(f"{c}: &{c} [*{p},*{p}]\n" for p, c in pairs)
    assert "yaml-alias" in {problem.code for problem in load_yaml(bomb, "x.yml")[1]}
    deep = "[" * 5000 + "]" * 5000
    assert load_yaml(deep, "x.yml")[1]
