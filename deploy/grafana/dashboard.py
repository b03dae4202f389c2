#!/usr/bin/env python3
"""Writes the dashboard beside it from panels.py: dashboard.py [--check]

With --check it writes nothing, and fails when idphoto.json is not what it would write.
"""

import json
import sys
from pathlib import Path

from panels import COLOURS, ROWS

FILE = Path(__file__).with_name("idphoto.json")
WIDTH = 24
DATASOURCE = {"type": "prometheus", "uid": "${datasource}"}
JOBS = "label_values(idphoto_build_info, job)"
INSTANCES = 'label_values(idphoto_build_info{job=~"$job"}, instance)'
SELECTION = 'job=~"$job", instance=~"$instance"'


def targets(panel):
    # A bar for each bucket, or one value: the last is all that such panels show.
    instant = panel.kind in ("stat", "bargauge")
    for letter, (query, legend) in zip("ABCDEFGH", panel.targets):
        yield {
            "refId": letter,
            "datasource": DATASOURCE,
            "expr": query.replace("%", SELECTION),
            "legendFormat": legend,
            "format": "heatmap" if panel.buckets else "time_series",
            "instant": instant,
            "range": not instant,
        }


def thresholds(panel):
    """Grafana wants them rising, the first without a value."""
    colours, values = ["green", "yellow", "red"][: len(panel.limits) + 1], [*panel.limits]
    if panel.falling:
        colours, values = colours[::-1], values[::-1]
    steps = [{"color": c, "value": v} for c, v in zip(colours, [None, *values])]
    return {"mode": "absolute", "steps": steps}


def colour_overrides():
    return [
        {
            "matcher": {"id": "byName", "options": name},
            "properties": [{"id": "color", "value": {"mode": "fixed", "fixedColor": colour}}],
        }
        for name, colour in COLOURS.items()
    ]


def field_config(panel):
    defaults = {"unit": panel.unit, "thresholds": thresholds(panel)}
    if panel.kind == "timeseries":
        defaults["min"] = None if panel.signed else 0
        defaults["custom"] = {
            "fillOpacity": 20 if panel.stacked else 0,
            "stacking": {"mode": "normal" if panel.stacked else "none"},
            "thresholdsStyle": {"mode": "line" if panel.limits else "off"},
            "showPoints": "never",
        }
    return {"defaults": defaults, "overrides": colour_overrides() if panel.stacked else []}


def options(panel):
    if panel.kind == "timeseries":
        return {
            "legend": {"displayMode": "list", "placement": "bottom"},
            "tooltip": {"mode": "multi", "sort": "desc"},
        }
    if panel.kind == "heatmap":
        return {"calculate": False, "yAxis": {"unit": panel.unit}, "cellGap": 1}
    return {
        "reduceOptions": {"calcs": ["lastNotNull"], "values": False},
        "orientation": "auto",
    }


def drawn(panel, number, x, y):
    return {
        "id": number,
        "type": panel.kind,
        "title": panel.title,
        "description": panel.help,
        "datasource": DATASOURCE,
        "gridPos": {"x": x, "y": y, "w": panel.width, "h": panel.height},
        "fieldConfig": field_config(panel),
        "options": options(panel),
        "targets": list(targets(panel)),
    }


def heading(title, number, y):
    position = {"x": 0, "y": y, "w": WIDTH, "h": 1}
    return {
        "id": number,
        "type": "row",
        "title": title,
        "collapsed": False,
        "gridPos": position,
        "panels": [],
    }


def laid_out():
    """All panels, from left to right, a new line when one is full."""
    found, y = [], 0
    for title, panels in ROWS:
        found.append(heading(title, len(found) + 1, y))
        x, y, tallest = 0, y + 1, 0
        for panel in panels:
            if x + panel.width > WIDTH:
                x, y, tallest = 0, y + tallest, 0
            found.append(drawn(panel, len(found) + 1, x, y))
            x, tallest = x + panel.width, max(tallest, panel.height)
        y += tallest
    return found


def from_label(name, title, query):
    return {
        "name": name,
        "label": title,
        "type": "query",
        "datasource": DATASOURCE,
        "query": {"query": query, "refId": name},
        "refresh": 2,
        "sort": 1,
        "includeAll": True,
        "multi": True,
        "allValue": ".*",
        "current": {"selected": True, "text": ["All"], "value": ["$__all"]},
    }


def dashboard():
    source = {"name": "datasource", "label": "Data source"}
    source |= {"type": "datasource", "query": "prometheus"}
    return {
        "uid": "idphoto",
        "title": "idphoto",
        "description": "The gateway to UnionPay's ID Card Photo Verification.",
        "tags": ["idphoto"],
        "schemaVersion": 38,
        "editable": True,
        "graphTooltip": 1,
        "refresh": "30s",
        "time": {"from": "now-3h", "to": "now"},
        "templating": {
            "list": [
                source,
                from_label("job", "Job", JOBS),
                from_label("instance", "Instance", INSTANCES),
            ]
        },
        "annotations": {"list": []},
        "links": [],
        "panels": laid_out(),
    }


def main(arguments):
    text = json.dumps(dashboard(), indent=1) + "\n"
    if arguments == ["--check"]:
        if FILE.read_text() != text:
            print(f"{FILE.name} is not what panels.py says: make dashboard")
            return 1
        return 0
    FILE.write_text(text)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
