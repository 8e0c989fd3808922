"""`coo rules lock`: a rule that decides otherwise must be looked at again, and none may vanish."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from coo.adapters.resources import resource_dir
from coo.adapters.rule_files import load_catalog
from coo.adapters.rule_lock import NAME, read_lock
from coo.authoring.lock import lock_faults
from tests.cli.conftest import Coo
from tests.cli.test_usage import RULE

FOLDER = "own/test_failure"


def rule(name: str = "our-test", pattern: str = "FAILED ours") -> Path:
    path = Path(FOLDER) / f"{name}.yml"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(RULE.format(id=name, pattern=pattern, example=pattern))
    return path


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def locked() -> dict[str, tuple[int, str]]:
    return {
        name: (one["version"], one["changed"])
        for name, one in json.loads(Path("own", NAME).read_text())["rules"].items()
    }


def test_the_bundled_rules_are_those_that_were_locked() -> None:
    """After a change to a rule: `coo rules lock`."""
    catalog = load_catalog()
    path = resource_dir("rules") / NAME
    assert [str(fault) for fault in lock_faults(read_lock(path), [*catalog.rules, *catalog.deprecated], NAME)] == []


def test_a_change_raises_the_version_of_that_rule(coo: Coo) -> None:
    first, _ = rule(), rule("other-test")
    assert coo("rules", "lock", "own", "--date", "2026-01-02").code == 0
    assert locked() == {"our-test": (1, "2026-01-02"), "other-test": (1, "2026-01-02")}
    assert coo("rules", "lock", "own", "--check").code == 0
    change(first, "confidence: high", "confidence: medium")
    done = coo("rules", "lock", "own", "--check")
    assert (done.code, locked()["our-test"]) == (1, (1, "2026-01-02"))
    assert "error[lock-differs]: the rule 'our-test' is not what was locked as version 1 on 2026-01-02" in done.out
    assert "other-test" not in done.out
    assert coo("rules", "lock", "own", "--date", "2026-03-04").code == 0
    assert locked() == {"our-test": (2, "2026-03-04"), "other-test": (1, "2026-01-02")}
    assert coo("rules", "lock", "own", "--check").code == 0


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("title: A test", "title: One test"),
        ("price of every item", "price of each item"),
        ("https://ci.example/docs", "https://ci.example/manual"),
        ("all is well", "all is very well"),
        ("status: experimental", "status: stable"),
    ],
)
def test_words_decide_nothing(coo: Coo, old: str, new: str) -> None:
    path = rule()
    assert coo("rules", "lock", "own").code == 0
    change(path, old, new)
    assert coo("rules", "lock", "own", "--check").code == 0


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("any: ['FAILED ours']", "any: ['FAILED (?:ours)']"),
        ("kind: cause", "kind: symptom"),
        ("transient: false", "transient: true"),
        ("owner: CTO", "owner: COO"),
        ("match:", "supersedes: [other-test]\nmatch:"),
        ("status: experimental", "status: deprecated\nreplaced_by: other-test"),
    ],
)
def test_what_decides_is_locked(coo: Coo, old: str, new: str) -> None:
    path, _ = rule(), rule("other-test")
    assert coo("rules", "lock", "own").code == 0
    change(path, old, new)
    done = coo("rules", "lock", "own", "--check")
    assert (done.code, "lock-differs" in done.out) == (1, True)


def test_a_new_rule_is_not_locked_yet(coo: Coo) -> None:
    rule()
    done = coo("rules", "lock", "own", "--check")
    assert done.code == 1
    assert "error[not-locked]: the rule 'our-test' is not locked" in done.out
    assert not Path("own", NAME).exists()


@pytest.mark.parametrize("options", [[], ["--check"]])
def test_a_locked_rule_may_not_vanish(coo: Coo, options: list[str]) -> None:
    path, _ = rule(), rule("other-test")
    coo("rules", "lock", "own")
    before = Path("own", NAME).read_text()
    path.unlink()
    done = coo("rules", "lock", "own", *options)
    assert done.code == 1
    assert "error[locked-rule-gone]: the rule 'our-test'" in done.out
    assert "status: deprecated" in done.out
    assert Path("own", NAME).read_text() == before


def test_a_deprecated_rule_stays_and_says_what_replaced_it(coo: Coo) -> None:
    path, _ = rule(), rule("other-test")
    coo("rules", "lock", "own")
    change(path, "status: experimental", "status: deprecated\nreplaced_by: other-test")
    assert coo("rules", "lock", "own").code == 0
    assert coo("rules", "lock", "own", "--check").code == 0
    done = coo("explain", "our-test", "--rules", "own")
    assert "Replaced by\n  other-test" in done.out


@pytest.mark.parametrize(
    "text", ["", "[]", '{"version": 2, "rules": {}}', '{"version": 1, "rules": {"a": {"hash": "x"}}}', "\x00"]
)
def test_a_broken_lock_is_no_empty_one(coo: Coo, text: str) -> None:
    rule()
    Path("own", NAME).write_text(text)
    coo("rules", "lock", "own").refused(2, "bad-lock")


def test_a_wrong_date(coo: Coo) -> None:
    rule()
    coo("rules", "lock", "own", "--date", "yesterday").refused(2, "bad-date")
