"""One line of a file changed to pin one package, or the reason why coo does not dare to. Pure.

The version comes from a log: only what fits the manager's strict pattern is ever written, and only in the place of a
version that stands there for the same package already.
"""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from coo.core.pins import Manager, Package, plain_name

_SEMVER = re.compile(r"\d{1,9}\.\d{1,9}\.\d{1,9}(?:-[0-9A-Za-z]{1,20}(?:[.-][0-9A-Za-z]{1,20}){0,4})?")
_PEP440 = re.compile(r"\d{1,9}(?:\.\d{1,9}){0,5}(?:(?:a|b|rc)\d{1,6})?(?:\.post\d{1,6})?(?:\.dev\d{1,9})?")
_PYTHON = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9._-]{0,98}[A-Za-z0-9])?")
_NODE = re.compile(r"(?:@[a-z0-9][a-z0-9._-]{0,98}/)?[a-z0-9][a-z0-9._-]{0,98}")
_CRATE = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
_RANGE = r"[\^~<>=!]{0,2} ?v?\d[A-Za-z0-9.*+ ,<>=^~|!-]{0,100}|\*|latest"
"""A version or range that may be replaced: none of a path, a repository or a workspace."""
_JSON_TABLES = (
    "dependencies", "devDependencies", "optionalDependencies", "peerDependencies", "overrides", "resolutions"
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Refused:
    """Why a file is left as it is."""

    why: str


@dataclass(frozen=True, slots=True)
class _Form:
    """A kind of file: whose packages it names, and how one of its lines is changed."""

    managers: tuple[Manager, ...]
    name: re.Pattern[str]
    version: re.Pattern[str]
    spelling: Callable[[str], str]
    """A pattern that finds the name in a line, whatever its spelling."""
    change: Callable[[str, str, str], str | None]
    """Line, spelling and version to the changed line; None for a line of another form."""
    holds: Callable[[str, str, str], bool]
    """Whether a text has a version of a package as a dependency. Raises `ValueError` for a text of another kind."""


def form_of(path: str) -> str | None:
    """The kind of a file by its name, or None for one that coo does not change."""
    name = path.rpartition("/")[2]
    if re.fullmatch(r"(?:[a-z0-9_-]{1,40}[._-])?(?:requirements|constraints)(?:[._-][a-z0-9_-]{1,40})?\.txt", name):
        return "requirements.txt"
    return name if name in ("package.json", "Cargo.toml") else None


def pinned(path: str, data: bytes, package: Package) -> bytes | Refused:
    """The file with the one line changed that names the package."""
    form = _FORMS.get(form_of(path) or "")
    if form is None:
        return Refused("coo changes requirements.txt, constraints.txt, package.json and Cargo.toml only")
    if package.manager not in form.managers:
        return Refused(f"it holds no packages of {package.manager}")
    version = package.version.removeprefix("v") if package.manager is not Manager.PIP else package.version
    if not form.name.fullmatch(package.name) or not form.version.fullmatch(version):
        return Refused("the name or the version is not of the plain form that coo writes into a file")
    try:
        text = data.decode("utf-8")
        form.holds(text, package.name, version)
    except (ValueError, RecursionError):
        return Refused("it cannot be read")
    return _changed(text, form, package, version)


def _changed(text: str, form: _Form, package: Package, version: str) -> bytes | Refused:
    spelling = form.spelling(plain_name(package.manager, package.name))
    named = re.compile(rf"(?<![A-Za-z0-9._@/-]){spelling}(?![A-Za-z0-9_@/-]|\.[A-Za-z0-9])", re.IGNORECASE)
    lines = text.splitlines(keepends=True)
    places = [place for place, line in enumerate(lines) if named.search(line[:2000])]
    if len(places) != 1:
        return Refused(
            f"{len(places) or 'none'} of its lines name{'s' * (not places)} the package, and not exactly one"
        )
    old = lines[places[0]]
    body = old.rstrip("\r\n")
    new = form.change(body, spelling, version)
    if new is None:
        return Refused("the line that names the package is not of the plain form that coo changes")
    if new == body:
        return Refused("the package is pinned to that version already")
    lines[places[0]] = new + old[len(body) :]
    out = "".join(lines)
    try:
        held = form.holds(out, package.name, version)
    except (ValueError, RecursionError):
        held = False
    return out.encode("utf-8") if held else Refused("the line that names the package is not one of a dependency")


def _requirement(line: str, spelling: str, version: str) -> str | None:
    wanted = (
        rf"(?P<name>{spelling}(?:\[[A-Za-z0-9._, -]{{1,100}}\])?) ?(?:[<>=!~]{{1,3}} ?[A-Za-z0-9.*+!, <>=~]{{1,100}}?)?"
    )
    match = re.fullmatch(rf"{wanted}(?P<rest>(?: *;[^#\\]{{1,200}})?(?: +#.*)?)", line.rstrip(" "), re.IGNORECASE)
    return f"{match['name']}=={version}{match['rest']}" if match and "--hash" not in line else None


def _json_line(line: str, spelling: str, version: str) -> str | None:
    match = re.fullmatch(rf'(?P<before>\s*"{spelling}"\s*:\s*)"(?:{_RANGE})"(?P<after>\s*,?\s*)', line)
    return f'{match["before"]}"{version}"{match["after"]}' if match else None


def _toml_line(line: str, spelling: str, version: str) -> str | None:
    plain = re.fullmatch(rf'(?P<before>\s*{spelling}\s*=\s*)"(?:{_RANGE})"(?P<after>\s*(?:#.*)?)', line)
    table = re.fullmatch(
        rf'(?P<before>\s*{spelling}\s*=\s*\{{[^{{}}]{{0,300}}?\bversion\s*=\s*)"(?:{_RANGE})"(?P<after>[^{{}}]*\}}\s*(?:#.*)?)',
        line,
    )
    match = plain or table
    return f'{match["before"]}"={version}"{match["after"]}' if match else None


def _separators(name: str) -> str:
    return r"[-_.]{1,3}".join(map(re.escape, name.split("-")))


def _anywhere(text: str, _name: str, version: str) -> bool:
    return f"=={version}" in text


def _in_json(text: str, name: str, version: str) -> bool:
    data = json.loads(text)
    tables = [data.get(key) for key in _JSON_TABLES] if isinstance(data, dict) else []
    return any(isinstance(table, dict) and table.get(name) == version for table in tables)


def _in_toml(text: str, name: str, version: str) -> bool:
    return _depends(tomllib.loads(text), name, f"={version}")


def _depends(table: Mapping[str, Any], name: str, version: str) -> bool:
    """Whether a table of dependencies has the version, wherever in a Cargo.toml it stands."""
    for key, value in table.items():
        if not isinstance(value, dict):
            continue
        if key.endswith("dependencies"):
            found = value.get(name)
            if version in (found, found.get("version") if isinstance(found, dict) else None):
                return True
        elif _depends(value, name, version):
            return True
    return False


_FORMS: Mapping[str, _Form] = {
    "requirements.txt": _Form((Manager.PIP, Manager.UV), _PYTHON, _PEP440, _separators, _requirement, _anywhere),
    "package.json": _Form((Manager.NPM, Manager.PNPM, Manager.YARN), _NODE, _SEMVER, re.escape, _json_line, _in_json),
    "Cargo.toml": _Form((Manager.CARGO,), _CRATE, _SEMVER, re.escape, _toml_line, _in_toml),
}
