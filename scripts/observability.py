#!/usr/bin/env python3
"""Checks what deploy/ promises: scripts/observability.py

- Each alert has a severity, a summary, a description and its own entry in the runbook, and
  the runbook has no other.
- Each alert has a test in which it fires and one in which it stays silent.
- The dashboard is as generated, and its panels are sound.
- Alerts and dashboard use only metrics of docs/metrics.md and rules of recording.yaml.
"""

import json
import re
import subprocess
import sys
from itertools import combinations
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RULES = ROOT / "deploy/prometheus"
DASHBOARD = ROOT / "deploy/grafana/idphoto.json"
RUNBOOK = ROOT / "docs/operations.md"
METRICS = ROOT / "docs/metrics.md"
SEVERITIES = {"critical", "warning"}


def alerts():
    """The text of each alert by its name, as alerts.yaml writes them."""
    parts = re.split(r"^ +- alert: (\w+)\n", (RULES / "alerts.yaml").read_text(), flags=re.MULTILINE)
    return dict(zip(parts[1::2], parts[2::2]))


def bad_alerts():
    for name, text in alerts().items():
        severity = re.search(r"^ +labels: \{severity: (\w+)\}$", text, flags=re.MULTILINE)
        if not severity or severity[1] not in SEVERITIES:
            yield f"{name}: no severity"
        for annotation in ("summary", "description"):
            if not re.search(rf"^ +{annotation}: \S", text, flags=re.MULTILINE):
                yield f"{name}: no {annotation}"
        if f"runbook_url: docs/operations.md#{name.lower()}\n" not in text:
            yield f"{name}: runbook_url does not lead to its entry"


def bad_runbook():
    section = re.search(r"^## Alerts\n(.*?)(?=^## |\Z)", RUNBOOK.read_text(), re.MULTILINE | re.DOTALL)
    entries = re.findall(r"^### (.+)\n", section[1] if section else "", flags=re.MULTILINE)
    yield from differences("docs/operations.md", alerts(), entries)


def differences(where, wanted, found):
    for name in wanted:
        if name not in found:
            yield f"{where}: nothing about {name}"
    for name in found:
        if name not in wanted:
            yield f"{where}: no such alert: {name}"


def tests():
    """Name, input and expectation of each look at an alert."""
    for file in sorted((RULES / "tests").glob("*.yaml")):
        for test in re.split(r"^  - interval:", file.read_text(), flags=re.MULTILINE)[1:]:
            given, *looks = re.split(r"^ +- expr: ", test, flags=re.MULTILINE)
            for look in looks:
                name = re.match(r'ALERTS\{alertname="(\w+)", alertstate="firing"\}\n', look)
                yield name[1] if name else look.splitlines()[0], given, look


def bad_tests():
    """A test in which one of two series stays silent counts for both."""
    fires, silent = set(), set()
    for name, given, look in tests():
        if "value: 1" in look:
            fires.add(name)
        if "exp_samples: []" in look or ('"under"' in given and '"under"' not in look):
            silent.add(name)
    yield from differences("tests in which it fires", alerts(), fires)
    yield from differences("tests in which it stays silent", alerts(), silent)


def bad_dashboard():
    generator = [sys.executable, str(DASHBOARD.with_name("dashboard.py")), "--check"]
    run = subprocess.run(generator, capture_output=True, text=True, timeout=60)
    if run.returncode:
        yield (run.stdout + run.stderr).strip()
    panels = json.loads(DASHBOARD.read_text())["panels"]
    numbers = [panel["id"] for panel in panels]
    if len(numbers) != len(set(numbers)):
        yield "dashboard: two panels have the same id"
    for one, other in combinations(panels, 2):
        if overlap(one["gridPos"], other["gridPos"]):
            yield f"dashboard: {one['title']!r} lies over {other['title']!r}"
    for panel in panels:
        yield from bad_panel(panel)


def overlap(one, other):
    return (
        one["x"] < other["x"] + other["w"]
        and other["x"] < one["x"] + one["w"]
        and one["y"] < other["y"] + other["h"]
        and other["y"] < one["y"] + one["h"]
    )


def bad_panel(panel):
    if panel["gridPos"]["x"] + panel["gridPos"]["w"] > 24:
        yield f"dashboard: {panel['title']!r} is too wide"
    if panel["type"] == "row":
        return
    if not panel["fieldConfig"]["defaults"].get("unit"):
        yield f"dashboard: {panel['title']!r} has no unit"
    letters = [target["refId"] for target in panel["targets"]]
    if not letters or len(letters) != len(set(letters)):
        yield f"dashboard: {panel['title']!r} has no target, or two of one letter"
    for target in panel["targets"]:
        if not target["expr"] or 'job=~"$job", instance=~"$instance"' not in target["expr"]:
            yield f"dashboard: {panel['title']!r} ignores the selection"


def queries():
    """Where each query stands, and its text without quoted values."""
    for file in (RULES / "alerts.yaml", RULES / "recording.yaml"):
        yield file.name, re.sub(r'"[^"\n]*"', "", "\n".join(expressions(file.read_text())))
    for panel in json.loads(DASHBOARD.read_text())["panels"]:
        for target in panel.get("targets", []):
            yield f"panel {panel['title']!r}", re.sub(r'"[^"]*"', "", target["expr"])


def expressions(text):
    """The expressions of a file of rules."""
    return re.findall(r"^ +expr: (?:\|-\n)?(.+?)(?=\n +\w+:|\n\n|\Z)", text, re.MULTILINE | re.DOTALL)


def unknown_metrics():
    described = re.findall(r"^\| `[a-z0-9_.]+` \| `(\w+)` \|", METRICS.read_text(), re.MULTILINE)
    known = {name + end for name in described for end in ("", "_bucket", "_sum", "_count")}
    recorded = set(re.findall(r"- record: (\S+)", (RULES / "recording.yaml").read_text()))
    for where, text in queries():
        for name in re.findall(r"(?<![\w:])(?:idphoto|process|rpc_server)_\w+(?![\w:])", text):
            if name not in known:
                yield f"{where}: no such metric: {name}"
        for name in re.findall(r"(?<![\w:])\w+:[\w:]+", text):
            if name not in recorded:
                yield f"{where}: no such rule: {name}"


def main():
    defects = [*bad_alerts(), *bad_runbook(), *bad_tests(), *bad_dashboard()]
    defects += unknown_metrics() if METRICS.exists() else []
    if not alerts():
        defects.append("alerts.yaml: no alert")
    print("\n".join(defects) or f"{len(alerts())} alerts: runbook, tests and dashboard hold")
    return 1 if defects else 0


if __name__ == "__main__":
    sys.exit(main())
