#!/usr/bin/env python3
"""Runs every command of README.md, as a reader would, from top to bottom.

A block ```sh runs in bash from the project's root and must succeed; a block ```text
right below it shows its output: each line must come in it, in this order, with … standing
for anything. A comment before a block changes that:

    <!-- not run: reason -->               the block is shown only
    <!-- stays up: gRPC listening on -->   it runs on until the end; the next block waits
                                           for a line that begins so

A gateway takes a free port, and 127.0.0.1:50051 in later blocks is put right.
"""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
USUAL_ADDRESS = "127.0.0.1:50051"
ADDRESS_LINE = "gRPC listening on "
# The first block may have to build everything.
PATIENCE = 1800
START_PATIENCE = 30
BLOCK = re.compile(
    r"(?:<!-- (?P<mark>.+?) -->\n+)?^```sh\n(?P<code>.*?)^```$"
    r"(?:\n+```text\n(?P<output>.*?)^```$)?",
    flags=re.MULTILINE | re.DOTALL,
)


class Running:
    """A block in a process group of its own, echoed while its output is kept."""

    def __init__(self, code):
        self.output = ""
        self.process = subprocess.Popen(
            ["bash", "-euo", "pipefail", "-c", code],
            cwd=ROOT,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )
        self.reader = threading.Thread(target=self.read)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            print(f"  {line}", end="", flush=True)
            self.output += line

    def end(self, patience):
        """The exit code."""
        try:
            code = self.process.wait(patience)
        except subprocess.TimeoutExpired:
            self.stop()
            return "none in time"
        self.reader.join(START_PATIENCE)
        return code

    def line_after(self, beginning):
        """The rest of the first line that begins so; None when it does not come."""
        end = time.monotonic() + START_PATIENCE
        pattern = re.compile(rf"^{re.escape(beginning)}(.*)\n", flags=re.MULTILINE)
        while time.monotonic() < end:
            if found := pattern.search(self.output):
                return found[1].strip()
            if self.process.poll() is not None:
                return None
            time.sleep(0.05)
        return None

    def stop(self):
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGTERM)
        self.process.wait(START_PATIENCE)


def environment():
    """The reader's, with an idphoto that takes a free port and no other settings."""
    kept = {name: value for name, value in os.environ.items() if name[:8] != "IDPHOTO_"}
    release = Path(os.environ.get("CARGO_TARGET_DIR", "target")).joinpath("release")
    path = [str(ROOT / release), str(ROOT / ".tools/bin"), kept.get("PATH", "")]
    return kept | {"PATH": ":".join(path), "IDPHOTO_SERVER__LISTEN": "127.0.0.1:0"}


def shown(expected, output):
    """Whether the lines come in this order."""
    position = 0
    for line in filter(None, map(str.strip, expected.splitlines())):
        pattern = ".*?".join(map(re.escape, line.split("…")))
        found = re.compile(pattern).search(output, position)
        if not found:
            print(f"  not in the output: {line}")
            return False
        position = found.end()
    return True


def blocks():
    return [match.groupdict() for match in BLOCK.finditer((ROOT / "README.md").read_text())]


def run(block, address, stay):
    """Runs one block: whether it did as the README says, and the gateway's address."""
    code = block["code"].replace(USUAL_ADDRESS, address)
    print(f"$ {code.rstrip()}", flush=True)
    mark = block["mark"] or ""
    running = Running(code)
    if mark.startswith("stays up: "):
        stay.append(running)
        beginning = mark.removeprefix("stays up: ")
        rest = running.line_after(beginning)
        if rest and beginning.strip() == ADDRESS_LINE.strip():
            address = rest
        return rest is not None, address
    code = running.end(PATIENCE)
    if code != 0:
        print(f"  exit code: {code}")
    return code == 0 and shown(block["output"] or "", running.output), address


def main():
    stay, results, address = [], [], USUAL_ADDRESS
    try:
        for block in blocks():
            if (block["mark"] or "").startswith("not run: "):
                continue
            good, address = run(block, address, stay)
            results.append(good)
    finally:
        for running in reversed(stay):
            running.stop()
    failed = results.count(False)
    print(f"{results.count(True)} passed, {failed} failed")
    return 1 if failed or not results else 0


if __name__ == "__main__":
    sys.exit(main())
