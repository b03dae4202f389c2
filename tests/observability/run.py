#!/usr/bin/env python3
"""Has a real Prometheus watch a real gateway, and looks at what both tell.

IDPHOTO_BIN names the binary; promtool, prometheus and grpcurl are in .tools/bin. Everything
listens on loopback and free ports. The last line is `N passed, M failed`.
"""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import checks
from gateway import Gateway
from prometheus import Prometheus, eventually

ROOT = Path(__file__).resolve().parent.parent.parent
TOOLS = ROOT / ".tools/bin"
RULES = ROOT / "deploy/prometheus"
DASHBOARD = ROOT / "deploy/grafana/idphoto.json"
METRICS = ROOT / "docs/metrics.md"
# Scrapes between two rounds of calls, and the seconds they may take.
SCRAPES = 3
PATIENCE = 60


class Results:
    """Counts, and tells of each failure at once."""

    def __init__(self):
        self.passed = self.failed = 0

    def add(self, what, complaint):
        """A check, with what is wrong or nothing."""
        if complaint:
            self.failed += 1
            print(f"failed: {what}\n  {complaint}", flush=True)
        else:
            self.passed += 1

    def add_all(self, what, complaints):
        self.add(what, "\n  ".join(complaints))


def drive(gateway, prometheus, results):
    """Two rounds of calls: a rate needs two values."""
    # It is told a moment after the start.
    sized = eventually(lambda: "idphoto_ledger_size_bytes" in gateway.metrics(), PATIENCE)
    results.add("size of the ledger", "" if sized else "was not told in time")
    for number in (1, 2):
        for what, code, expected in gateway.calls():
            results.add(f"round {number}, {what}", code != expected and f"{code}, not {expected}")
        in_time = prometheus.wait_for_scrapes(SCRAPES, PATIENCE)
        results.add(f"round {number}, scrapes", "" if in_time else "did not come in time")


def look(gateway, prometheus, results):
    tool, page = str(TOOLS / "promtool"), gateway.metrics()
    results.add("promtool check metrics", checks.page(tool, page))
    results.add_all("docs/metrics.md", checks.documented(page, METRICS.read_text()))
    results.add("target", checks.target(prometheus))
    results.add_all("rules", checks.rules(prometheus))
    results.add_all("selectors of the rules", checks.selectors(prometheus))
    for title, query in checks.panels(DASHBOARD.read_text()):
        results.add(f"panel {title!r}", asked(prometheus, query))


def asked(prometheus, query):
    try:
        return "" if prometheus.query(query) else f"no series: {query}"
    except RuntimeError as error:
        return f"{error}: {query}"


def watched(folder, results):
    """Starts both, and ends them whatever happens."""
    up = []
    try:
        gateway = Gateway(os.environ["IDPHOTO_BIN"], str(TOOLS / "grpcurl"), folder)
        up.append(gateway)
        prometheus = Prometheus(str(TOOLS / "prometheus"), RULES, gateway.admin, folder)
        up.append(prometheus)
        drive(gateway, prometheus, results)
        look(gateway, prometheus, results)
    except (RuntimeError, subprocess.SubprocessError) as error:
        results.add("start", str(error))
    finally:
        for running in reversed(up):
            running.stop()


def main():
    results = Results()
    with tempfile.TemporaryDirectory(prefix="idphoto-prometheus-") as folder:
        watched(Path(folder), results)
    print(f"{results.passed} passed, {results.failed} failed")
    return 1 if results.failed or not results.passed else 0


if __name__ == "__main__":
    sys.exit(main())
