"""Which versions of which packages a log says were installed. Pure, linear, bounded; the log may be anybody's.

What is read here is only ever shown to people. Names and versions are of a few plain characters, or they are not read.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

MAX_LINES = 400_000
"""Lines of a log that are looked at; the rest is passed over, and `Installed.cut` says so."""
MAX_PACKAGES = 3_000
MAX_VERSIONS = 4
"""Versions that are kept of one package; an npm tree may hold several."""
_MAX_LINE = 20_000


class Manager(StrEnum):
    """What installed a package."""

    PIP = "pip"
    UV = "uv"
    POETRY = "poetry"
    NPM = "npm"
    PNPM = "pnpm"
    YARN = "yarn"
    CARGO = "cargo"
    GO = "go"
    BUNDLER = "bundler"
    COMPOSER = "composer"
    MAVEN = "maven"
    APT = "apt"
    PUB = "pub"
    DOCKER = "docker"


@dataclass(frozen=True, slots=True, order=True)
class Package:
    """One version of a package, as a log names it."""

    manager: Manager
    name: str
    version: str


@dataclass(frozen=True, slots=True)
class Installed:
    """The packages of a log: versions by manager and name, in the order of the log."""

    versions: Mapping[tuple[Manager, str], tuple[str, ...]] = field(default_factory=dict)
    cut: bool = False
    """The log holds more than was read."""

    def __len__(self) -> int:
        """Count the packages."""
        return len(self.versions)

    def packages(self) -> Iterator[Package]:
        """Each version of each package."""
        for (manager, name), versions in self.versions.items():
            for version in versions:
                yield Package(manager, name, version)


# A name and a version are bounded and of plain characters: no space, quote, backtick, bracket, `&`, `#`, `<` or `:`.
_NAME = r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}"
_SCOPED = rf"(?:@[A-Za-z0-9][A-Za-z0-9._-]{{0,99}}/)?{_NAME}"
_VERSION = r"v?\d[A-Za-z0-9._+!~-]{0,63}"
_PATH = r"[A-Za-z0-9][A-Za-z0-9._~/-]{0,199}"

_IMAGE = re.compile(r"[a-z0-9][a-z0-9._:/-]{0,199}")
_LAYER = re.compile(r"#\d{1,5} (?:\d{1,6}\.\d{1,4} )?")
"""What BuildKit writes before each line of a build step."""


def _pair(pattern: str, manager: Manager) -> tuple[re.Pattern[str], Callable[[re.Match[str]], Package]]:
    return re.compile(pattern), lambda match: Package(manager, match["name"], match["version"])


_SEMVER = r"v?\d[A-Za-z0-9._+-]{0,99}"
_WHEEL_FILE = rf"(?P<name>{_NAME}?)-(?P<version>\d[A-Za-z0-9._+!]{{0,63}})-[\w.-]{{1,150}}\.whl(?:\.metadata)?(?: |$)"
_POETRY = _pair(rf"[-•] Installing (?P<name>{_NAME}) \((?P<version>{_VERSION})\)(?:: |$)", Manager.POETRY)
_DEB = r"[A-Za-z0-9][A-Za-z0-9.:+~-]{0,80}"

_LINES: Mapping[str, tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], Package]], ...]] = {
    # The first word of a line, and what the line may be then.
    "Using": (_pair(rf"Using (?P<name>{_NAME}) (?P<version>\d[A-Za-z0-9._-]{{0,63}})(?: |$)", Manager.BUNDLER),),
    "Requirement": (
        _pair(
            rf"Requirement already satisfied: (?P<name>{_NAME})[^ ]{{0,200}} in [^ ]{{1,300}} (?:\(from .{{1,300}}\) )?"
            rf"\((?P<version>{_VERSION})\)$",
            Manager.PIP,
        ),
    ),
    "Installing": (
        _pair(rf"Installing (?P<name>{_NAME}) (?P<version>\d[A-Za-z0-9._-]{{0,63}})(?: |$)", Manager.BUNDLER),
    ),
    "+": (
        _pair(rf"\+ (?P<name>{_NAME})==(?P<version>{_VERSION})$", Manager.UV),
        _pair(rf"\+ (?P<name>{_SCOPED}) (?P<version>{_SEMVER})(?: |$)", Manager.PNPM),
        _pair(rf"\+ (?P<name>{_SCOPED})@(?P<version>{_SEMVER})$", Manager.NPM),
    ),
    "~": (_pair(rf"~ (?P<name>{_NAME})==(?P<version>{_VERSION})$", Manager.UV),),
    "added": (_pair(rf"added (?P<name>{_SCOPED})@(?P<version>{_SEMVER})$", Manager.NPM),),
    "add": (_pair(rf"add (?P<name>{_SCOPED}) (?P<version>{_SEMVER})$", Manager.NPM),),
    "├──": (_pair(rf"├── (?P<name>{_SCOPED})@(?P<version>{_SEMVER})$", Manager.NPM),),
    "└──": (_pair(rf"└── (?P<name>{_SCOPED})@(?P<version>{_SEMVER})$", Manager.NPM),),
    "├─": (_pair(rf"├─ (?P<name>{_SCOPED})@(?:npm:)?(?P<version>{_SEMVER})$", Manager.YARN),),
    "└─": (_pair(rf"└─ (?P<name>{_SCOPED})@(?:npm:)?(?P<version>{_SEMVER})$", Manager.YARN),),
    "➤": (_pair(rf"➤ YN0013: │ (?P<name>{_SCOPED})@npm:(?P<version>{_SEMVER}) ", Manager.YARN),),
    "Compiling": (_pair(rf"Compiling (?P<name>{_NAME}) (?P<version>v\d[A-Za-z0-9._+-]{{0,63}})$", Manager.CARGO),),
    "Downloaded": (_pair(rf"Downloaded (?P<name>{_NAME}) (?P<version>v\d[A-Za-z0-9._+-]{{0,63}})$", Manager.CARGO),),
    "go:": (_pair(rf"go: downloading (?P<name>{_PATH}) (?P<version>v\d[A-Za-z0-9._+-]{{0,99}})$", Manager.GO),),
    "-": (
        _pair(rf"- Installing (?P<name>{_NAME}/{_NAME}) \((?P<version>{_VERSION})\)(?:: |$)", Manager.COMPOSER),
        _POETRY,
    ),
    "•": (_POETRY,),
    "Setting": (_pair(rf"Setting up (?P<name>{_NAME})(?::[a-z0-9]{{1,10}})? \((?P<version>{_DEB})\)", Manager.APT),),
}
_GEMS = ("Fetching gem metadata", "Bundle complete!", "Bundler ", "Resolving dependencies...", "Fetching bundler")
_PUB = ("Got dependencies", "Changed ", "Resolving dependencies", "Downloading packages")
"""How lines begin without which gems, or packages of Dart, would be taken for those of another tool."""
_Found = dict[tuple[Manager, str], tuple[str, ...]]
_CANDIDATE = re.compile(rf"(?:Using cached|Downloading) {_WHEEL_FILE}")
"""A file that pip looked at: the version that it took in the end is said later, if it came to that."""
_WHEELS = "Successfully installed "
_WHEEL = re.compile(rf"(?P<name>{_NAME}?)-(?P<version>\d[A-Za-z0-9._+!]{{0,63}})")
_JAR = re.compile(
    r"https?://[A-Za-z0-9.-]{1,200}(?::\d{1,5})?/(?P<path>[A-Za-z0-9._/+-]{1,300})/"
    r"(?P<name>[A-Za-z0-9._-]{1,100})/(?P<version>[A-Za-z0-9._+-]{1,64})/(?P<file>[A-Za-z0-9._+-]{1,180})"
    r"\.(?:jar|pom|aar|module)(?: |$)"
)
_ROOTS = frozenset(
    {"maven2", "m2", "maven", "public", "releases", "repository", "dependencies", "artifactory", "central"}
)
_PULLED = re.compile(r"(?:Status: (?:Downloaded newer image|Image is up to date) for )(?P<image>\S{1,200})$")
_PULLING = re.compile(r"(?P<tag>\S{1,128}): Pulling from (?P<name>\S{1,200})$")
_DIGEST = re.compile(r"Digest: (?P<digest>sha256:[0-9a-f]{64})$")


def installed(lines: Iterable[str]) -> Installed:
    """What the lines of a log say was installed."""
    found: _Found = {}
    candidates: _Found = {}
    digest, gems, pub = "", False, False
    for number, raw in enumerate(lines):
        if number >= MAX_LINES or len(found) >= MAX_PACKAGES:
            return Installed(candidates | _sure(found, gems, pub), True)
        line = raw[:_MAX_LINE].strip()
        if line.startswith("#") and (layer := _LAYER.match(line)):
            line = line[layer.end() :].lstrip()
        if image := _PULLED.match(line):
            _add(found, _pulled(image["image"], digest))
            digest = ""
        elif wheel := _CANDIDATE.match(line):
            if len(candidates) < MAX_PACKAGES:
                _add(candidates, Package(Manager.PIP, wheel["name"], wheel["version"]))
        elif told := _DIGEST.match(line):
            digest = told["digest"]
        else:
            gems, pub = gems or line.startswith(_GEMS), pub or line.startswith(_PUB)
            for package in _packages(line):
                _add(found, package)
    return Installed(candidates | _sure(found, gems, pub))


def _sure(found: _Found, gems: bool, pub: bool) -> _Found:
    """What is left where a line may be another tool's: `Using CPython 3.12` is no gem, `+ path 1.9.0` may be Dart's."""
    out: _Found = {}
    for (manager, name), versions in found.items():
        if manager is Manager.PNPM and pub and "-" not in name and "/" not in name:
            out[Manager.PUB, name] = versions
        elif manager is not Manager.BUNDLER or gems:
            out[manager, name] = versions
    return out


def _add(found: _Found, package: Package | None) -> None:
    if package is None:
        return
    key = (package.manager, plain_name(package.manager, package.name))
    before = found.get(key, ())
    if package.version not in before:
        found[key] = (*before, package.version)[-MAX_VERSIONS:]


def plain_name(manager: Manager, name: str) -> str:
    """The name under which a manager knows a package: its letter case and separators made one where they count not."""
    if manager in (Manager.PIP, Manager.UV):
        return re.sub(r"[-_.]{1,100}", "-", name).lower()
    return name.lower() if manager in (Manager.COMPOSER, Manager.DOCKER) else name


def _packages(line: str) -> Iterator[Package]:
    """The packages that one line names."""
    if line.startswith(_WHEELS):
        for word in line[len(_WHEELS) :].split(" "):
            if match := _WHEEL.fullmatch(word):
                yield Package(Manager.PIP, match["name"], match["version"])
        return
    if "Download" in line[:40] and (package := _jar(line)):
        yield package
        return
    for pattern, made in _LINES.get(line.split(" ", 1)[0], ()):
        if match := pattern.match(line):
            yield made(match)
            return


def _jar(line: str) -> Package | None:
    """`Downloading from central: https://.../a/b/1.2/b-1.2.jar`, as Maven and Gradle say it."""
    at = line.find("http")
    match = _JAR.match(line, at) if 0 <= at < 200 else None
    if match is None or not match["file"].startswith(f"{match['name']}-{match['version']}"):
        return None
    parts = match["path"].split("/")
    roots = [place for place, part in enumerate(parts) if part in _ROOTS]
    group = ".".join(parts[roots[-1] + 1 :] if roots else parts)
    return Package(Manager.MAVEN, f"{group}:{match['name']}" if group else match["name"], match["version"])


def _pulled(image: str, digest: str) -> Package | None:
    if not digest or not _IMAGE.fullmatch(image):
        return None
    return Package(Manager.DOCKER, image.removeprefix("docker.io/").removeprefix("library/"), digest)
