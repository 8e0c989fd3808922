"""`coo rules eval`: how good the rules are on labelled logs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from coo.cli.common import ConfigOption, QuietOption, RulesOption, configured_engine, one_of, output, say, show, tell
from coo.core.errors import CooError, Exit, InputError

if TYPE_CHECKING:
    from coo.authoring.scores import Scored, Scores
    from coo.core.engine import Engine

FORMATS = ("text", "json", "markdown")


def evaluate(
    corpus: Annotated[Path, typer.Argument(metavar="CORPUS", help="A folder with manifest.jsonl and logs/.")],
    format: Annotated[str, typer.Option("--format", "-f", help=", ".join(FORMATS))] = "text",
    min_macro_f1: Annotated[
        float | None, typer.Option("--min-macro-f1", min=0, max=1, help="Exit 1 when the macro F1 is less.")
    ] = None,
    min_precision: Annotated[
        float | None, typer.Option("--min-precision", min=0, max=1, help="Exit 1 when rules are right less often.")
    ] = None,
    split_by: Annotated[
        str | None, typer.Option("--split-by", metavar="repo", help="Also two halves, by a hash of the repository.")
    ] = None,
    rules: RulesOption = None,
    config: ConfigOption = None,
    quiet: QuietOption = False,
) -> int:
    """Measure the rules on labelled logs, without a model."""
    from coo.authoring.scores import halves, score
    from coo.report.scores import scores_json, scores_markdown, scores_text

    one_of(format, FORMATS, "--format")
    if split_by is not None:
        one_of(split_by, ("repo",), "--split-by")
    pairs = _pairs(configured_engine(rules, config), corpus)
    parts = {"all": score(pairs)}
    if split_by:
        first, second = halves(pairs)
        parts |= {"half A": score(first), "half B": score(second)}
    if format == "text":
        show(scores_text(parts))
    else:
        output(scores_json(parts) if format == "json" else scores_markdown(parts))
    missed = _missed(parts["all"], min_macro_f1, min_precision)
    for text in missed:
        say(text)
    if any(verdict is None for _, verdict in pairs):
        return Exit.USAGE
    say(f"{len(pairs)} logs", quiet)
    return Exit.FOUND if missed else Exit.OK


def _pairs(engine: Engine, corpus: Path) -> list[Scored]:
    """Every label with its log's verdict; a log that cannot be read is told, and has none."""
    from coo.adapters.corpus import read_labels
    from coo.adapters.files import Input, read_input
    from coo.core.classify import classify
    from coo.core.redact import redact

    out: list[Scored] = []
    for label in read_labels(corpus):
        path = corpus / "logs" / f"{label.id}.log"
        try:
            out.append((label, classify(engine, read_input(Input(str(path), path)), redact=redact)[0]))
        except CooError as error:
            tell(error)
            out.append((label, None))
    if all(verdict is None for _, verdict in out):
        raise InputError("no-corpus", f"{corpus}: none of its logs can be read", "are they in logs/<id>.log?")
    return out


def _missed(scores: Scores, macro_f1: float | None, precision: float | None) -> list[str]:
    """The floors that were not reached, in words; a figure of nothing reaches none."""
    wanted = (("macro F1", scores.macro_f1, macro_f1), ("precision", scores.rule_precision, precision))
    return [
        f"{name} is {'of nothing' if got is None else f'{got:.4f}'}, less than {floor}"
        for name, got, floor in wanted
        if floor is not None and (got is None or got < floor)
    ]
