#!/usr/bin/env python3
"""Writes dist/: what other teams take from here. The same commit gives the same bytes."""

import hashlib
import shutil

import archive
import contract
import go
import maven
from tree import DIST, VERSION


def sums():
    files = sorted(path for path in DIST.rglob("*") if path.is_file())
    lines = (f"{hashlib.sha256(file.read_bytes()).hexdigest()}  {file.relative_to(DIST)}\n" for file in files)
    (DIST / "SHA256SUMS").write_text("".join(lines))


def main():
    shutil.rmtree(DIST, ignore_errors=True)
    DIST.mkdir()
    for part in (go, maven, contract, archive):
        part.write()
    sums()
    print(f"dist/ holds version {VERSION}")


if __name__ == "__main__":
    main()
