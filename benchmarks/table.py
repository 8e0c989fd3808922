"""The figures as a Markdown page and as a chart."""

from __future__ import annotations

import os
import platform
import sys
from importlib.metadata import version
from statistics import median
from typing import Any

from benchmarks.chart import Bar, Panel, draw
from coo import __version__
from coo.core.engine import Engine

middle = median
_WAYS = {"coo": "`coo`: bytes to verdict", "re2.Set": "bare `re2.Set`, same patterns",
         "rg": "`rg --no-unicode -f`, same patterns, 1 thread, without its start-up",
         "naive": "`regex`, rule by rule, line by line"}  # fmt: skip


def facts(engine: Engine, patterns: int, lines: int) -> dict[str, Any]:
    """What the figures depend on."""
    return {
        "coo": __version__,
        "rules": len(engine.catalog.rules),
        "patterns": patterns,
        "distinct fixture lines": lines,
        "processors": os.cpu_count(),
        "machine": platform.machine(),
        "python": platform.python_version(),
        "google-re2": version("google-re2"),
        "regex": version("regex"),
        "typer": version("typer"),
        "system": sys.platform,
    }


def markdown(told: dict[str, Any]) -> str:
    """Give the whole page."""
    size = told["megabytes"]
    parts = [
        "# Benchmark",
        "One run, medians of rounds in which all ways take turns; processor time. Ratios hold, absolute figures do "
        "not. `benchmarks/run.py` makes it; all logs are made of the lines of the fixtures.",
        ", ".join(f"{name} {value}" for name, value in told["facts"].items()) + ".",
        f"## Throughput\n\n{size['each density']} MB of logs with hits only at their end (sparse) and as much with a "
        f"hit in every third line of output (dense): clean text, and the same as raw job logs (timestamps, colours, "
        f"CRLF). The naive way gets a sample of {size['naive sample'] * 1000:.0f} kB of each.",
        _throughput(told["throughput"]),
        "## Where the time goes\n\n" + _stages(told["stages"]),
        "## A whole process\n\n" + _processes(told["process"]),
        "## Start-up of `coo classify` on a raw log of 1 MB\n\n" + _start_up(told["start-up"]),
        "## Peak memory\n\n" + _memory(told["memory"]),
        "## Work\n\nLines that the second pass tries an exact pattern on in 2 MB: "
        + ", ".join(f"{count} ({density})" for density, count in told["work"].items()) + ".",
    ]  # fmt: skip
    return "\n\n".join(parts) + "\n"


def _rows(head: list[str], rows: list[list[str]]) -> str:
    rule = ["---", *["---:"] * (len(head) - 1)]
    return "\n".join("| " + " | ".join(row) + " |" for row in [head, rule, *rows])


def _throughput(speed: dict[str, float]) -> str:
    rows = []
    for way, name in _WAYS.items():
        for form in ("clean", "raw"):
            if f"{way} {form} all" in speed:
                mine = [speed[f"{way} {form} {d}"] for d in ("sparse", "dense", "all")]
                rows.append([f"{name}, {form}", *(f"{mb:.3g}" for mb in mine)])
    said = _rows(["MB/s", "sparse", "dense", "all"], rows)
    if "rg raw all" not in speed:
        said += "\n\nripgrep: skipped, there is no `rg` on this machine."
    else:
        said += (
            f"\n\nripgrep's start-up, not counted above: {speed['rg start-up, s'] * 1000:.0f} ms. Each round is "
            "a new process that makes its automaton anew while it reads; the others are warm."
        )
    rows = []
    for form, way in _PAIRS:
        if f"{way[0]} {way[1]} all" in speed:
            times = [speed[f"coo {form} {d}"] / speed[f"{way[0]} {way[1]} {d}"] for d in ("sparse", "dense", "all")]
            rows.append([f"{form}, against {way[0]} ({way[1]})", *(f"{ratio:.3g}×" for ratio in times)])
    return said + "\n\n" + _rows(["`coo` as a multiple of", "sparse", "dense", "all"], rows)


_PAIRS = [(form, (way, seen)) for form in ("clean", "raw")
          for way, seen in (("re2.Set", "clean"), ("rg", form), ("naive", "clean"))]  # fmt: skip


def _stages(stages: dict[str, dict[str, float]]) -> str:
    total = {form: sum(parts.values()) for form, parts in stages.items()}
    rows = [[part, *(cell for form in stages for cell in (f"{stages[form][part] * 1000:.0f}",
             f"{stages[form][part] / total[form]:.0%}"))] for part in stages["raw"]]  # fmt: skip
    return _rows(["part", "raw, ms", "share", "clean, ms", "share"], rows)


def _processes(process: dict[str, dict[str, float]]) -> str:
    bare, typer = process["python -c pass"], process["empty typer program"]
    head = ["", "processor ms", "of `python -c pass`", "of an empty typer program", "of `pass`, by the clock"]
    rows = []
    for name, used in process.items():
        ratios = (used["cpu"] / bare["cpu"], used["cpu"] / typer["cpu"], used["wall"] / bare["wall"])
        rows.append([name, f"{used['cpu'] * 1000:.0f}", *(f"{ratio:.1f}×" for ratio in ratios)])
    return _rows(head, rows)


def _start_up(parts: dict[str, float]) -> str:
    total = sum(parts.values())
    return _rows(["part", "ms", "share"], [[name, f"{s * 1000:.0f}", f"{s / total:.0%}"] for name, s in parts.items()])


def _memory(memory: dict[str, int]) -> str:
    return _rows(["process", "MB at most"], [[name, f"{size / 1e6:.0f}"] for name, size in memory.items()])


def chart(told: dict[str, Any]) -> str:
    """Give the ratios as SVG."""
    speed, process = told["throughput"], told["process"]
    base = speed["naive clean all"]
    names = {"naive clean": "regex, line by line (clean)", "coo raw": "coo, raw log", "coo clean": "coo, clean text",
             "rg raw": "rg, raw log", "rg clean": "rg, clean text",
             "re2.Set clean": "bare re2.Set (clean)"}  # fmt: skip
    scan = []
    for key, name in names.items():
        if (mb := speed.get(f"{key} all")) is not None:
            scan.append(Bar(name, mb / base, f"{mb / base:,.0f}× ({mb:,.3g} MB/s)", key.startswith("coo")))
    bare = process["python -c pass"]["cpu"]
    whole = [Bar(name, used["cpu"] / bare, f"{used['cpu'] / bare:.1f}×", name.startswith("coo"))
             for name, used in process.items()]  # fmt: skip
    rules = told["facts"]["rules"]
    return draw([
        Panel(f"Throughput with {rules} rules", "as a multiple of trying each rule on each line (logarithmic scale); "
              "more is better", sorted(scan, key=lambda bar: bar.value), log=True),
        Panel("One whole process", "processor time as a multiple of `python -c pass`; less is better", whole),
    ])  # fmt: skip
