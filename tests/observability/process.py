"""Processes that this test starts, and ends by their id."""

import subprocess
import threading
import time

# Seconds.
START_PATIENCE = 30
END_PATIENCE = 15


class Process:
    """A process whose output is kept, and looked through for what it tells."""

    def __init__(self, command, cwd):
        self.name = command[0].rpartition("/")[2]
        self.output = []
        self.process = subprocess.Popen(
            command,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self):
        for line in self.process.stdout:
            self.output.append(line.rstrip())

    def told(self, pattern):
        """The first group of the first line that matches.

        Raises RuntimeError with the last lines when none comes in time.
        """
        end = time.monotonic() + START_PATIENCE
        while time.monotonic() < end:
            ended = self.process.poll() is not None
            for found in filter(None, map(pattern.search, list(self.output))):
                return found[1]
            if ended:
                break
            # Sleeps: between two questions.
            time.sleep(0.05)
        last = "\n  ".join(self.output[-20:])
        raise RuntimeError(f"{self.name} does not tell {pattern.pattern!r}:\n  {last}")

    def stop(self):
        """Ends it as an operator would, and by force when that does not help."""
        for end in (self.process.terminate, self.process.kill):
            if self.process.poll() is None:
                end()
            try:
                self.process.wait(END_PATIENCE)
                return
            except subprocess.TimeoutExpired:
                continue
