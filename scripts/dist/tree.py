"""What every part of dist/ shares: the version, the time, the files that git knows, archives without chance."""

import os
import re
import subprocess
import tomllib
import zipfile
from datetime import datetime, timezone
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
DIST = ROOT / "dist"
WORK = ROOT / "target" / "dist"
VERSION = tomllib.loads((ROOT / "Cargo.toml").read_text())["package"]["version"]


def output(*command):
    return subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout


def epoch():
    """Seconds: SOURCE_DATE_EPOCH, or the last commit."""
    return int(os.environ.get("SOURCE_DATE_EPOCH") or output("git", "log", "-1", "--format=%ct"))


def moment():
    return datetime.fromtimestamp(epoch(), timezone.utc)


def tracked(*folders):
    """The files below these folders that git knows, sorted, as paths from the root."""
    listed = output("git", "ls-files", "-z", "--", *folders).split("\0")
    return sorted(Path(name) for name in listed if name and (ROOT / name).is_file())


def binary():
    target = os.environ.get("CARGO_TARGET_DIR", "target")
    return Path(os.environ.get("IDPHOTO_BIN") or ROOT / target / "release" / "idphoto").resolve()


def host():
    return re.search(r"^host: (\S+)", output("rustc", "-vV"), re.MULTILINE)[1]


def write_zip(path, entries):
    """Sorted, one time and one mode for all: the same bytes for the same contents."""
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(entries.items()):
            info = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
            info.external_attr = 0o644 << 16
            info.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(info, content)
