"""The binary's archive, with man pages and completions."""

import gzip
import io
import subprocess
import tarfile
import tempfile
from pathlib import Path

from tree import DIST, ROOT, VERSION, binary, epoch, host

COMPLETIONS = {"bash": "idphoto.bash", "zsh": "_idphoto", "fish": "idphoto.fish"}


def pages(program):
    """Man pages and completions, from the binary itself."""
    found = {}
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run([program, "man", folder], check=True)
        for page in Path(folder).iterdir():
            found[f"man/{page.name}"] = page.read_bytes()
    for shell, name in COMPLETIONS.items():
        made = subprocess.run([program, "completions", shell], check=True, capture_output=True)
        found[f"completions/{name}"] = made.stdout
    return found


def write():
    program = binary()
    name = f"idphoto-{VERSION}-{host()}"
    entries = {"idphoto": program.read_bytes()}
    entries |= {file: (ROOT / file).read_bytes() for file in ("LICENSE", "README.md")}
    entries |= pages(program)
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w", format=tarfile.USTAR_FORMAT) as archive:
        for path, content in sorted(entries.items()):
            entry = tarfile.TarInfo(f"{name}/{path}")
            entry.size, entry.mtime = len(content), epoch()
            entry.mode = 0o755 if path == "idphoto" else 0o644
            archive.addfile(entry, io.BytesIO(content))
    (DIST / f"{name}.tar.gz").write_bytes(gzip.compress(packed.getvalue(), mtime=epoch()))
