#!/usr/bin/env python3
"""Checks what deploy/ offers to run: scripts/deploy.py

- systemd takes the unit, and rates it as hardened; it leaves the time for a drain.
- Compose takes the compose file, which pins its images, publishes on loopback only, has a health
  check for each service, mounts only files that exist, and holds no secret.
- Ports, data source and dashboard agree across Prometheus, Grafana and the collector.
What the containers of the gateway and the sandbox do is tried by tests/deploy/run.py.
"""

import json
import re
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
TOOLS = ROOT / ".tools/bin"
DEPLOY = ROOT / "deploy"
UNIT = DEPLOY / "systemd/idphoto.service"
GRAFANA = DEPLOY / "grafana/provisioning"
# In tenths: 0 is a service that can do nothing, 100 one that can do everything.
EXPOSURE = 15
# Their images hold nothing that could ask.
WITHOUT_HEALTHCHECK = {"collector"}
PROGRAM = "/usr/local/bin/idphoto"


def run(*command):
    """Exit code and everything that it printed."""
    done = subprocess.run(command, cwd=DEPLOY, capture_output=True, text=True, timeout=60)
    return done.returncode, (done.stdout + done.stderr).strip()


def seconds(text):
    """Of a duration such as 90s or 1m15s."""
    units = {"": 1, "s": 1, "m": 60, "min": 60}
    return sum(int(number) * units[unit] for number, unit in re.findall(r"(\d+)([a-z]*)", text))


def longest_drain():
    """server.drain_timeout, and the second that the process takes on top."""
    example = tomllib.loads((ROOT / "idphoto.example.toml").read_text())
    return seconds(example["server"]["drain_timeout"]) + 1


def bad_unit():
    """systemd looks for the program, so it gets a unit that names one of this machine."""
    unit = UNIT.read_text()
    with tempfile.TemporaryDirectory() as folder:
        copy = Path(folder) / UNIT.name
        copy.write_text(unit.replace(f"ExecStart={PROGRAM} ", "ExecStart=/bin/true "))
        # It says what it ignores, and still ends with 0.
        code, text = run("systemd-analyze", "--man=no", "verify", str(copy))
        if code or text:
            yield f"{UNIT.name}: systemd-analyze verify: {text}"
        limit = f"--threshold={EXPOSURE}"
        code, text = run("systemd-analyze", "--no-pager", "security", "--offline=true", limit, str(copy))
        if code:
            yield f"{UNIT.name}: exposure above {EXPOSURE / 10}:\n{text}"
    if f"ExecStart={PROGRAM} serve " not in unit:
        yield f"{UNIT.name}: does not start {PROGRAM} serve"
    stop = re.search(r"^TimeoutStopSec=(\S+)$", unit, re.MULTILINE)
    if not stop or seconds(stop[1]) <= longest_drain():
        yield f"{UNIT.name}: TimeoutStopSec does not leave the time for a drain"
    if "StateDirectory=idphoto" not in unit or "WorkingDirectory=%S/idphoto" not in unit:
        yield f"{UNIT.name}: the ledger is not in a directory of its own that lasts"
    refused = re.search(r"^RestartPreventExitStatus=(.*)$", unit, re.MULTILINE)
    if not refused or "78" not in refused[1].split():
        yield f"{UNIT.name}: restarts with a wrong configuration"


def bad_service(name, service):
    """What is wrong with a service of the compose file, by itself."""
    version = tomllib.loads((ROOT / "Cargo.toml").read_text())["package"]["version"]
    image = service.get("image", "")
    if "build" in service:
        if image != f"idphoto:{version}":
            yield f"{name}: the image built here is not idphoto:{version}"
        if not (Path(service["build"]["context"]) / service["build"]["dockerfile"]).is_file():
            yield f"{name}: no Dockerfile there"
    elif not re.fullmatch(r"[\w./-]+:v?\d+\.\d+\.\d+(@sha256:[0-9a-f]{64})?", image):
        yield f"{name}: image not pinned to a version: {image!r}"
    if ("healthcheck" in service) == (name in WITHOUT_HEALTHCHECK):
        yield f"{name}: health check missing, or no longer an exception"
    for port in service.get("ports", []):
        if port.get("host_ip") != "127.0.0.1":
            yield f"{name}: port {port['target']} is published beyond loopback"
    for mount in service.get("volumes", []):
        if mount["type"] == "bind" and not Path(mount["source"]).exists():
            yield f"{name}: mounts what does not exist: {mount['source']}"
        if mount["type"] == "bind" and not mount.get("read_only"):
            yield f"{name}: may write to {mount['source']}"
    if service.get("cap_drop") != ["ALL"] or "no-new-privileges:true" not in service.get("security_opt", []):
        yield f"{name}: keeps capabilities, or may gain some"
    for key, value in (service.get("environment") or {}).items():
        if re.search("PASSWORD|SECRET|TOKEN|_KEY$", key) and value:
            yield f"{name}: holds a secret: {key}"


def bad_gateway(gateway):
    if seconds(gateway.get("stop_grace_period", "0")) <= longest_drain():
        yield "gateway: stop_grace_period does not leave the time for a drain"
    if gateway["depends_on"]["sandbox"]["condition"] != "service_healthy":
        yield "gateway: does not wait for the sandbox's keys"


def bad_ledger(gateway, volumes):
    """Orders outlive the container only in a volume that is on a disk."""
    path = gateway["environment"].get("IDPHOTO_LEDGER__URL", "").removeprefix("sqlite:")
    for mount in gateway["volumes"]:
        options = (volumes.get(mount["source"]) or {}).get("driver_opts") or {}
        if path.startswith(f"{mount['target']}/") and not mount.get("read_only") and options.get("type") != "tmpfs":
            return
    yield "gateway: the ledger is in no volume that outlives the container"


def bad_flags(service):
    code, known = run(str(TOOLS / "prometheus"), "--help")
    known = known if code == 0 else ""
    for flag in service["command"]:
        if not re.search(rf"{re.escape(flag.partition('=')[0])}(?![\w.-])", known):
            yield f"prometheus: no such flag: {flag}"


def addresses(file):
    """Hosts and ports that a file names, without its comments."""
    text = re.sub(r"^\s*#.*$", "", file.read_text(), flags=re.MULTILINE)
    return re.findall(r"([\w.-]+):(\d+)\b", text)


def bad_agreements(services):
    """Who asks whom, and whether that one listens there."""
    listens = {"prometheus": {"9090"}}
    gateway = services["gateway"]["environment"]
    listens["gateway"] = {gateway["IDPHOTO_ADMIN__LISTEN"].rpartition(":")[2]}
    command = services["sandbox"]["command"]
    listens["sandbox"] = {command[command.index("--listen") + 1].rpartition(":")[2]}
    listens["collector"] = {port for host, port in addresses(DEPLOY / "compose/collector.yaml") if host == "0.0.0.0"}
    urls = [services["sandbox"]["environment"]["OTEL_EXPORTER_OTLP_ENDPOINT"]]
    urls += [gateway["IDPHOTO_TELEMETRY__OTLP__ENDPOINT"], gateway["IDPHOTO_UPI__BASE_URL"]]
    asked = [match for url in urls for match in re.findall(r"^http://([\w.-]+):(\d+)$", url)]
    for file in (DEPLOY / "compose/gateways.yaml", GRAFANA / "datasources/prometheus.yaml"):
        found = addresses(file)
        asked += found or [(f"nobody, by {file.name}", "0")]
    for host, port in asked:
        if port not in listens.get(host, ()):
            yield f"compose: nothing listens at {host}:{port}"
    for name, service in services.items():
        for port in service.get("ports", []):
            if name in listens and str(port["target"]) not in listens[name] | {"50051"}:
                yield f"{name}: publishes {port['target']}, where it does not listen"


def bad_mounts(services):
    """Files that Prometheus, the collector and Grafana look for inside their containers."""
    targets = {name: {m["target"]: m.get("source", "") for m in s.get("volumes", [])} for name, s in services.items()}
    config = (DEPLOY / "prometheus/prometheus.yaml").read_text()
    wanted = [("prometheus", f"/etc/prometheus/{name}") for name in re.findall(r"[\w-]+\.yaml", config)]
    for name in ("prometheus", "collector"):
        command = "\n".join(services[name]["command"])
        wanted += [(name, path) for path in re.findall(r"^--config(?:\.file)?=(\S+)$", command, re.MULTILINE)]
    provider = (GRAFANA / "dashboards/idphoto.yaml").read_text()
    folder = re.search(r"^ +path: (\S+)$", provider, re.MULTILINE)[1]
    wanted += [("grafana", f"{folder}/idphoto.json"), ("grafana", "/etc/grafana/provisioning")]
    wanted += [("grafana", services["grafana"]["environment"]["GF_DASHBOARDS_DEFAULT_HOME_DASHBOARD_PATH"])]
    for name, path in wanted:
        if path not in targets[name]:
            yield f"{name}: {path} is not mounted"
    if "isDefault: true" not in (GRAFANA / "datasources/prometheus.yaml").read_text():
        yield "grafana: no default data source, which the dashboard takes"


def bad_compose():
    code, text = run(str(TOOLS / "compose-go"), "--format", "json", "compose.yaml")
    if code:
        yield f"compose.yaml: {text}"
        return
    project = json.loads(text)
    services = project["services"]
    for name, service in services.items():
        yield from bad_service(name, service)
    yield from bad_gateway(services["gateway"])
    yield from bad_ledger(services["gateway"], project["volumes"])
    yield from bad_flags(services["prometheus"])
    yield from bad_agreements(services)
    yield from bad_mounts(services)


def main():
    defects = [*bad_unit(), *bad_compose()]
    print("\n".join(defects) or "systemd unit and compose file hold")
    return 1 if defects else 0


if __name__ == "__main__":
    sys.exit(main())
