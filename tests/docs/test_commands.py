"""Commands in the documents exist, and what the documents show of their output is what they print."""

from __future__ import annotations

import importlib.util
import re
import shlex
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import typer

from coo.cli.main import app, run
from tests.docs.pages import DOCUMENTS, ROOT, Block, blocks, first_column

SHELL = [block for block in blocks() if block.language in ("sh", "bash", "console")]
SHOWN = [block for block in blocks() if block.said and block.said[0] == "output"]
QUIET = {"COLUMNS": "80", "NO_COLOR": "1"}
_ENVIRONMENT = ("GITHUB_", "OPENAI_", "COO_", "FORCE_COLOR")
_TIMES = ((re.compile(r"failed .+ ago\b"), "failed some time ago"), (re.compile(r"\d+(?:\.\d+)? s$"), "0.0 s"))


def coo_commands(block: Block) -> list[list[str]]:
    """The calls of coo in a block of shell."""
    parts = [part for line in block.text.splitlines() for part in re.split(r"\s*(?:&&|\|)\s*", line)]
    words = [shlex.split(part, comments=True) for part in parts]
    return [word[1:] for word in words if word and word[0].rpartition("/")[2] == "coo"]


CALLS = [(block.name, call) for block in SHELL for call in coo_commands(block)]


@pytest.mark.parametrize(("where", "call"), CALLS, ids=lambda value: value if isinstance(value, str) else value[0])
def test_commands_and_options_exist(where: str, call: list[str]) -> None:
    command: Any = typer.main.get_command(app)
    words = list(call)
    while hasattr(command, "commands"):
        assert words, f"{where}: a command is missing"
        if words[0].startswith("-"):
            break
        assert words[0] in command.commands, f"{where}: coo {words[0]}"
        command = command.commands[words.pop(0)]
    known = {name for option in command.params for name in (*option.opts, *option.secondary_opts)} | {"-h", "--help"}
    given = {word.partition("=")[0] for word in words if word.startswith("-") and word != "-"}
    assert given <= known, where


def checks() -> ModuleType:
    spec = importlib.util.spec_from_file_location("coo_ci_check", ROOT / ".ci" / "check.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_checks_are_those_that_there_are() -> None:
    known = set(checks().CHECKS)
    assert set(first_column(ROOT / "CONTRIBUTING.md", "check")) == known
    calls = [line.split() for block in SHELL for line in block.text.splitlines() if ".ci/check.py" in line]
    assert ["python3", ".ci/check.py"] in calls
    assert {word for call in calls for word in call[2:]} - {"--fast"} <= known


def test_the_readme_has_the_two_commands() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert (
        "\npython3 -m venv .venv && .venv/bin/pip install -q --require-hashes -r requirements.lock"
        " && .venv/bin/pip install -q --no-deps . && .venv/bin/coo triage fixtures/runs/push-rejected\n"
    ) in text
    assert "\npython3 .ci/check.py\n" in text
    assert "python3 .ci/check.py" in (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert [block.said[1] for block in SHOWN if block.said and block.page.name == "README.md"] == [
        "coo triage fixtures/runs/push-rejected"
    ]


def without_times(text: str) -> str:
    """Output with what changes from day to day made the same."""
    for pattern, same in _TIMES:
        text = "\n".join(pattern.sub(same, line) for line in text.splitlines())
    return text


@pytest.mark.parametrize("block", SHOWN, ids=lambda block: block.name.replace("/", "--"))
def test_shown_output_is_current(
    block: Block, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], request: pytest.FixtureRequest
) -> None:
    """`--snapshot-update` writes the output into the document instead."""
    assert block.said is not None
    words = shlex.split(block.said[1])
    alone(monkeypatch)
    assert words[0] == "coo"
    assert run(words[1:]) == 0
    printed = capsys.readouterr().out
    if request.config.getoption("update_snapshots", False):
        rewrite(block, printed)
        return
    assert without_times(printed) == without_times(block.text), f"{block.name}: see CONTRIBUTING.md, Documents"


def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """As a reader runs it: in the repository, without keys, on a page of 80 columns."""
    import os

    monkeypatch.chdir(ROOT)
    for name in list(os.environ):
        if name.startswith(_ENVIRONMENT):
            monkeypatch.delenv(name)
    for name, value in (QUIET | {"COO_LEDGER_URL": "none"}).items():
        monkeypatch.setenv(name, value)


def rewrite(block: Block, printed: str) -> None:
    """Put the output into the document, if more than the times has changed."""
    if without_times(printed) == without_times(block.text):
        return
    assert block.said is not None
    text = block.page.read_text(encoding="utf-8")
    head = f"<!-- output: {block.said[1]} -->\n```{block.language}\n"
    old = f"{head}{block.text}```\n"
    assert text.count(old) == 1, block.name
    block.page.write_text(text.replace(old, f"{head}{printed.rstrip()}\n```\n"), encoding="utf-8")


def test_times_are_the_only_difference_that_is_passed_over() -> None:
    told = "  failed 5 days ago\n1 failed job: 1 by rule, 0 by model · $0.0000 · 0.3 s"
    later = "  failed 2 weeks ago\n1 failed job: 1 by rule, 0 by model · $0.0000 · 1.2 s"
    assert without_times(told) == without_times(later)
    assert without_times(told) != without_times(told.replace("1 by rule", "0 by rule"))


def test_pages_are_found() -> None:
    assert {Path("README.md"), Path("docs/rule-format.md")} <= {page.relative_to(ROOT) for page in DOCUMENTS}
    assert len(CALLS) > 10
    assert len(SHOWN) >= 3
