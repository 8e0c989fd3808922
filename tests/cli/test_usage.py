"""Command lines, configurations, rules and playbooks with faults: what is wrong, where, and what to do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import NPM, Coo

RULE = """\
id: {id}
title: A test of ours failed
category: test_failure
subtype: our-test
status: experimental
kind: cause
severity: major
confidence: high
owner: CTO
transient: false
description: |
  The test that guards the price of every item in the shop has failed.
remediation: |
  Read what it compared with what, and mend the code that it guards.
match:
  any: ['{pattern}']
references: ['https://ci.example/docs']
examples:
  positive: [{{name: one, log: "{example}"}}]
  negative: [{{name: none, log: "all is well"}}]
"""


def write(path: str, text: str | bytes) -> str:
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    Path(path).write_bytes(text.encode() if isinstance(text, str) else text)
    return path


@pytest.mark.parametrize(
    ("args", "told"),
    [
        (["clasify"], "did you mean 'classify'"),
        (["classify", "--formt", "json"], "--format"),
        (["classify", "x.log", "--format"], "--format"),
        (["excerpt", "--max-chars", "many"], "--max-chars"),
        (["excerpt", "--max-chars", "3"], "--max-chars"),
        (["excerpt", "a", "b"], "b"),
        (["explain"], "RULE"),
        (["rules", "chek"], "did you mean 'check'"),
        (["--no-such"], "--no-such"),
        (["classify\x1b[31m\n::set-output name=a::b"], "no such command"),
    ],
)
def test_a_wrong_command_line(coo: Coo, args: list[str], told: str) -> None:
    done = coo(*args).refused(2, "usage")
    assert told.lower() in done.err.lower()
    assert "--help` shows" in done.err
    assert done.out == ""


@pytest.mark.parametrize("group", ["", "rules", "playbook", "config"])
def test_no_arguments_show_the_commands(coo: Coo, group: str) -> None:
    done = coo(*group.split()).refused(2, "usage")
    assert "Commands" in done.out
    assert "needs a command" in done.err


@pytest.mark.parametrize(
    ("args", "code", "told"),
    [
        (["classify", "x", "--format", "jsn"], "bad-choice", "did you mean json"),
        (["classify", "x", "--format", "zzz"], "bad-choice", "text, json, jsonl, markdown, sarif, github"),
        (["triage", "a/b/1", "--format", "yaml"], "bad-choice", "text, json, jsonl, markdown, sarif, github"),
        (["triage", "a/b/1", "--mode", "remedy"], "bad-choice", "did you mean remediate"),
        (["triage", "a/b/1", "--mode", "report", "--act"], "act-and-mode", "give one of the two"),
        (["triage", "a/b/1", "--event", "x"], "two-targets", "give one of the two"),
        (["triage", "a/b/1", "--playbook", "defalt"], "no-playbook", "did you mean default"),
        (["playbook", "check", "x" * 5000], "no-playbook", "give a file"),
        (["fetch", "a/b/1"], "no-output", "-o DIR"),
        (["explain", "npm-eresolv"], "no-such-rule", "did you mean npm-eresolve"),
        (["explain", "\x1b[2Jevil\n::add-mask::x"], "no-such-rule", "coo rules list"),
        (["rules", "test", "npm-eresolv"], "no-such-rule", "did you mean npm-eresolve"),
        (["rules", "list", "--category", "authentification"], "bad-choice", "did you mean authentication"),
        (["rules", "list", "--format", "yaml"], "bad-choice", "text, json"),
        (["rules", "check", "missing"], "no-such-file", "missing"),
        (["config", "show", "--format", "yaml"], "bad-choice", "text, json"),
    ],
)
def test_a_choice_that_there_is_not(coo: Coo, args: list[str], code: str, told: str) -> None:
    assert told in coo(*args).refused(2, code).err


CONFIGURATIONS: dict[str, tuple[str | bytes, str, list[str]]] = {
    "syntax": ("model: [a\n b: c", "invalid-configuration", [":2:3: error[yaml-syntax]"]),
    "unknown-key": ("modle: x\n", "invalid-configuration", [":1:1: error[schema]", "did you mean 'model'?"]),
    "wrong-types": (
        "base-url: 3\nllm: perhaps\nmax-usd-per-run: -1\ngithub-timeout: soon\n",
        "invalid-configuration",
        [":1:1: error[schema]: base-url", ":2:1: error[schema]: llm", ":3:1:", ":4:1:", "4 problems"],
    ),
    "twice": ("model: a\nmodel: b\n", "invalid-configuration", [":2:1: error[duplicate-key]"]),
    "list": ("- a\n", "invalid-configuration", ["is not of type 'object'"]),
    "empty": ("", "invalid-configuration", ["the file is empty"]),
    "alias": ("&a [*a]\n", "invalid-configuration", ["anchors and aliases"]),
    "deep": ("[" * 5000, "invalid-configuration", ["error["]),
    "latin-1": (b"model: caf\xe9\n", "no-config", ["not UTF-8"]),
    "secret": ("token: abc\n", "invalid-configuration", ["'token' is not a known field"]),
    "no-such-rules": ("rules: [nowhere]\n", "no-such-folder", ["nowhere"]),
}


@pytest.mark.parametrize("case", CONFIGURATIONS)
@pytest.mark.parametrize("way", ["--config", "COO_CONFIG", "coo.yml"])
def test_a_broken_configuration(coo: Coo, case: str, way: str) -> None:
    text, code, told = CONFIGURATIONS[case]
    path = write("coo.yml" if way == "coo.yml" else "own/settings.yml", text)
    write("a.log", NPM)
    options = ["--config", path] if way == "--config" else []
    env = {"COO_CONFIG": path} if way == "COO_CONFIG" else {}
    done = coo("classify", "a.log", *options, **env).refused(2, code)
    for words in told:
        assert words in done.err
    assert done.out == ""


@pytest.mark.parametrize("path", ["missing.yml", ".", "x" * 5000])
def test_a_configuration_that_is_not_there(coo: Coo, path: str) -> None:
    coo("config", "show", "--config", path).refused(2, "no-config")
    coo("config", "show", COO_CONFIG=path).refused(2, "no-config")


def test_a_folder_of_broken_rules_tells_every_fault_at_once(coo: Coo) -> None:
    write("own/a.yml", RULE.format(id="other-name", pattern="boom(", example="boom"))
    write("own/b.yml", "id: b\nid: b\nkind: [unclosed\n")
    write("own/c.yml", b"\xff\xfe\xfa")
    write("own/d.yml", "")
    write("own/e.yml", RULE.format(id="e", pattern=".*", example="boom").replace("kind: cause", "kind: caus"))
    write("a.log", NPM)
    faults = [
        "own/a.yml:1:1: error[id-not-file-name]", "own/a.yml:16:", "error[regex]", "own/b.yml:", "error[yaml-syntax]",
        "own/c.yml:1:1: error[not-utf8]", "own/d.yml:1:1: error[yaml-empty]", "error[regex-empty]",
        "did you mean 'cause'?",
    ]  # fmt: skip
    for args in (["classify", "a.log"], ["rules", "list"]):
        done = coo(*args, "--rules", "own").refused(2, "invalid-rules")
        assert [fault for fault in faults if fault not in done.err] == []
        assert done.out == ""
    checked = coo("rules", "check", "own").harmless()
    assert checked.code == 1
    assert [fault for fault in faults if fault not in checked.out] == []
    annotated = coo("rules", "check", "own", "--format", "github").harmless()
    assert annotated.code == 1
    assert all(line.startswith("::error file=own/") for line in annotated.out.splitlines())


def test_a_rule_whose_example_does_not_hold(coo: Coo) -> None:
    write("own/never.yml", RULE.format(id="never", pattern="this stands nowhere", example="boom"))
    done = coo("rules", "test", "never", "--rules", "own").harmless()
    assert done.code == 1
    assert "own/never.yml: error[example]" in done.out
    assert "1 failed" in done.err


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("id: x\n  plays: [\n", "error[yaml-syntax]"),
        ("id: x\nlimits: {}\nplays: []\nextra: 1\n", "'extra' is not a known field"),
        ("", "error[yaml-empty]"),
        ("- a\n", "is not of type 'object'"),
    ],
)
def test_a_broken_playbook(coo: Coo, text: str, told: str) -> None:
    write("mine.yml", text)
    checked = coo("playbook", "check", "mine.yml").refused(2, "invalid-playbook")
    assert told in checked.out
    used = coo("triage", "a/b/1", "--playbook", "mine.yml").refused(2, "invalid-playbook")
    assert told in used.err
    assert used.out == ""


def test_a_playbook_that_is_not_text(coo: Coo) -> None:
    write("mine.yml", b"\xff\xfe\xfa")
    coo("playbook", "check", "mine.yml").refused(2, "playbook-unreadable")
    coo("playbook", "check", ".").refused(2, "no-playbook")


def test_config_show_tells_where_each_setting_came_from(coo: Coo) -> None:
    write("coo.yml", "model: from-file\nplaybook: report-only\nllm: false\nrules: [own]\ngithub-timeout: 7\n")
    done = coo(
        "config", "show", "--format", "json",
        COO_MODEL="from-environment", GITHUB_TOKEN="ghs_" + "a1B2" * 9, OPENAI_BASE_URL="https://model.example/v1",
    )  # fmt: skip
    shown = json.loads(done.out)
    assert shown["model"] == {"value": "from-environment", "source": "$COO_MODEL"}
    assert shown["playbook"] == {"value": "report-only", "source": "coo.yml"}
    assert shown["llm"] == {"value": False, "source": "coo.yml"}
    assert shown["rules"] == {"value": ["own"], "source": "coo.yml"}
    assert shown["github-timeout"] == {"value": 7, "source": "coo.yml"}
    assert shown["max-usd-per-run"]["source"] == "default"
    assert shown["token"] == {"value": "set", "source": "$GITHUB_TOKEN"}
    assert shown["openai-key"] == {"value": "not set", "source": "default"}
    text = coo("config", "show").out
    assert len(text.splitlines()) == len(shown)
    assert "($COO_MODEL)" in text and "(coo.yml)" in text and "(default)" in text
    assert "a1B2" not in done.out + text


ENVIRONMENT_ONLY = {"api-url", "token", "openai-key", "slack-url", "webhook-url", "webhook-secret"}


def test_every_setting_of_the_schema_can_be_set_and_is_shown(coo: Coo) -> None:
    schema = json.loads((Path(__file__).parents[2] / "coo/schemas/config.schema.json").read_text())
    shown = json.loads(coo("config", "show", "--format", "json").out)
    assert set(schema["properties"]) <= set(shown)
    assert set(shown) - set(schema["properties"]) == ENVIRONMENT_ONLY


def test_a_rule_without_a_status_is_not_taken_for_a_deprecated_one(coo: Coo) -> None:
    write("own/one.yml", RULE.format(id="one", pattern="boom", example="boom").replace("status: experimental\n", ""))
    done = coo("rules", "check", "own")
    assert done.code == 1
    assert "'status' is a required property" in done.out
    assert "replaced_by" not in done.out
