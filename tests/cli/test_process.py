"""What only a process shows: its streams, its pipes, signals, terminal, locale, and what it loads."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from tests.cli.conftest import NPM, Coo, environment, program, start
from tests.e2e.world import RUN, stale_branch


@pytest.fixture(autouse=True)
def log(world: Path) -> None:
    (world / "a.log").write_bytes(NPM)
    (world / "caf\xe9.log").write_bytes("npm error code ERESOLVE caf\xe9 \u2192 \U0001f4a5\n".encode())


def test_results_and_errors_do_not_mix() -> None:
    done = program("classify", "a.log", "missing.log", "--format", "jsonl", "--verbose")
    done.refused(2, "no-such-file")
    assert [json.loads(line)["log"] for line in done.out.splitlines()] == ["a.log", "missing.log"]
    assert " rules, catalogue " in done.err


def test_a_log_from_a_pipe() -> None:
    done = program("classify", "--format", "jsonl", input=NPM)
    assert json.loads(done.out)["log"] == "-"
    assert json.loads(done.out)["classification"]["rule_id"] == "npm-eresolve"


def closed(*args: str, shell: str) -> tuple[int, str, str]:
    """Run the program by a shell with some of its streams closed."""
    line = " ".join([f"exec '{sys.executable}' -m coo", *args, shell])
    done = subprocess.run(["sh", "-c", line], capture_output=True, text=True, env=environment(), timeout=60)
    return done.returncode, done.stdout, done.stderr


def test_standard_input_closed() -> None:
    code, out, err = closed("classify", shell="<&-")
    assert (code, out) == (2, "")
    assert err.startswith("error[no-input]: ")


def test_standard_output_closed_or_full() -> None:
    code, _, err = closed("classify", "a.log", shell=">&-")
    assert (code, err.splitlines()[0]) == (2, "error[no-output]: standard output is closed")
    code, _, err = closed("classify", "a.log", shell=">/dev/full")
    assert code == 2
    assert err.startswith("error[no-output]: the result cannot be written: ")
    assert "Exception ignored" not in err and "Traceback" not in err


def test_standard_error_closed_puts_no_errors_among_the_results() -> None:
    assert closed("classify", "missing.log", shell="2>&-") == (2, "", "")


@pytest.mark.parametrize("args", [["classify", *["a.log"] * 300, "--format", "jsonl"], ["rules", "list"], ["--help"]])
def test_a_reader_that_goes_away_is_no_fault(args: list[str]) -> None:
    read, write = os.pipe()
    os.close(read)
    with start(*args, stdout=write) as process:
        os.close(write)
        _, err = process.communicate(timeout=60)
    assert process.returncode == 0
    assert b"rror" not in err and b"Broken" not in err


def test_only_the_first_line_is_read() -> None:
    with start("rules", "list", "--format", "json") as process:
        assert process.stdout is not None and process.stderr is not None
        assert process.stdout.readline() == b"[\n"
        process.stdout.close()
        err = process.stderr.read()
    assert process.returncode == 0
    assert err == b""


def test_interrupted() -> None:
    with start("classify", "-", "--verbose", stdin=subprocess.PIPE) as process:
        assert process.stderr is not None
        assert b" rules, catalogue " in process.stderr.readline()  # soon it waits for its input
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=60)
    assert (process.returncode, out, err) == (130, b"", b"")


def test_interrupted_while_it_waits_for_github() -> None:
    asked = threading.Event()
    with stale_branch() as (gh, _):
        gh.fault("GET", f"/runs/{RUN}$", delay=60, times=None, do=asked.set)
        env = environment(GITHUB_API_URL=gh.api_url, GITHUB_TOKEN=gh.token)
        command = [sys.executable, "-m", "coo", "triage", f"acme/shop/{RUN}"]
        with subprocess.Popen(command, env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            assert asked.wait(30)
            process.send_signal(signal.SIGINT)
            out, err = process.communicate(timeout=60)
    assert process.returncode == 130
    assert out == b"" and b"Traceback" not in err


LOCALES = {
    "ascii": {"PYTHONIOENCODING": "ascii"},
    "c": {"LC_ALL": "C"},
    "c-without-utf-8": {"LC_ALL": "C", "PYTHONCOERCECLOCALE": "0", "PYTHONUTF8": "0"},
    "latin-1": {"PYTHONIOENCODING": "latin-1"},
    "none": {},
}


@pytest.mark.parametrize("case", LOCALES)
def test_a_locale_that_cannot_show_everything(case: str) -> None:
    env = LOCALES[case]
    done = program("classify", "caf\xe9.log", "missing-\u2192.log", "--explain", **env)
    done.refused(2, "no-such-file")
    assert "npm-eresolve" in done.out
    if case == "ascii":
        assert "\u00b7" not in done.out, "coo's own marks are plain where the terminal is"
        shown = program("--help", **env)
        assert shown.code == 0 and shown.out.isascii()
        told = json.loads(program("classify", "caf\xe9.log", "--format", "json", **env).out)
        assert told[0]["classification"]["evidence"][0]["text"].endswith("caf\xe9 \u2192 \U0001f4a5")


def test_a_name_that_is_not_utf_8() -> None:
    name = b"bad-\xff\xfe.log"
    Path(os.fsdecode(name)).write_bytes(NPM)
    done = program("classify", os.fsdecode(name), os.fsdecode(b"no-" + name))
    done.refused(2, "no-such-file")
    assert "npm-eresolve" in done.out


def on_terminal(*args: str) -> str:
    """What the program writes to a terminal."""
    main, side = pty.openpty()
    process = start(*args, stdout=side, stderr=side, stdin=side)
    os.close(side)
    text = b""
    while True:
        try:
            piece = os.read(main, 65536)
        except OSError:
            break
        if not piece:
            break
        text += piece
    os.close(main)
    process.wait(60)
    return text.decode()


def test_colour_and_width_in_a_pipe(coo: Coo) -> None:
    plain = program("classify", "a.log")
    assert "\x1b[" not in plain.out
    assert max(map(len, plain.out.splitlines())) <= 80
    narrow = coo("classify", "a.log", "--explain", COLUMNS="60")
    assert max(map(len, narrow.out.splitlines())) <= 60
    for odd in ("0", "-5", "wide", "1", "999999999", "\u0663"):
        assert "npm-eresolve" in coo("classify", "a.log", COLUMNS=odd).harmless().out
    assert "\x1b[" in coo("classify", "a.log", FORCE_COLOR="1").out
    assert "\x1b[" not in coo("classify", "a.log", NO_COLOR="1").out


def test_a_terminal_gets_colour_and_one_error_once() -> None:
    assert "\x1b[" in on_terminal("classify", "a.log")
    assert on_terminal("classify", "missing.log").count("error[no-such-file]") == 1
    assert "error[no-input]" in on_terminal("classify")


HEAVY = (
    "openai", "github", "jsonschema", "httpx", "httpx2", "requests", "urllib3", "genai_prices", "sqlalchemy", "ssl",
    "asyncio", "rich.console",  # of rich, only the widths of characters are wanted
)  # fmt: skip
LOADED = """
import sys
from coo.cli.main import run
code = run(sys.argv[1:])
print(code, *sorted(sys.modules), file=sys.stderr)
"""


@pytest.mark.parametrize(
    "args",
    [["classify", "a.log"], ["classify", "a.log", "--format", "json"], ["excerpt", "a.log"], ["config", "show"],
     ["explain", "npm-eresolve"], ["rules", "list"], ["classify", "missing.log"]],
    ids=lambda args: "-".join(args[:2] + args[3:]),
)  # fmt: skip
def test_a_command_without_network_loads_nothing_heavy(args: list[str]) -> None:
    command = [sys.executable, "-c", LOADED, *args]
    done = subprocess.run(command, capture_output=True, text=True, env=environment(), timeout=60)
    code, *loaded = done.stderr.splitlines()[-1].split()
    assert code == ("2" if "missing.log" in args else "0")
    assert sorted(set(loaded) & set(HEAVY)) == []
    assert "coo" in loaded


def test_the_version() -> None:
    from coo import __version__

    assert program("--version") == program("--version", FORCE_COLOR="1")
    assert program("--version").out == f"coo {__version__}\n"


def test_a_bug_says_so_and_shows_no_data(world: Path) -> None:
    (world / "broken.py").write_text(
        "import sys\nimport coo.adapters.files as files\n"
        "def explode(*_):\n    raise KeyError('s3cr3t-from-a-log')\n"
        "files.find_inputs = explode\nfrom coo.cli.main import run\nsys.exit(run(['classify', 'a.log']))\n"
    )
    done = subprocess.run([sys.executable, "broken.py"], capture_output=True, text=True, env=environment(), timeout=60)
    assert done.returncode == 70
    assert done.stdout == ""
    assert done.stderr.startswith("error[bug]: coo has a bug: KeyError\n")
    assert "report it" in done.stderr and "s3cr3t" not in done.stderr and "Traceback" not in done.stderr
