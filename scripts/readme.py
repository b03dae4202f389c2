#!/usr/bin/env python3
"""Runs every command of README.md, as a reader would, from top to bottom.

A block ```sh runs in bash from the project's root and must succeed. A block ```text of the
same section shows its output: each line must come in it, in this order, with … standing for
anything. A comment before a block changes that:

    <!-- not run: reason -->               the block is shown only
    <!-- stays up: gRPC listening on -->   it runs on until the end; the next block waits
                                           for a line that begins so

A gateway takes free ports, and 127.0.0.1:50051 and 127.0.0.1:9464 in later blocks are put
right.
"""

import os
import re
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BINARY = "target/release/idphoto"
ADDRESS = "127.0.0.1:50051"
ADDRESS_LINE = "gRPC listening on"
ADMIN_ADDRESS = "127.0.0.1:9464"
# Comes before the other one.
ADMIN_LINE = "admin listening on http://"
# Seconds. A block may have to build everything.
PATIENCE = 1800
START_PATIENCE = 30
END_PATIENCE = 90


@dataclass
class Block:
    code: str
    mark: str = ""
    output: str = ""


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

    def end(self):
        """Waits for the end: the exit code, None when it did not come in time."""
        try:
            code = self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.stop()
            return None
        self.reader.join(END_PATIENCE)
        return code

    def line_after(self, beginning):
        """The rest of the first line that begins so, None when it does not come."""
        pattern = re.compile(rf"^{re.escape(beginning)}(.*)\n", flags=re.MULTILINE)
        end = time.monotonic() + START_PATIENCE
        while time.monotonic() < end:
            if found := pattern.search(self.output):
                return found[1].strip()
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        return None

    def stop(self):
        """Ends it as an operator would, and by force when that does not help."""
        for number in (signal.SIGTERM, signal.SIGKILL):
            if self.process.poll() is None:
                os.killpg(self.process.pid, number)
            try:
                return self.process.wait(END_PATIENCE)
            except subprocess.TimeoutExpired:
                print(f"  did not end after {number.name}")
        return None


def environment():
    """The reader's, with the tools on the path, free ports and a short end for a gateway."""
    kept = {name: value for name, value in os.environ.items() if name[:8] != "IDPHOTO_"}
    path = f"{ROOT}/.tools/bin:{kept.get('PATH', '')}"
    settings = {
        "IDPHOTO_SERVER__LISTEN": "127.0.0.1:0",
        "IDPHOTO_ADMIN__LISTEN": "127.0.0.1:0",
        "IDPHOTO_SERVER__DRAIN_DELAY": "0s",
    }
    return kept | settings | {"PATH": path}


def blocks(text):
    """The blocks that are run or shown, each with the output shown in its section."""
    found, mark = [], ""
    fence = re.compile(r"^```(\w*)\n(.*?)^```\n|^<!-- (.+?) -->\n|^#+ ", re.MULTILINE | re.DOTALL)
    here = None
    for language, content, comment in (match.groups() for match in fence.finditer(text)):
        if comment:
            mark = comment
        elif language == "sh":
            here = Block(content, mark)
            found.append(here)
            mark = ""
        elif language == "text" and here:
            here.output += content
        elif language is None:
            here = None
    return found


def comes_in(expected, output):
    """Whether the expected lines come in this order."""
    position = 0
    for line in filter(None, map(str.strip, expected.splitlines())):
        pattern = ".*?".join(map(re.escape, line.split("…")))
        found = re.compile(pattern).search(output, position)
        if not found:
            print(f"  not in the output: {line}")
            return False
        position = found.end()
    return True


class Reader:
    """Goes through the blocks, and knows what is up and where the gateway is."""

    def __init__(self):
        self.up = []
        self.addresses = {ADDRESS: ADDRESS, ADMIN_ADDRESS: ADMIN_ADDRESS}
        target = os.environ.get("CARGO_TARGET_DIR", "target")
        self.binary = BINARY.replace("target", target, 1)

    def follow(self, block):
        """Whether the block did what the README says."""
        print(f"$ {block.code.rstrip()}", flush=True)
        code = block.code.replace(BINARY, self.binary)
        for shown, real in self.addresses.items():
            code = code.replace(shown, real)
        running = Running(code)
        if block.mark.startswith("stays up: "):
            return self.leave_up(running, block.mark.removeprefix("stays up: "))
        code = running.end()
        if code != 0:
            print(f"  exit code: {code}")
        return code == 0 and comes_in(block.output, running.output)

    def leave_up(self, running, beginning):
        self.up.append(running)
        rest = running.line_after(beginning)
        if rest is None:
            print(f"  no line that begins with: {beginning}")
        elif beginning == ADDRESS_LINE:
            self.addresses[ADDRESS] = rest
            self.addresses[ADMIN_ADDRESS] = running.line_after(ADMIN_LINE) or ADMIN_ADDRESS
        return rest is not None

    def close(self):
        for running in reversed(self.up):
            running.stop()


def main():
    reader, results = Reader(), []
    try:
        for block in blocks((ROOT / "README.md").read_text()):
            if not block.mark.startswith("not run: "):
                results.append(reader.follow(block))
    finally:
        reader.close()
    failed = results.count(False)
    print(f"{len(results) - failed} passed, {failed} failed")
    return 1 if failed or not results else 0


if __name__ == "__main__":
    sys.exit(main())
