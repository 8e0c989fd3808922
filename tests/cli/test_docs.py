"""The pages about the command line say what the program does, and every error says what to do next."""

from __future__ import annotations

import ast
import re
import subprocess
import sys

from coo.core.errors import Exit
from tests.cli.conftest import ROOT, environment

ERRORS = {"CooError", "InputError", "NothingToTriage", "AuthError", "RemoteError"}


def test_every_exit_code_has_its_line() -> None:
    page = (ROOT / "docs/exit-codes.md").read_text()
    told = {int(code): name for code, name in re.findall(r"^\| (\d+) \| `([A-Z]+)` \| \S", page, re.M)}
    assert told == {int(code): code.name for code in Exit}


def test_the_page_of_commands_is_what_the_program_says() -> None:
    command = [sys.executable, str(ROOT / "docs/generate_cli.py"), "--check"]
    env = environment(FORCE_COLOR="1", COLUMNS="40", GITHUB_ACTIONS="true")
    done = subprocess.run(command, capture_output=True, text=True, env=env, timeout=60, cwd=ROOT)
    assert (done.returncode, done.stderr) == (0, "")


def test_the_page_of_commands_names_each_of_them() -> None:
    page = (ROOT / "docs/cli.md").read_text()
    for command in ("classify", "triage", "fetch", "due", "excerpt", "explain", "rules list",
                    "rules check", "rules test",
                    "rules stats", "rules eval", "rules docs", "rules lock",
                    "playbook check", "playbook simulate", "config show", "incidents list", "incidents show",
                    "incidents export"):  # fmt: skip
        assert f"\n## `coo {command}`\n" in page


def test_every_error_says_what_to_do_next() -> None:
    missing = []
    made = 0
    for path in sorted((ROOT / "coo").rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ERRORS:
                made += 1
                if len(node.args) < 3 and not any(keyword.arg == "help" for keyword in node.keywords):
                    missing.append(f"{path.relative_to(ROOT)}:{node.lineno}")
    assert made > 40
    assert missing == []
