#!/usr/bin/env python3
"""A fork's command changes the Go module's path everywhere: tried on a copy of the tree, which then builds."""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from pages import ROOT

# In two halves: the command would change it here, too.
OLD = "idphoto.example" + "/clients/go"
NEW = "git.example/team/idphoto/clients/go"


def copied(folder):
    """What git knows, with the tools of this tree, as a repository of its own."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True, text=True)
    for name in filter(None, listed.stdout.split("\0")):
        if (ROOT / name).is_file():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / name, folder / name)
    (folder / ".tools").symlink_to(ROOT / ".tools")
    subprocess.run(["git", "init", "--quiet"], cwd=folder, check=True)
    subprocess.run(["git", "add", "--all"], cwd=folder, check=True)


def forked(folder):
    """Whether the old path is gone and both modules build."""
    subprocess.run(["scripts/fork-module.sh", NEW], cwd=folder, check=True)
    left = subprocess.run(["git", "grep", "-lF", OLD], cwd=folder, capture_output=True, text=True)
    if left.stdout:
        print(f"{OLD} is still in:\n{left.stdout}", end="")
        return False
    builds = [
        subprocess.run(["go", "vet", "./..."], cwd=folder / module, check=False)
        for module in ("clients/go", "tests/tracing", "tests/proxies")
    ]
    return not any(build.returncode for build in builds)


def main():
    with tempfile.TemporaryDirectory() as folder:
        copied(Path(folder))
        good = forked(Path(folder))
    print(f"{int(good)} passed, {int(not good)} failed")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
