#!/usr/bin/env python3
"""Runs gateway and sandbox of deploy/compose.yaml as two processes: tests/deploy/run.py

Commands, environment and health checks are those of the compose file; only addresses, the shared
folder and the program are this machine's. IDPHOTO_BIN names the binary. No container engine.
"""

import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent.parent
sys.path.insert(0, str(ROOT / "tests/observability"))

from process import Process  # noqa: E402

PROGRAM = "/usr/local/bin/idphoto"
PATIENCE = 30


class Container:
    """A service of the compose file, on loopback and free ports."""

    def __init__(self, service, replaced):
        self.service, self.replaced = service, replaced
        environment = {key: self.here(value) for key, value in service["environment"].items()}
        self.environment = {"PATH": os.environ["PATH"], **environment}

    def here(self, text):
        for there, here in self.replaced.items():
            text = text.replace(there, here)
        return text

    def start(self):
        command = [PROGRAM, *self.service["command"]]
        # Process takes over what this process has of variables, so env(1) puts ours.
        variables = [f"{key}={value}" for key, value in self.environment.items()]
        return Process(["env", "-i", *variables, *map(self.here, command)], "/")

    def check(self):
        """Exit code and text of the health check."""
        command = [self.here(word) for word in self.service["healthcheck"]["test"][1:]]
        done = subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=PATIENCE
        )
        return done.returncode, done.stdout + done.stderr


def services():
    command = [ROOT / ".tools/bin/compose-go", "--format", "json", "compose.yaml"]
    loaded = subprocess.run(command, cwd=ROOT / "deploy", check=True, capture_output=True, timeout=PATIENCE)
    return json.loads(loaded.stdout)["services"]


def verify(binary, address, folder):
    """Exit code and text of a verification."""
    customer = json.dumps({"name": "李雷", "id_number": "11010519491231002X"})
    command = [binary, "verify", "--target", f"http://{address}", "--customer-file", "-"]
    command += ["--photo", str(ROOT / "assets/demo/portrait.jpg"), "--usage-scenario", "account opening"]
    command += ["--purpose", "know your customer", "--agreement-version", "terms 3.1"]
    command += ["--agreement-serial", "20260101000001"]
    done = subprocess.run(command, input=customer, capture_output=True, text=True, cwd=folder, timeout=PATIENCE)
    return done.returncode, done.stdout + done.stderr


def try_out(binary, folder, running):
    """Complaints, one for each look."""
    found = services()
    # No collector listens here: what it would get is lost, and no call waits for it.
    shared = {PROGRAM: binary, "/sandbox": str(folder), "/var/lib/idphoto": str(folder), "collector:4317": "127.0.0.1:9"}
    sandbox = Container(found["sandbox"], {**shared, "0.0.0.0:8080": "127.0.0.1:0"})
    running.append(sandbox.start())
    port = running[-1].told(re.compile(r"^sandbox listening on http://127\.0\.0\.1:(\d+)"))
    code, text = sandbox.check()
    yield "health check of the sandbox", code and text
    # First: the folder has the name of the host.
    here = {"http://sandbox:8080": f"http://127.0.0.1:{port}", "0.0.0.0:50051": "127.0.0.1:0"}
    gateway = Container(found["gateway"], {**here, "0.0.0.0:9464": "127.0.0.1:0", **shared})
    running.append(gateway.start())
    address = running[-1].told(re.compile(r"^gRPC listening on (\S+)"))
    gateway.replaced["127.0.0.1:50051"] = address
    code, text = gateway.check()
    yield "health check of the gateway", code and text
    code, text = verify(binary, address, folder)
    yield "a verification", code and text
    running[0].stop()
    code, text = sandbox.check()
    yield "health check without a sandbox", "" if code else f"healthy: {text}"


def main():
    binary, running, passed, failed = os.environ["IDPHOTO_BIN"], [], 0, 0
    with tempfile.TemporaryDirectory() as folder:
        try:
            for what, complaint in try_out(binary, Path(folder), running):
                passed, failed = passed + (not complaint), failed + bool(complaint)
                if complaint:
                    print(f"failed: {what}\n  {complaint}")
        except RuntimeError as error:
            failed += 1
            print(f"failed: a start\n  {error}")
        finally:
            for process in running[::-1]:
                process.stop()
    print(f"{passed} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
