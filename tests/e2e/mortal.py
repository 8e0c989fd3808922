"""`coo` in processes that may be killed: one that has loaded everything, and a fork of it for each run.

Started as a program, it reads a JSON object a line (`argv`, `env`, `scenario`, `die`, `out`) and answers with two: the
number of the process, and how it ended.
"""

from __future__ import annotations

import gc
import json
import os
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Any

LEDGER_WRITES = {
    "the action is begun": ("coo.adapters.ledger.journal", "start"),
    "the limit is taken": ("coo.adapters.ledger.store.Ledger", "take"),
    "the action is ended": ("coo.adapters.ledger.journal", "finish"),
    "the incident is remembered": ("coo.adapters.ledger.store.Ledger", "record"),
}
"""Where the ledger is written to, in order."""


class Processes:
    """Runs `coo` in processes of its own; a context manager."""

    def __enter__(self) -> Processes:
        command = [sys.executable, "-m", "tests.e2e.mortal"]
        root = Path(__file__).parents[2]
        self._parent = subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=root,
            env=os.environ | {"LC_ALL": "C"},
        )
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        assert self._parent.stdin is not None
        self._parent.stdin.close()
        self._parent.wait()

    def run(self, started: Callable[[int], object] = lambda pid: None, **wanted: Any) -> int:
        """Run once; `started` gets the process's number. Gives its exit code, negative for a signal."""
        assert self._parent.stdin is not None and self._parent.stdout is not None
        self._parent.stdin.write(json.dumps(wanted) + "\n")
        self._parent.stdin.flush()
        started(int(self._parent.stdout.readline()))
        return int(self._parent.stdout.readline())


def _die(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def _mortal(where: str, when: str) -> None:
    """Let the process die right before or after it writes to the ledger."""
    place, name = LEDGER_WRITES[where]
    module, _, owner = place.partition(".store.")
    holder: Any = __import__(f"{module}.store" if owner else module, fromlist=["_"])
    holder = getattr(holder, owner) if owner else holder
    real = getattr(holder, name)

    def write(*args: Any, **values: Any) -> Any:
        if when == "before":
            _die()
        result = real(*args, **values)
        _die()
        return result

    setattr(holder, name, write)


def _child(wanted: dict[str, Any]) -> None:
    with Path(wanted["out"]).open("ab", buffering=0) as out:
        os.dup2(out.fileno(), 1)
        os.dup2(out.fileno(), 2)
    os.environ.update(wanted["env"])
    if wanted.get("die"):
        _mortal(*wanted["die"])
    from coo.adapters import playbook_file
    from coo.cli.main import main
    from tests.e2e.scenarios import SCENARIOS

    (scenario,) = (one for one in SCENARIOS if one.name == wanted["scenario"])
    playbook_file.load_playbook = lambda path: scenario.playbook
    sys.argv = ["coo", *wanted["argv"]]
    main()


def serve() -> None:
    """Load all that every run needs, then fork for each request."""
    from coo.cli import common, main
    from tests.e2e import scenarios, world

    engine = world.engine()
    common.make_engine = lambda extra: engine
    import coo.adapters.github as github
    import coo.adapters.ledger as ledger
    import coo.cli.triage as cli

    cli.make_engine = common.make_engine
    assert github and ledger and main and scenarios
    gc.collect()
    gc.freeze()  # the forks share what is loaded
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            code = 70
            try:
                _child(json.loads(line))
                code = 0
            except SystemExit as left:
                code = left.code if isinstance(left.code, int) else 70
            except BaseException:
                traceback.print_exc()
            finally:
                os._exit(code)
        print(pid, flush=True)
        _, status = os.waitpid(pid, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    serve()
