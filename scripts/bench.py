#!/usr/bin/env python3
"""The project's speed: `make bench`, `make bench-compare`, `make test-bench`.

    scripts/bench.py table [ARGS]     every figure beside its target, in four minutes; the build of
                                      the image, so optimised that it takes minutes, too
    scripts/bench.py compare REV      this tree and another revision side by side in one run
    scripts/bench.py smoke            a debug build, a few calls: all of it runs, nothing is judged

PostgreSQL is measured where it is installed; nothing is installed for it.
"""

import glob
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BASELINE = ROOT / "benches/baseline.json"
TARGET = (ROOT / os.environ.get("CARGO_TARGET_DIR", "target")).resolve()
FLAGS = os.environ.get("CARGO_FLAGS", "--locked").split()
HARNESS = ["--bench", "verification"]


def bench(*arguments: str, **options) -> subprocess.CompletedProcess:
    command = ["cargo", "bench", *FLAGS, *HARNESS, *arguments]
    return subprocess.run(command, **{"cwd": ROOT, "check": True, **options})


def measure(profile: list[str], arguments: list[str], **options) -> subprocess.CompletedProcess:
    """Beside a PostgreSQL of its own, if this machine has one."""
    bench(*profile, "--no-run")
    command = ["cargo", "bench", *FLAGS, *HARNESS, *profile, "--", *arguments]
    if glob.glob("/usr/lib/postgresql/*/bin/initdb"):
        command = [ROOT / "scripts/postgres.sh", "run", *command]
    return subprocess.run(command, cwd=ROOT, check=True, **options)


def table(arguments: list[str]) -> None:
    measure(["--profile", "dist"], arguments)


def compare(revision: str) -> None:
    bench("--no-run")
    folder = TARGET / "compare"
    seed(folder)
    tree = folder / "tree"
    git("worktree", "add", "--quiet", "--force", "--detach", str(tree), revision)
    try:
        # Like ours, with the harness: the dependencies of tests change features of the others.
        bench("--no-run", cwd=tree, env={**os.environ, "CARGO_TARGET_DIR": str(folder)})
    finally:
        git("worktree", "remove", "--force", str(tree))
    print(f"default: this tree; baseline: {revision}", flush=True)
    bench("--", env={**os.environ, "BASELINE": str(folder / "release/idphoto")})


def seed(folder: Path) -> None:
    """Dependencies are those of this tree, mostly. In a folder of its own, since cargo takes two
    trees in one for the same package, and the older files for built."""
    if not folder.exists():
        shutil.copytree(TARGET / "release", folder / "release", symlinks=True)


def git(*arguments: str) -> None:
    subprocess.run(["git", *arguments], cwd=ROOT, check=True)


def smoke() -> None:
    saved = TARGET / "bench-smoke.json"
    run = measure(["--profile", "dev"], ["--quick", f"--save={saved}"], stdout=subprocess.PIPE, text=True)
    print(run.stdout)
    rows = {row["key"]: row for row in json.loads(saved.read_text())["rows"]}
    expected = [row["key"] for row in json.loads(BASELINE.read_text())["rows"]]
    # A row may be younger than the last release.
    problems = [f"{key}: in {BASELINE.name}, and not in this run" for key in set(expected) - set(rows)]
    for key, row in rows.items():
        if row["value"] is None and not row["verdict"].startswith("not measured: "):
            problems.append(f"{key}: no value")
        if row["figure"] not in run.stdout:
            problems.append(f"{key}: not in the table")
    if problems:
        sys.exit("\n".join(problems))


def main(arguments: list[str]) -> None:
    match arguments:
        case ["table", *rest]:
            table(rest)
        case ["compare", revision] if revision:
            compare(revision)
        case ["smoke"]:
            smoke()
        case _:
            sys.exit(f"{__doc__}\n(make bench-compare REV=REVISION)")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except subprocess.CalledProcessError as error:
        sys.exit(f"failed: {error.cmd}")
