#!/usr/bin/env python3
"""Tests wait for events and do not sleep: fails on a sleep that has no reason.

It has one on a paused clock: in a test with `start_paused = true`, or in a file whose tests all
have that. Elsewhere a line above it begins `Sleeps:` and says why: between two questions of a poll
with a generous limit, or where time itself is tested.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SLEEP = re.compile(r"\b[sS]leep\(")
REASON = re.compile(r"\s*(//|#) Sleeps: \S")
TEST = re.compile(r"#\[(tokio::)?test\b.*")
FILES = ["tests/*", "src/*.rs", "clients/go/*_test.go", "clients/java/src/test/*"]
PRODUCTION = re.compile(r"src/(?!.*\btests\b)")


def without_reason(path):
    """The numbers of lines that sleep for no reason."""
    text = (ROOT / path).read_text()
    lines = text.splitlines()
    mine = not PRODUCTION.match(path)
    tests = [found[0] for found in TEST.finditer(text)]
    paused = tests and all("start_paused = true" in test for test in tests)
    test = ""
    for number, line in enumerate(lines):
        mine = mine or line.startswith("mod tests {")
        test = line if TEST.search(line) else test
        if not mine or not SLEEP.search(line) or line.lstrip().startswith(("//", "#", "use ")):
            continue
        if not (paused or "start_paused = true" in test or REASON.match(lines[number - 1])):
            yield number + 1


def main():
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--", *FILES]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    paths = [path for path in listed.stdout.split() if path.endswith((".rs", ".go", ".java", ".py"))]
    defects = [
        f"{path}:{number}: a test sleeps: wait for an event, or say why (// Sleeps: …)"
        for path in paths
        if (ROOT / path).exists()
        for number in without_reason(path)
    ]
    print("\n".join(defects) or "tests: none sleeps without a reason")
    return 1 if defects else 0


if __name__ == "__main__":
    sys.exit(main())
