"""The figures of `coo rules eval` as text, JSON and Markdown."""

from __future__ import annotations

from collections.abc import Mapping

from coo.authoring.scores import Scores
from coo.core.neutralise import code_span
from coo.report.as_json import Object, dumps

Parts = Mapping[str, Scores]
"""Scores by name: `all`, and the halves where it was asked for."""


def scores_json(parts: Parts) -> str:
    """One object; shares between 0 and 1 with three digits, null of nothing."""
    return dumps({"version": 1, "parts": {name: _object(scores) for name, scores in parts.items()}}, indent=2) + "\n"


def _object(scores: Scores) -> Object:
    total = {
        "failing": scores.exact.of,
        "exact": _round(scores.exact.value),
        "lenient": _round(scores.lenient.value),
        "covered": _round(scores.covered.value),
        "wrong": len(scores.wrong),
        "confidently_wrong": scores.confidently_wrong,
        "rule_precision": _round(scores.rule_precision),
        "macro_f1": _round(scores.macro_f1),
        "evidence": _round(scores.evidence.value),
        "healthy": scores.healthy,
        "alarms": len(scores.alarms),
        "left_out": scores.left_out,
        "unread": scores.unread,
    }
    categories = [
        {
            "category": category.value,
            "n": one.support,
            "recall": _round(one.recall),
            "precision": _round(one.precision),
            "f1": _round(one.f1),
        }
        for category, one in scores.categories.items()
    ]
    calibration = {
        name.value: {"n": share.of, "right": share.hits, "share": _round(share.value)}
        for name, share in scores.calibration.items()
    }
    wrong = [{"id": name, "rule_id": rule} for name, rule in scores.wrong]
    alarms = [{"id": name, "rule_id": rule} for name, rule in scores.alarms]
    return {
        "total": total,
        "categories": categories,
        "calibration": calibration,
        "wrong": wrong,
        "alarms": alarms,
    }


def _round(value: float | None) -> float | None:
    return None if value is None else round(value, 3)


def _shown(value: float | None) -> str:
    return "-" if value is None else f"{value:.3f}"


def _categories(scores: Scores) -> list[list[str]]:
    return [["category", "logs", "recall", "precision", "F1"]] + [
        [category.value, str(one.support), _shown(one.recall), _shown(one.precision), _shown(one.f1)]
        for category, one in scores.categories.items()
    ]


def _calibration(scores: Scores) -> list[list[str]]:
    return [["confidence", "decided", "right", "share"]] + [
        [name.value, str(share.of), str(share.hits), _shown(share.value)] for name, share in scores.calibration.items()
    ]


def _figures(scores: Scores) -> list[list[str]]:
    return [
        ["figure", "value"],
        ["macro F1", _shown(scores.macro_f1)],
        ["precision where a rule decided", _shown(scores.rule_precision)],
        ["covered", _shown(scores.covered.value)],
        ["evidence", _shown(scores.evidence.value)],
        ["exact", _shown(scores.exact.value)],
        ["lenient", _shown(scores.lenient.value)],
        ["wrong", str(len(scores.wrong))],
        ["confidently wrong", str(scores.confidently_wrong)],
        [f"alarms on {scores.healthy} logs of runs that passed", str(len(scores.alarms))],
    ]


def _heading(name: str, scores: Scores) -> str:
    unread = f", {scores.unread} not readable" if scores.unread else ""
    return (
        f"{name}: {scores.exact.of} failing, {scores.healthy} healthy, {scores.left_out} weak labels left out{unread}"
    )


def scores_text(parts: Parts) -> str:
    """For a terminal of 80 columns."""
    out = []
    for name, scores in parts.items():
        out.append(_heading(name, scores))
        out += [_aligned(table(scores)) for table in (_categories, _figures, _calibration)]
        told = [("wrong", scores.wrong), ("alarm", scores.alarms)]
        if lines := [f"{what}: {log}\n  by {rule}" for what, pairs in told for log, rule in pairs]:
            out.append("\n".join(lines))
    return "\n\n".join(out) + "\n"


def _aligned(rows: list[list[str]]) -> str:
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(
            cell.rjust(width) if at else cell.ljust(width)
            for at, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    )


def scores_markdown(parts: Parts) -> str:
    """For GitHub."""
    out = []
    for name, scores in parts.items():
        out.append(f"## {_heading(name, scores)}")
        for table in (_categories, _figures, _calibration):
            head, *rows = table(scores)
            lines = [head, ["---", *(["---:"] * (len(head) - 1))], *rows]
            out.append("\n".join(f"| {' | '.join(row)} |" for row in lines))
        told = [("wrong", scores.wrong), ("alarm", scores.alarms)]
        if lines_ := [
            f"- {what}: {code_span(log)} by {code_span(rule)}" for what, pairs in told for log, rule in pairs
        ]:
            out.append("\n".join(lines_))
    return "\n\n".join(out) + "\n"
