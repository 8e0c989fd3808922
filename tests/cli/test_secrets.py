"""Secrets in the environment, in addresses and in logs are never shown; hostile text does nothing where it is shown."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from tests.cli.conftest import NPM, Coo, Done
from tests.cli.test_usage import RULE, write
from tests.e2e.world import BRANCH, RUN, STRANGE, job, log, run_on
from tests.support.github_server import GitHubServer
from tests.support.hostile_secrets import KEY_LINES
from tests.support.hostile_secrets import SECRETS as MADE_UP

TOKEN = "ghp_" + "Zx81Qw92Er73Ty64Ui55" + "Op46As37Df28Gh19"
KEY = "sk-" + "proj-Zx81Qw92Er73Ty64Ui55Op46As37Df28Gh19"
PASSWORD = "hunter2-Zx81Qw92"
AWS = "AKIA" + "ZX81QW92ER73TY64"
SECRETS = (TOKEN, KEY, PASSWORD, AWS)
ENV = {
    "GITHUB_TOKEN": TOKEN,
    "OPENAI_API_KEY": KEY,
    "OPENAI_BASE_URL": f"https://me:{PASSWORD}@model.example/v1",
    "GITHUB_API_URL": f"https://me:{PASSWORD}@github.example/api/v3",
}
LEAKY = log(
    "npm ci",
    f"GITHUB_TOKEN={TOKEN}",
    f"npm error code ERESOLVE {TOKEN} OPENAI_API_KEY={KEY}",
    f"npm error fetch https://me:{PASSWORD}@registry.example/react AWS_ACCESS_KEY_ID={AWS}",
)


def clean(done: Done) -> Done:
    """No secret stands in either stream."""
    assert [secret for secret in SECRETS if secret in done.out + done.err] == []
    return done.harmless()


@pytest.mark.parametrize("format", ["text", "json", "jsonl", "markdown", "sarif", "github"])
def test_secrets_in_a_log(coo: Coo, format: str) -> None:
    write("leaky.log", LEAKY)
    done = clean(coo("classify", "leaky.log", "--format", format, "--verbose", **ENV))
    assert done.code == 0
    assert "npm-eresolve" in done.out
    if format in ("text", "jsonl"):
        assert "[redacted" in clean(coo("classify", "leaky.log", "--format", format, "--explain")).out


def test_secrets_in_an_excerpt(coo: Coo) -> None:
    write("leaky.log", LEAKY)
    assert "[redacted" in clean(coo("excerpt", "leaky.log", GITHUB_ACTIONS="true")).out


def test_an_excerpt_moves_no_cursor_and_hides_no_text(coo: Coo) -> None:
    write("evil.log", log("make", "error: one\x08\x08\x9b2J\u202etwo\x1b[2J\x07"))
    done = coo("excerpt", "evil.log")
    assert not re.search(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202e]", done.out), ascii(done.out)
    assert "error: one" in done.out
    assert "##[" not in coo("excerpt", "evil.log", GITHUB_ACTIONS="true").harmless().out


@pytest.mark.parametrize("format", ["text", "json"])
def test_config_show_tells_of_secrets_only_that_they_are_there(coo: Coo, format: str) -> None:
    done = clean(coo("config", "show", "--format", format, **ENV))
    assert "$GITHUB_TOKEN" in done.out and "$OPENAI_API_KEY" in done.out
    assert "model.example" in done.out and "github.example" in done.out


def test_secrets_in_wrong_arguments_and_files(coo: Coo) -> None:
    url = f"https://me:{PASSWORD}@github.com/acme/shop"
    write("bad.yml", f"model: {TOKEN}\ntoken: {TOKEN}\nllm: {TOKEN}\nbase-url: ftp://me:{PASSWORD}@x\n'{TOKEN}': 1\n")
    write("url.yml", f"base-url: https://me:{PASSWORD}@model.example/v1\n")
    write("rules/a.yml", f"id: {TOKEN}\nkind: {TOKEN}\n")
    write("event.json", json.dumps({"workflow_run": {"id": TOKEN}, "repository": {"full_name": f"a/{TOKEN}"}}))
    for args in (
        ["classify", url], ["classify", TOKEN], ["triage", url], ["triage", f"acme/shop/{TOKEN}"], ["explain", TOKEN],
        [TOKEN], ["classify", f"--{TOKEN}"], ["classify", "x", "--format", TOKEN],
        ["triage", "a/b/1", "--playbook", TOKEN], ["triage", "--event", "event.json"],
        ["config", "show", "--config", TOKEN], ["rules", "list", "--rules", TOKEN], ["rules", "check", "rules"],
        ["classify", "x", "--config", "bad.yml"], ["classify", "x", "--rules", "rules"],
        ["triage", "a/b/1", "--verbose", "--model", TOKEN, "--event", TOKEN],
    ):  # fmt: skip
        assert clean(coo(*args)).code in (1, 2), args
    clean(coo("config", "show", "--config", "url.yml"))


def test_a_wrong_api_url_with_a_password(coo: Coo) -> None:
    clean(coo("triage", "a/b/1", GITHUB_API_URL=f"ftp://me:{PASSWORD}@github.example")).refused(2, "wrong-api-url")
    url = f"https://me:{PASSWORD}@github.example:port"
    clean(coo("triage", "a/b/1", GITHUB_API_URL=url)).refused(2, "wrong-api-url")


EVIL = (
    "\x1b[31m\x1b]8;;https://evil.example\x07\u202e##[error]x\r\n"
    "::set-output name=a::b\n::add-mask::c @everyone fixes #1"
)


def test_hostile_names_of_logs(coo: Coo) -> None:
    name = EVIL.replace("/", "_") + ".log"
    write(name, NPM)
    for args in ([name], [name, "missing" + name], [name] * 5, ["."]):
        for form in ("text", "jsonl", "markdown", "github", "sarif"):
            done = coo("classify", *args, "--format", form, "--explain").harmless()
            assert "npm could not resolve" in " ".join(done.out.split()) or form in ("text", "sarif")
            assert done.code == (2 if "missing" in args[-1] else 0)
    coo("excerpt", "missing" + name).refused(2, "no-such-file")


def test_hostile_rules(coo: Coo) -> None:
    text = RULE.format(id="evil", pattern="boom", example="boom")
    write("own/evil.yml", text.replace("A test of ours failed", json.dumps(EVIL)).replace("one, log", "two, log"))
    write("boom.log", "boom\n")
    for args in (
        ["rules", "list", "--rules", "own"], ["explain", "evil", "--rules", "own"], ["rules", "check", "own"],
        ["classify", "boom.log", "--rules", "own", "--explain"], ["rules", "test", "evil", "--rules", "own"],
    ):  # fmt: skip
        coo(*args).harmless()
    broken = text.replace("id: evil", f"id: {json.dumps(EVIL)}").replace("kind: cause", f"kind: {json.dumps(EVIL)}")
    write(f"worse/{EVIL.replace('/', '_')}.yml", broken)
    for args in (
        ["rules", "check", "worse"],
        ["rules", "check", "worse", "--format", "github"],
        ["rules", "list", "--rules", "worse"],
    ):
        assert coo(*args).harmless().code in (1, 2)


def test_hostile_settings(coo: Coo) -> None:
    write("coo.yml", f"model: {json.dumps(EVIL)}\nplaybook: {json.dumps(EVIL)}\nown-workflows: [{json.dumps(EVIL)}]\n")
    assert coo("config", "show").harmless().code == 0
    coo("triage", "a/b/1", "--verbose").refused(2, "no-playbook")
    write("coo.yml", f"model: x\n{json.dumps(EVIL)}: 1\nllm: {json.dumps(EVIL)}\n")
    coo("config", "show").refused(2, "invalid-configuration")


def test_hostile_names_in_a_run(coo: Coo) -> None:
    said = log("make", EVIL.replace("\r\n", " "), f"##[error]{EVIL}", STRANGE.decode().splitlines()[3])
    with GitHubServer(strict=False) as gh:
        repo = gh.repo("acme/shop")
        repo.branch(BRANCH)
        run_on(repo, BRANCH, job(1, EVIL, said), job(2, EVIL + "2", None), workflow=EVIL)
        env = {"GITHUB_API_URL": gh.api_url, "GITHUB_TOKEN": gh.token}
        env |= {"GITHUB_OUTPUT": "out", "GITHUB_STEP_SUMMARY": "sum"}
        for form in ("text", "markdown", "json", "github"):
            done = coo("triage", f"acme/shop/{RUN}", "--format", form, "--verbose", **env).harmless()
            assert done.code == 0
        assert coo("fetch", f"acme/shop/{RUN}", "-o", "saved", **env).harmless().code == 0
        run_on(repo, BRANCH, job(1, EVIL, None), workflow=EVIL)
        coo("triage", f"acme/shop/{RUN}", **env).refused(3, "logs-gone")
        coo("fetch", f"acme/shop/{RUN}", "-o", "saved", **env).refused(3, "logs-gone")
    assert all(re.fullmatch(r"[a-z-]+=[A-Za-z0-9_./:+-]*", line) for line in Path("out").read_text().splitlines())
    assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202e]|^::|##\[", Path("sum").read_text(), re.M)


def test_a_secret_of_every_kind_leaves_nowhere(coo: Coo) -> None:
    """All of them in one run: streams with --verbose, requests, reports, the summary, outputs and the ledger's file."""
    lines = [f"step {kind}: token={secret} failed" for kind, secret in MADE_UP.items() if kind != "private-key"]
    lines += ["-----BEGIN RSA PRIVATE " + "KEY-----", *KEY_LINES, "-----END RSA PRIVATE " + "KEY-----"]
    secrets = [secret for kind, secret in MADE_UP.items() if kind != "private-key"] + KEY_LINES
    with GitHubServer() as gh:
        repo = gh.repo("acme/shop")
        env = {"GITHUB_API_URL": gh.api_url, "GITHUB_TOKEN": gh.token, "GITHUB_OUTPUT": "out"}
        env |= {"GITHUB_STEP_SUMMARY": "sum", "COO_LEDGER_URL": "ledger.db"}
        for number in range(0, len(lines), 4):
            some = lines[number : number + 4]
            errors = [f"src/a.ts({at},1): error TS2322: {line}" for at, line in enumerate(some, 1)]
            run_on(repo, "main", job(1, f"build {some[0]}", log("npx tsc", *some, *errors)), sha="a" * 40)
            repo.runs[RUN] = [replace(repo.runs[RUN][0], attempt=number + 1)]
            form = ("text", "json", "markdown", "github", "sarif", "jsonl")[number // 4 % 6]
            args = ("--act", "--verbose", "--format", form, "--report-dir", "report")
            shown = [coo("triage", f"acme/shop/{RUN}", *args, **env)]
            gh.fault("GET", "/runs/7214", status=403, body={"message": f"denied: {some[0]}"})
            shown.append(coo("triage", f"acme/shop/{RUN}", *args, **env))
            written = [path.read_bytes().decode("utf-8", "replace") for path in Path().rglob("*") if path.is_file()]
            sent = [json.dumps(one.body) for one in gh.requests]
            said = [text for done in shown for text in (done.out, done.err)]
            for text in (*written, *sent, *said):
                assert [secret for secret in secrets if secret in text] == []
            assert [done.code for done in shown] == [0, 4]
        assert repo.issues
