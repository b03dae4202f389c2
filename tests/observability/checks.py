"""What is looked at: the page of metrics, the rules, the dashboard's queries."""

import json
import re
import subprocess

from prometheus import eventually

# Seconds.
PATIENCE = 60
# What Grafana puts in for its variables.
VARIABLES = {
    "$job": ".*",
    "$instance": ".*",
    "$__rate_interval": "5m",
    "$__range": "1h",
}
# Alerts that the calls and the certificates of this test have to set off: those that wait for no time to pass.
FIRING = {
    "IdphotoUpiRefused",
    "IdphotoOutcomeUnknown",
    "IdphotoUnknownResponseCode",
    "IdphotoNotPermitted",
    "IdphotoKeyExpiresSoon",
    "IdphotoKeyExpiresThisWeek",
}
# With a gateway that is up and has no expired key.
SILENT = {"IdphotoDown", "IdphotoNoneUp", "IdphotoRestarting", "IdphotoKeyExpired"}

# A name with labels, or one of ours without. Recorded names have colons in them.
SELECTOR = re.compile(
    r"(?<![\w:])(?:[a-z_][\w:]*\{[^}]*\}|(?:idphoto_\w+|job\w*:[\w:]+)(?![\w:{]))"
)


def page(promtool, text):
    """What promtool has against the page of metrics."""
    run = subprocess.run(
        [promtool, "check", "metrics"], input=text, capture_output=True, text=True, timeout=PATIENCE
    )
    complaints = "\n  ".join((run.stdout + run.stderr).splitlines())
    return complaints or (run.returncode and f"exit code {run.returncode}")


def documented(page, text):
    """Metrics of docs/metrics.md that the page does not have."""
    names = re.findall(r"^\| `[a-z0-9_.]+` \| `([a-z0-9_]+)` \|", text, flags=re.MULTILINE)
    if not names:
        yield "docs/metrics.md: no metric"
    there = set(re.findall(r"^# TYPE (\S+)", page, flags=re.MULTILINE))
    for name in names:
        if name not in there:
            yield f"/metrics has no {name}"


def target(prometheus):
    for found in prometheus.targets():
        if found["health"] == "up" and not found["lastError"]:
            return ""
    return f"the target is not up: {prometheus.targets()}"


def rules(prometheus):
    """Rules that failed, and alerts that should fire and do not, or the other way round."""
    evaluated = lambda: all(rule["health"] != "unknown" for rule in prometheus.rules())
    if not eventually(evaluated, PATIENCE):
        yield "not all rules were evaluated in time"
    eventually(lambda: FIRING <= firing(prometheus), PATIENCE)
    for rule in prometheus.rules():
        if rule["health"] != "ok":
            yield f"{rule['name']}: {rule.get('lastError', 'not evaluated')}"
        for alert in rule.get("alerts", []):
            # What Prometheus puts in the place of a text that it cannot fill in.
            yield from (text for text in alert["annotations"].values() if "<error" in text)
    for name in sorted(FIRING - firing(prometheus)):
        yield f"{name} does not fire"
    for name in sorted(SILENT & firing(prometheus)):
        yield f"{name} fires"


def firing(prometheus):
    return {rule["name"] for rule in prometheus.rules() if rule.get("state") == "firing"}


def selectors(prometheus):
    """Selectors of the rules that find nothing: a name or a label that nobody exports."""
    expressions = {rule["query"] for rule in prometheus.rules()}
    found = {selector for text in expressions for selector in SELECTOR.findall(text)}
    if len(found) < len(expressions) // 2:
        yield f"only {len(found)} selectors in {len(expressions)} rules"
    for selector in sorted(found):
        if not prometheus.query(selector):
            yield f"no series: {selector}"


def panels(dashboard):
    """Title and query of each target, with the variables replaced."""
    for panel in json.loads(dashboard)["panels"]:
        for target in panel.get("targets", []):
            query = target["expr"]
            for variable, value in VARIABLES.items():
                query = query.replace(variable, value)
            yield panel["title"], query
