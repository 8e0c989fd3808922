"""How fast coo is, as ratios to yardsticks that run in turn with it: `python benchmarks/run.py [--quick] [--save]`.

Absolute figures differ from machine to machine and from hour to hour; the ratios of one run hold.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from benchmarks import child, corpus, measure, table  # noqa: E402 (the folder above must be known first)
from coo.adapters.rule_files import load_catalog  # noqa: E402
from coo.core.automaton import PatternSet  # noqa: E402
from coo.core.engine import Engine  # noqa: E402

NAIVE_BYTES = 40_000
"""Bytes of clean text that the naive way gets: it would need many minutes for all of it."""
LINE_BYTES = 50_000_000
Data = dict[str, dict[str, list[bytes]]]


def main() -> None:
    """Measure, and write the table."""
    asked = _arguments()
    engine = Engine(load_catalog())
    wide = measure.existence_patterns(engine.catalog)
    patterns = PatternSet(wide)
    pools = corpus.pools(ROOT / "fixtures", patterns)
    half = 2 if asked.quick else 10
    made = {"sparse": corpus.logs(pools, half, dense=False), "dense": corpus.logs(pools, half, dense=True)}
    with tempfile.TemporaryDirectory(prefix="coo-benchmark-") as name:
        folder = Path(name)
        told: dict[str, Any] = {"facts": table.facts(engine, len(wide), len(pools.quiet) + len(pools.telling))}
        told["megabytes"] = {"each density": half, "naive sample": NAIVE_BYTES / 1e6}
        told["facts"]["patterns left out for rg (not ASCII)"] = len(wide) - len(measure.in_ascii(wide))
        told["throughput"] = throughput(engine, patterns, wide, made, folder, asked.rounds)
        told["stages"] = stages(engine, made, asked.rounds)
        told["work"] = {density: measure.confirmed(engine, logs[:2]) for density, logs in made.items()}
        (folder / "line.log").write_bytes(corpus.long_line(pools, LINE_BYTES))
        told["process"], told["memory"] = processes(folder, asked.rounds)
        told["start-up"] = measure.rounds_of_parts(
            lambda: child.start_up(folder / "raw" / "sparse-00.log", folder), asked.rounds
        )
    _write(told, asked)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Benchmark of coo: ratios to yardsticks measured in turn.")
    parser.add_argument("--quick", action="store_true", help="4 MB instead of 20, 3 rounds instead of 7")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures as JSON too")
    parser.add_argument("--save", action="store_true", help="write benchmarks/results/latest.{md,json,svg}")
    asked = parser.parse_args()
    asked.rounds = 3 if asked.quick else 7
    return asked


def throughput(
    engine: Engine, patterns: PatternSet, wide: list[str], made: dict[str, list[corpus.Made]], folder: Path, times: int
) -> dict[str, float]:
    """MB of input for each second of processor time, by way and kind of input; ripgrep's less its start-up."""
    work: dict[str, Any] = {}
    sizes: dict[str, int] = {}
    for form in ("clean", "raw"):
        (folder / form).mkdir()
        for density, logs in made.items():
            data = [getattr(log, form) for log in logs]
            paths = [folder / form / log.name for log in logs]
            for path, text in zip(paths, data, strict=True):
                path.write_bytes(text)
            ways = {"coo": partial(measure.processor, measure.whole_path(engine, data))}
            if (rg := measure.ripgrep(wide, paths, folder)) is not None:
                ways["rg"] = partial(measure.children, rg)
            if form == "clean":
                ways["re2.Set"] = partial(measure.processor, measure.bare_set(patterns, data))
            for way, run in ways.items():
                sizes[f"{way} {form} {density}"] = sum(map(len, data))
                work[f"{way} {form} {density}"] = run
    (folder / "empty.log").write_bytes(b"")
    if (rg := measure.ripgrep(wide, [folder / "empty.log"], folder)) is not None:
        work["rg start-up"] = partial(measure.children, rg)
    for density, logs in made.items():
        name = f"naive clean {density}"
        sizes[name] = NAIVE_BYTES
        work[name] = partial(measure.processor, measure.naive(engine.catalog, logs[0].clean[:NAIVE_BYTES]))
    seconds = measure.rounds(work, times)
    start = seconds.pop("rg start-up", 0.0)
    seconds |= {name: max(used - start, 1e-6) for name, used in seconds.items() if name.startswith("rg ")}
    out = {name: sizes[name] / 1e6 / used for name, used in seconds.items()}
    for pair in sorted({name.rpartition(" ")[0] for name in seconds}):
        out[f"{pair} all"] = 2 / sum(1 / out[f"{pair} {density}"] for density in made)  # as much of each
    return out | ({"rg start-up, s": start} if start else {})


def stages(engine: Engine, made: dict[str, list[corpus.Made]], times: int) -> dict[str, dict[str, float]]:
    """Seconds of each part of the whole path, for raw and clean input."""
    out = {}
    for form in ("raw", "clean"):
        data = [getattr(log, form) for logs in made.values() for log in logs]
        out[form] = measure.rounds_of_parts(partial(measure.stages, engine, data), times)
    return out


def processes(folder: Path, times: int) -> tuple[dict[str, dict[str, float]], dict[str, int]]:
    """Seconds of whole processes, and peak memory in bytes."""
    (folder / "tiny.log").write_text("##[error]Process completed with exit code 1.\n", encoding="utf-8")
    commands = {
        "python -c pass": [sys.executable, "-c", "pass"],
        "empty typer program": [sys.executable, "-c", child.EMPTY_TYPER],
        "coo classify, one line": child.coo("classify", "--no-llm", "tiny.log"),
        "coo classify, 1 MB": child.coo("classify", "--no-llm", "raw/sparse-00.log"),
    }
    used: dict[str, list[child.Used]] = {name: [] for name in commands}
    for _ in range(times + 2):
        for name, command in commands.items():
            used[name].append(child.run(command, folder))
    seconds = {
        name: {"cpu": table.middle([u.cpu for u in all_]), "wall": table.middle([u.wall for u in all_])}
        for name, all_ in used.items()
    }
    memory = {name: int(table.middle([float(u.peak) for u in all_])) for name, all_ in used.items()}
    for name, path in {"raw logs, one process": "raw", "a line of 50 MB": "line.log"}.items():
        memory[name] = child.run(child.coo("classify", "--no-llm", path), folder).peak
    return seconds, memory


def _write(told: dict[str, Any], asked: argparse.Namespace) -> None:
    page = table.markdown(told)
    print(page)
    figures = json.dumps(told, indent=1) + "\n"
    if asked.json:
        asked.json.write_text(figures, encoding="utf-8")
    if asked.save:
        results = ROOT / "benchmarks" / "results"
        results.mkdir(exist_ok=True)
        (results / "latest.md").write_text(page, encoding="utf-8")
        (results / "latest.json").write_text(figures, encoding="utf-8")
        (results / "latest.svg").write_text(table.chart(told), encoding="utf-8")


if __name__ == "__main__":
    main()
