"""What an issue says about a release that broke upstream: the version that worked, what changed, and the lines to pin.

Pure. Everything that stands in here came from logs: it is shown in fences and code, and decides nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from coo.core.model import Classification
from coo.core.pins import Installed, Manager, Package, plain_name
from coo.core.told import code_block, code_span

MAX_CHANGES = 40
MAX_SUSPECTS = 5
_NAMED = ("package", "module", "crate", "gem", "image", "requirement", "dependency", "artifact", "plugin", "library")
"""Captures that may name the package that broke."""
_WORDS = 60


@dataclass(frozen=True, slots=True)
class Change:
    """A package whose versions differ between a green and a failed run; empty where it was not seen."""

    manager: Manager
    name: str
    before: tuple[str, ...]
    after: tuple[str, ...]


def suspects(verdict: Classification, green: Installed) -> tuple[Package, ...]:
    """The packages that the failure names, as the green log has them: a name that it has not is nobody's."""
    wanted = set(_names(verdict))
    found = [
        Package(manager, name, versions[-1])
        for (manager, name), versions in green.versions.items()
        if wanted & {name.casefold(), plain_name(manager, name).casefold(), name.casefold().rpartition(":")[0]}
    ]
    return tuple(found[:MAX_SUSPECTS])


def _names(verdict: Classification) -> Iterable[str]:
    """What the captures and the deciding line may name, in every spelling under which a green log could have it."""
    texts = [value for key, value in verdict.captures.items() if key in _NAMED]
    words = [word for text in texts for word in _split(text)]
    # A line also holds ordinary words; one that a version follows is a package's.
    lines = [word for line in verdict.evidence[:5] for word in _split(line.text) if _without_version(word) != word]
    for word in (*words, *lines):
        name = _without_version(word)
        yield name.casefold()
        yield re.sub(r"[-_.]{1,100}", "-", name).lower()


def _split(text: str) -> list[str]:
    return [word.strip(".,:;") for word in re.split(r"[\s`'\"()\[\],<>;]", text[:2000], maxsplit=_WORDS)[:_WORDS]]


def _without_version(word: str) -> str:
    """`a` of `a==1.2`, `a>=1`, `a@^1.2`, `a@1`, `a:1.2` (an image's tag too) and of `a-1.2.tar.gz`."""
    for mark in ("==", ">=", "<=", "~=", "!="):
        if mark in word[1:]:
            return word[: word.index(mark, 1)]
    at = word.rfind("@")
    if at > 0:
        return word[:at]
    return re.sub(r"(?<=[A-Za-z0-9])[:-]v?\d[A-Za-z0-9.+!-]{0,80}$", "", word[:300])


def changes(green: Installed, failed: Installed) -> tuple[Change, ...]:
    """What both logs name with other versions; only what each tool said in both runs can be compared."""
    both = {manager for manager, _ in green.versions} & {manager for manager, _ in failed.versions}
    out = []
    for (manager, name), before in green.versions.items():
        after = failed.versions.get((manager, name), ())
        if manager in both and after and set(after) != set(before):
            out.append(Change(manager, name, before, after))
    return tuple(out)


def news(green: Installed, failed: Installed) -> tuple[Package, ...]:
    """What only the failed log names, of tools that both logs have."""
    both = {manager for manager, _ in green.versions} & {manager for manager, _ in failed.versions}
    return tuple(
        package
        for package in failed.packages()
        if package.manager in both and (package.manager, package.name) not in green.versions
    )


def pin_lines(package: Package) -> tuple[tuple[str, str], ...]:
    """Where a version can be pinned, and the exact line for it."""
    name, version = package.name, package.version
    plain = version.removeprefix("v")
    lines: Mapping[Manager, tuple[tuple[str, str], ...]] = {
        Manager.PIP: (("requirements.txt, or a constraints file given by `pip install -c`", f"{name}=={version}"),),
        Manager.UV: (("pyproject.toml", f'[tool.uv]\nconstraint-dependencies = ["{name}=={version}"]'),),
        Manager.POETRY: (("pyproject.toml", f'[tool.poetry.dependencies]\n{name} = "{version}"'),),
        Manager.NPM: (
            ("package.json, where it stands there", f'"{name}": "{plain}"'),
            ("package.json, where another package brings it", f'"overrides": {{ "{name}": "{plain}" }}'),
        ),
        Manager.PNPM: (
            ("package.json, where it stands there", f'"{name}": "{plain}"'),
            ("package.json, where another package brings it", f'"pnpm": {{ "overrides": {{ "{name}": "{plain}" }} }}'),
        ),
        Manager.YARN: (
            ("package.json, where it stands there", f'"{name}": "{plain}"'),
            ("package.json, where another package brings it", f'"resolutions": {{ "{name}": "{plain}" }}'),
        ),
        Manager.CARGO: (
            ("Cargo.toml", f'{name} = "={plain}"'),
            ("or only Cargo.lock, by the command", f"cargo update -p {name} --precise {plain}"),
        ),
        Manager.GO: (("go.mod", f"require {name} {version}"),),
        Manager.BUNDLER: (("Gemfile", f'gem "{name}", "{version}"'),),
        Manager.COMPOSER: (("composer.json", f'"{name}": "{plain}"'),),
        Manager.MAVEN: _maven(name, version),
        Manager.APT: (("the step that installs it", f"apt-get install {name}={version}"),),
        Manager.PUB: (("pubspec.yaml", f"{name}: {version}"),),
        Manager.DOCKER: (("Dockerfile", f"FROM {name}@{version}"), ("a workflow", f"image: {name}@{version}")),
    }
    return lines[package.manager]


def _maven(name: str, version: str) -> tuple[tuple[str, str], ...]:
    group, _, artifact = name.rpartition(":")
    xml = f"<groupId>{group}</groupId>\n<artifactId>{artifact}</artifactId>\n<version>{version}</version>"
    force = f'constraints {{ implementation("{name}:{version}") {{ version {{ strictly("{version}") }} }} }}'
    return (("pom.xml, under dependencyManagement", xml), ("build.gradle.kts", force))


@dataclass(frozen=True, slots=True)
class Green:
    """The last green run that was read: `where` links to it, made of GitHub's own answers and in Markdown."""

    where: str
    same_commit: bool
    """The failed run is of the same commit: nothing in the repository changed in between."""


def advice(verdict: Classification, green: Green, worked: Installed, failed: Installed) -> str:
    """The section of the issue, in Markdown; every name and version in it stands in code."""
    parts = ["### The last version that worked", f"Read from the log of the last green run: {green.where}."]
    if green.same_commit:
        parts.append("It is of the same commit: what broke is not in this repository.")
    known = suspects(verdict, worked)
    parts += [_pin(package, failed) for package in known]
    if not known:
        parts.append(
            "The failure names no package that this log also names, so coo cannot say which version to pin."
            if len(worked)
            else "That log does not say which versions it installed."
        )
    parts.append(_changed(worked, failed))
    if worked.cut or failed.cut:
        parts.append("A log was too long to be read to its end: versions may be missing here.")
    return "\n\n".join(part for part in parts if part)


def _pin(package: Package, failed: Installed) -> str:
    tried = failed.versions.get((package.manager, package.name), ())
    now = f" The failed run names {_codes(tried)}." if tried and package.version not in tried else ""
    head = f"{_code(package.name)} ({package.manager}) worked at **{_code(package.version)}**.{now} To pin it:"
    lines = [f"- {where}:\n\n{_indented(code_block(line))}" for where, line in pin_lines(package)]
    return "\n\n".join((head, *lines))


def _changed(green: Installed, failed: Installed) -> str:
    """What changed since the last green run, as a fenced table: the most useful lines of the issue."""
    changed, added = changes(green, failed), news(green, failed)
    rows = [
        f"{one.manager}  {one.name}  {', '.join(one.before)} -> {', '.join(one.after)}" for one in changed[:MAX_CHANGES]
    ]
    rows += [f"{one.manager}  {one.name}  new: {one.version}" for one in added[: MAX_CHANGES - len(rows)]]
    if not rows:
        both = len(green) and len(failed)
        told = "No version differs between the two logs, as far as they name them." if both else ""
        return f"### What changed since the last green run\n\n{told}" if told else ""
    left = len(changed) + len(added) - len(rows)
    more = f"\n\n{left} more differ." if left > 0 else ""
    return f"### What changed since the last green run\n\n{code_block(chr(10).join(rows))}{more}"


def _codes(versions: Iterable[str]) -> str:
    return ", ".join(map(_code, versions))


def _code(text: str) -> str:
    return code_span(text, 200)


def _indented(block: str) -> str:
    return "\n".join(f"  {line}" for line in block.split("\n"))
