"""Arbitration: one winner, and why."""

from __future__ import annotations

from typing import Any

from coo.core.catalog import Catalog, Rule
from coo.core.classify import classify, gravest, unknown
from coo.core.engine import Engine
from coo.core.logs import read_log
from coo.core.model import Category, Classification, Confidence, Severity, Source
from tests.unit.test_engine import rule

EXIT = "##[error]Process completed with exit code 1.\n"


def step(name: str, body: str, failed: bool = False) -> str:
    return f"##[group]Run {name}\n{name}\n##[endgroup]\n{body}\n" + (EXIT if failed else "")


def verdict(*rules: Rule, text: str, failed_steps: tuple[str, ...] = ()) -> Classification:
    return classify(Engine(Catalog(rules)), read_log(text.encode()), failed_steps)[0]


def made(id: str, word: str, category: str = "test_failure", **fields: Any) -> Rule:
    return rule(id, match={"any": [word]}, category=category, **fields)


def why(result: Classification) -> dict[str, str]:
    return {also.rule_id: also.lost_because for also in result.also_matched}


def test_a_cause_beats_a_symptom_beats_a_generic() -> None:
    rules = (made("c", "cause"), made("s", "symptom", kind="symptom"), made("g", "exit code", kind="generic"))
    text = step("x", "cause\nsymptom", failed=True)
    assert verdict(*rules, text=text).rule_id == "c"
    assert why(verdict(*rules, text=text)) == {"s": "symptom", "g": "generic: says only that something failed"}
    assert verdict(*rules, text=step("x", "symptom", failed=True)).rule_id == "s"


def test_a_generic_alone_decides_nothing() -> None:
    result = verdict(made("g", "exit code", kind="generic"), text=step("x", "?", failed=True))
    assert (result.category, result.source, result.confidence) == (Category.UNKNOWN, Source.NONE, Confidence.LOW)
    assert result.evidence[0].text.startswith("##[error]")


def test_the_failed_step_beats_other_steps() -> None:
    rules = (made("early", "alpha", "infrastructure"), made("late", "beta", kind="symptom"))
    text = step("one", "alpha") + step("two", "beta", failed=True)
    result = verdict(*rules, text=text)
    assert result.rule_id == "late"
    assert why(result) == {"early": "stands outside the failed step"}


def test_what_stands_outside_the_failed_step_is_less_sure() -> None:
    text = step("one", "alpha") + step("two", "?", failed=True)
    result = verdict(made("early", "alpha"), text=text)
    assert (result.rule_id, result.confidence) == ("early", Confidence.MEDIUM)


def test_a_symptom_outside_the_failed_step_decides_nothing() -> None:
    text = step("one", "alpha") + step("two", "?", failed=True)
    result = verdict(made("early", "alpha", kind="symptom"), text=text)
    assert result.source is Source.NONE
    assert why(result) == {"early": "a symptom outside the failed step"}


def test_the_jobs_api_says_which_step_failed() -> None:
    rules = (made("a", "alpha"), made("b", "beta", "infrastructure"))
    text = step("one", "alpha") + step("two", "beta", failed=True)
    assert verdict(*rules, text=text, failed_steps=("Run one",)).rule_id == "a"


def test_echoed_scripts_and_clean_up_decide_nothing() -> None:
    text = "##[group]Run echo boom\necho boom\n##[endgroup]\nfine\n" + EXIT + "Post job cleanup.\nboom\n"
    result = verdict(rule(), text=text)
    assert result.source is Source.NONE
    assert "echoed script" in why(result)["r"] or "clean-up" in why(result)["r"]


def test_a_rule_beats_those_it_supersedes_also_through_another() -> None:
    rules = (
        made("top", "alpha", supersedes=["middle"]),
        made("middle", "never", supersedes=["low"]),
        made("low", "beta", "infrastructure"),
    )
    result = verdict(*rules, text="alpha\nbeta\n")
    assert result.rule_id == "top"
    assert why(result) == {"low": "superseded by top"}


def test_among_equals_of_one_category_the_nearest_to_the_end_wins() -> None:
    result = verdict(made("a", "alpha"), made("b", "beta"), text="alpha\n.\nbeta\n.\n")
    assert result.rule_id == "b"
    assert why(result) == {"a": "farther from the end of the failed step"}


def test_equals_of_two_categories_side_by_side_are_ambiguous() -> None:
    result = verdict(made("a", "alpha"), made("b", "beta", "infrastructure"), text="alpha\nbeta\n")
    assert result.ambiguous
    assert (result.category, result.source, set(result.candidates)) == (Category.UNKNOWN, Source.NONE, {"a", "b"})
    assert len(result.evidence) == 2


def test_equals_far_apart_are_decided_by_nearness() -> None:
    text = "alpha\n" + ".\n" * 100 + "beta\n"
    result = verdict(made("a", "alpha"), made("b", "beta", "infrastructure"), text=text)
    assert (result.rule_id, result.ambiguous) == ("b", False)


def test_the_surer_rule_wins_over_an_equal() -> None:
    rules = (made("a", "alpha"), made("b", "beta", "infrastructure", confidence="medium"))
    result = verdict(*rules, text="alpha\nbeta\n")
    assert result.rule_id == "a"
    assert why(result) == {"b": "less sure: medium against high"}


def test_the_first_error_of_a_cascade_is_the_evidence() -> None:
    result = verdict(rule(), text="boom early\n" + ".\n" * 50 + "boom 1\nboom 2\nboom 3\n")
    assert [e.text for e in result.evidence] == ["boom 1", "boom early", "boom 2", "boom 3"]
    assert result.evidence[0].line == 52


def test_a_job_that_passed_decides_nothing() -> None:
    text = "Current runner version: '2'\n" + step("x", "boom") + "Post job cleanup.\nCleaning up orphan processes\n"
    result = verdict(rule(), text=text)
    assert (result.source, result.subtype) == (Source.NONE, "nothing-failed")
    assert why(result) == {"r": "no step of this job failed"}
    assert verdict(rule(), text=text, failed_steps=("Run x",)).rule_id == "r"


def test_the_gravest_of_several_jobs() -> None:
    stamp = "2026-11-22T10:00:00.1234567Z "
    rules = (made("a", "alpha", severity="minor"), made("b", "beta", "security_scan", severity="critical"))
    text = "".join(
        f"{job}\tstep\t{stamp}{line}\n"
        for job, line in (("one", "alpha"), ("one", EXIT.strip()), ("two", "beta"), ("two", EXIT.strip()))
    )
    result = verdict(*rules, text=text)
    assert (result.rule_id, result.evidence[0].job) == ("b", "two")


def test_jobs_that_did_not_fail_do_not_count() -> None:
    stamp = "2026-11-22T10:00:00.1234567Z "
    text = f"ok\tstep\t{stamp}beta\nbad\tstep\t{stamp}alpha\nbad\tstep\t{stamp}{EXIT}"
    rules = (made("a", "alpha", severity="minor"), made("b", "beta", severity="critical"))
    assert verdict(*rules, text=text).rule_id == "a"


def test_gravest_prefers_what_was_decided() -> None:
    assert gravest([]).category is Category.UNKNOWN
    decided = verdict(made("a", "alpha", severity="minor"), text="alpha")
    assert gravest([unknown(()), decided]) is decided
    assert decided.severity is Severity.MINOR


def test_fingerprints_tell_failures_apart_and_runs_not() -> None:
    def one(text: str) -> str:
        return verdict(rule(match={"any": ["boom"]}), text=text).fingerprint

    assert one("boom at /home/a/x.py:12 in 3.2s") == one("boom at /srv/b/x.py:99 in 14s")
    assert one("boom in parser") != one("boom in lexer")
    assert verdict(rule(), text="nothing here").fingerprint != verdict(rule(), text="other words").fingerprint


def test_redaction_reaches_evidence_and_captures() -> None:
    made_rule = rule(captures={"word": r"boom (?P<word>\S+)"})
    log = read_log(b"boom hunter2\n")
    result = classify(Engine(Catalog([made_rule])), log, redact=lambda text: text.replace("hunter2", "[x]"))[0]
    assert result.evidence[0].text == "boom [x]"
    assert result.summary == "It broke: [x]"


def test_where_one_rule_decided_in_several_jobs_the_last_speaks() -> None:
    stamp = "2026-11-22T10:00:00.1234567Z "
    text = "".join(f"{job}\tstep\t{stamp}{line}\n" for job in ("one", "two") for line in ("boom", EXIT.strip()))
    assert verdict(rule(), text=text).evidence[0].job == "two"


def test_a_closing_line_decides_and_the_line_before_names_what_failed() -> None:
    closing = rule(match={"any": ["^boom in", "^it boomed"]}, captures={"where": "boom in (?P<where>[a-z]+)"})

    def one(where: str) -> Classification:
        return verdict(closing, text=f"boom in {where}\n" + ".\n" * 20 + "it boomed\n")

    assert [e.text for e in one("cellar").evidence] == ["it boomed", "boom in cellar"]
    assert one("cellar").captures == {"where": "cellar"}
    assert one("cellar").fingerprint != one("attic").fingerprint
