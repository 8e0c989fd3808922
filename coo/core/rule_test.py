"""Does a rule fire where its examples say that it must, and only there?"""

from __future__ import annotations

from dataclasses import dataclass

from coo.core.catalog import Catalog, Rule
from coo.core.engine import Engine
from coo.core.logs import read_log


@dataclass(frozen=True, slots=True)
class ExampleFault:
    """An example that the rule does not live up to."""

    rule: Rule
    example: str
    positive: bool

    def __str__(self) -> str:
        want = "does not fire on its positive" if self.positive else "fires on its negative"
        return f"{self.rule.id} {want} example '{self.example}'"


def failed_examples(rule: Rule) -> list[ExampleFault]:
    """Run a rule alone over its examples."""
    engine = Engine(Catalog([rule]))
    if not engine.catalog.rules:
        return []
    out = []
    for positive, examples in ((True, rule.positive), (False, rule.negative)):
        for example in examples:
            fired = bool(engine.scan(read_log(example.log.encode(), example.name)).matches)
            if fired is not positive:
                out.append(ExampleFault(rule, example.name, positive))
    return out
