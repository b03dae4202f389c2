"""A gateway with its sandbox, on ports that are free."""

import os
import subprocess
from pathlib import Path

from pages import ROOT

LINE = "gRPC listening on "


class Gateway:
    def __enter__(self):
        target = os.environ.get("CARGO_TARGET_DIR", "target")
        program = os.environ.get("IDPHOTO_BIN") or ROOT / target / "release" / "idphoto"
        command = [Path(program).resolve(), "serve", "--sandbox", "--listen", "127.0.0.1:0"]
        command += ["--set", "admin.listen=127.0.0.1:0", "--set", "server.drain_delay=0s"]
        self.process = subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        for line in self.process.stdout:
            if line.startswith(LINE):
                self.address = line.removeprefix(LINE).strip()
                return self
        raise SystemExit(f"the gateway did not start: exit code {self.process.wait()}")

    def __exit__(self, *_):
        self.process.terminate()
        self.process.communicate()
