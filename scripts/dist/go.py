"""A Go module proxy as a tree of files: https://go.dev/ref/mod#goproxy-protocol."""

import json

from tree import DIST, ROOT, VERSION, moment, tracked, write_zip

FOLDER = ROOT / "clients" / "go"


def module():
    return (FOLDER / "go.mod").read_text().split()[1]


def contents():
    """The module's files, by their path in it. A folder with a go.mod of its own is another module."""
    files = {path.relative_to("clients/go"): ROOT / path for path in tracked("clients/go")}
    others = {path.parent for path in files if path.name == "go.mod" and path.parent.parts}
    own = {path: file for path, file in files.items() if not others & set(path.parents)}
    return {"LICENSE": ROOT / "LICENSE"} | {path.as_posix(): file for path, file in own.items()}


def write():
    version = f"v{VERSION}"
    folder = DIST / "go" / module() / "@v"
    folder.mkdir(parents=True)
    (folder / "list").write_text(f"{version}\n")
    info = {"Version": version, "Time": moment().strftime("%Y-%m-%dT%H:%M:%SZ")}
    (folder / f"{version}.info").write_text(json.dumps(info, separators=(",", ":")))
    (folder / f"{version}.mod").write_bytes((FOLDER / "go.mod").read_bytes())
    prefix = f"{module()}@{version}/"
    entries = {prefix + path: file.read_bytes() for path, file in contents().items()}
    write_zip(folder / f"{version}.zip", entries)
