"""Whole processes: their processor time, time on the clock and peak memory, told by the kernel.

NOTE: a child's peak memory begins at that of the process it was forked from. So a small launcher starts it,
never the benchmark with its logs in memory.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

_LAUNCHER = """
import json, os, resource, sys, time
start = time.perf_counter()
child = os.posix_spawn(sys.argv[1], sys.argv[1:], os.environ, file_actions=[
    (os.POSIX_SPAWN_OPEN, 1, os.devnull, os.O_WRONLY, 0)])
_, status, used = os.wait4(child, 0)
print(json.dumps({"cpu": used.ru_utime + used.ru_stime, "wall": time.perf_counter() - start,
                  "peak": used.ru_maxrss * (1 if sys.platform == "darwin" else 1024),
                  "code": os.waitstatus_to_exitcode(status)}))
"""


@dataclass(frozen=True, slots=True)
class Used:
    """What one process took: seconds of processor, seconds on the clock, bytes of memory at most."""

    cpu: float
    wall: float
    peak: int


def run(command: Sequence[str], folder: Path, codes: Sequence[int] = (0,)) -> Used:
    """Run a program in a folder, its output thrown away. Raises `SystemExit` when it fails."""
    kept = {key: value for key, value in os.environ.items() if not key.startswith(("COO_", "OPENAI_", "GITHUB_"))}
    done = subprocess.run([sys.executable, "-S", "-c", _LAUNCHER, *command], cwd=folder, env=kept,
                          stdout=subprocess.PIPE, check=True)  # fmt: skip
    told = json.loads(done.stdout)
    if told["code"] not in codes:
        raise SystemExit(f"{Path(command[0]).name} {' '.join(command[1:3])[:80]}: exit code {told['code']}")
    return Used(told["cpu"], told["wall"], told["peak"])


def coo(*arguments: str) -> list[str]:
    """Give the command line of coo as its console script runs it."""
    return [sys.executable, "-c", "from coo.cli.main import main; main()", *arguments]


EMPTY_TYPER = """
import typer
app = typer.Typer(add_completion=False, pretty_exceptions_enable=False)
@app.command()
def main() -> None: pass
app()
"""

PARTS = """
import json, sys, time
marks = [("Python itself", time.process_time())]
import coo.cli.main
marks.append(("import: command line", time.process_time()))
import coo.cli.common, coo.adapters.rule_files, coo.adapters.files, coo.adapters.settings, coo.core.engine
import coo.core.classify, coo.core.redact, coo.core.snippets, coo.report.listing, coo.report.results
marks.append(("import: rules, engine, report", time.process_time()))
catalog = coo.adapters.rule_files.load_catalog()
marks.append(("load the rules", time.process_time()))
engine = coo.core.engine.Engine(catalog)
marks.append(("make the engine", time.process_time()))
def parsed(extra):
    marks.append(("parse the command line (typer, pydantic)", time.process_time()))
    return engine
coo.cli.classify.make_engine = parsed
coo.cli.main.run(sys.argv[1:])
marks.append(("read, classify, print", time.process_time()))
print(json.dumps(marks), file=sys.stderr)
"""


def start_up(log: Path, folder: Path) -> dict[str, float]:
    """Give the seconds of processor that each part of one `coo classify` takes."""
    done = subprocess.run([sys.executable, "-c", PARTS, "classify", "--no-llm", str(log)], cwd=folder, check=True,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)  # fmt: skip
    out, before = {}, 0.0
    for name, at in json.loads(done.stderr.splitlines()[-1]):
        out[name] = at - before
        before = at
    return out
