#!/usr/bin/env python3
"""Checks what the documents promise about the tree.

- Relative links and their anchors lead somewhere.
- CONTRIBUTING.md gives a reason for each direct dependency, and for none that is gone.
- Every make target that a document names exists, and every path that CONTRIBUTING.md names under How to.
- fuzz/ has the gateway's dependencies in its versions and its profile, to use what was built.
"""

import re
import subprocess
import sys
import tomllib
import xml.etree.ElementTree as xml
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def documents():
    """Every Markdown file that git knows or would add."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.md"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    paths = (ROOT / line for line in listed.stdout.splitlines())
    return sorted(path for path in set(paths) if path.exists())


def prose(text):
    """The text without its code blocks."""
    return re.sub(r"^```.*?^```", "", text, flags=re.MULTILINE | re.DOTALL)


def anchors(text):
    """The anchors that a forge makes of headings."""
    headings = re.findall(r"^#+ +(.+?) *$", prose(text), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def broken_links(path):
    for target in re.findall(r"\]\(([^)\s]+)\)", prose(path.read_text())):
        if re.match(r"[a-z]+:", target):
            continue
        file, _, anchor = target.partition("#")
        found = (path.parent / file) if file else path
        if not found.exists():
            yield f"{path.relative_to(ROOT)}: no such file: {target}"
        elif anchor and anchor not in anchors(found.read_text()):
            yield f"{path.relative_to(ROOT)}: no such heading: {target}"


def unknown_targets(path):
    makefile = (ROOT / "Makefile").read_text()
    targets = set(re.findall(r"^([a-z-]+):", makefile, flags=re.MULTILINE))
    for target in re.findall(r"(?:^|`)make ([a-z-]+)(?:`|$)", path.read_text(), flags=re.MULTILINE):
        if target not in targets:
            yield f"{path.relative_to(ROOT)}: no such target: make {target}"


def unknown_paths():
    """Paths from the root of the tree that no longer exist; what git ignores comes and goes."""
    text = (ROOT / "CONTRIBUTING.md").read_text()
    how_to = text[text.index("## How to") : text.index("## Dependencies")]
    for name in re.findall(r"`([\w.-]+/[\w./-]*|[\w.-]+\.(?:md|rs|toml))`", how_to):
        command = ["git", "check-ignore", "--quiet", f"{name}/"]
        if not (ROOT / name).exists() and subprocess.run(command, cwd=ROOT).returncode:
            yield f"CONTRIBUTING.md: no such path: {name}"


def crates(*tables, manifest="Cargo.toml"):
    manifest = tomllib.loads((ROOT / manifest).read_text())
    return {name for table in tables for name in manifest.get(table, {})}


def go_modules(manifest):
    lines = (line.strip() for line in manifest.read_text().splitlines())
    required = re.compile(r"(?:require )?([\w.-]+\.[\w.-]+/\S+) v\S+$")
    return {match[1] for match in map(required.match, lines) if match}


def java_artifacts(manifest):
    project = xml.parse(manifest).getroot()
    found = project.findall("{*}dependencies/{*}dependency/{*}artifactId")
    return {artifact.text for artifact in found}


def dependencies():
    """What each table of CONTRIBUTING.md has to explain, by its heading."""
    yield "Gateway", crates("dependencies")
    yield "Build and tests of the gateway", crates("dev-dependencies", "build-dependencies")
    yield "Fuzz targets", crates("dependencies", manifest="fuzz/Cargo.toml")
    if (manifest := ROOT / "clients/go/go.mod").exists():
        yield "Go client", go_modules(manifest)
    if (manifest := ROOT / "tests/tracing/go.mod").exists():
        yield "Test of the trace", go_modules(manifest)
    if (manifest := ROOT / "tests/proxies/go.mod").exists():
        yield "Test behind proxies", go_modules(manifest)
    if (manifest := ROOT / "clients/java/pom.xml").exists():
        yield "Java client", java_artifacts(manifest)


def unexplained_dependencies():
    sections = re.split(r"^### (.+)\n", (ROOT / "CONTRIBUTING.md").read_text(), flags=re.MULTILINE)
    tables = dict(zip(sections[1::2], sections[2::2]))
    for heading, used in dependencies():
        rows = re.findall(r"^\| `([^`]+)` +\| \S", tables.get(heading, ""), flags=re.MULTILINE)
        for name in sorted(used - set(rows)):
            yield f"CONTRIBUTING.md, {heading}: no reason for {name}"
        for name in sorted(set(rows) - used):
            yield f"CONTRIBUTING.md, {heading}: {name} is not used"


def packages(lock):
    listed = tomllib.loads((ROOT / lock).read_text())["package"]
    return {(package["name"], package["version"]) for package in listed}


def release_profile(manifest):
    """Its settings for dependencies: what is said of our own crates is left out."""
    profile = tomllib.loads((ROOT / manifest).read_text())["profile"]["release"]
    ours = ("idphoto", "idphoto-fuzz", "libfuzzer-sys")
    kept = {name: of for name, of in profile["package"].items() if name not in ours}
    return {**profile, "package": kept}


def built_twice():
    known = packages("Cargo.lock")
    names = {name for name, _ in known}
    for name, version in sorted(packages("fuzz/Cargo.lock") - known):
        if name in names:
            yield f"fuzz/Cargo.lock: {name} {version} is not in Cargo.lock"
    if release_profile("fuzz/Cargo.toml") != release_profile("Cargo.toml"):
        yield "fuzz/Cargo.toml: the release profile is not that of Cargo.toml"


def main():
    defects = list(unexplained_dependencies()) + list(built_twice())
    defects += unknown_paths()
    for path in documents():
        defects += broken_links(path)
        defects += unknown_targets(path)
    print("\n".join(defects) or "documents: links, paths, targets and dependencies hold")
    return 1 if defects else 0


if __name__ == "__main__":
    sys.exit(main())
