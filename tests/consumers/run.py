#!/usr/bin/env python3
"""Builds a Go program and two Maven projects outside the repository, from dist/ and the clients' pages alone, and runs
them. One of the two is a module.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from gateway import Gateway
from pages import ADDRESS, ROOT, install

DIST = ROOT / "dist"
PHOTO = ROOT / "tests" / "data" / "photos" / "face-256.jpg"


def go_environment(folder):
    """A module cache of its own, filled from this machine's: an older dist/ must not be found there."""
    said = subprocess.run(["go", "env", "GOMODCACHE", "GOPROXY"], check=True, capture_output=True, text=True)
    cache, proxy = said.stdout.split("\n")[:2]
    return {
        "GOMODCACHE": f"{folder}/.modules",
        "GOPROXY": f"file://{cache}/cache/download,{proxy}",
        "GOFLAGS": "-modcacherw -buildvcs=false",
    }


def forget_java():
    """The local repository keeps a version for ever; the one under test is that of dist/. Snapshots are the developer's."""
    local = Path.home() / ".m2" / "repository" / "example" / "idphoto" / "idphoto-client"
    for release in (DIST / "maven" / "example" / "idphoto" / "idphoto-client").glob("*/"):
        shutil.rmtree(local / release.name, ignore_errors=True)


def compared(said):
    """Whether the program had an answer; how much alike is the sandbox's affair. Maven colours a line's beginning."""
    return re.search(r"alike enough: (true|false)$", said, re.MULTILINE) is not None


def consume(page, address, environment=lambda folder: {}, part=None):
    """Whether what the page shows compares a photo."""
    files, commands = install(page, part)
    with tempfile.TemporaryDirectory() as folder:
        for name, content in files.items():
            path = Path(folder) / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)
        shutil.copyfile(PHOTO, Path(folder) / "face.jpg")
        ended = subprocess.run(
            ["bash", "-euo", "pipefail", "-c", commands.replace(ADDRESS, address)],
            cwd=folder,
            env=os.environ | environment(folder) | {"DIST": str(DIST)},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
    print(ended.stdout)
    good = ended.returncode == 0 and compared(ended.stdout)
    print(f"{'ok' if good else 'FAILED'}: the consumer of {page}{f', {part}' if part else ''}", flush=True)
    return good


def main():
    with Gateway() as gateway:
        forget_java()
        results = [
            consume("clients/go/README.md", gateway.address, go_environment),
            consume("clients/java/README.md", gateway.address),
            consume("clients/java/README.md", gateway.address, part="On the module path"),
        ]
        forget_java()
    print(f"{results.count(True)} passed, {results.count(False)} failed")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
