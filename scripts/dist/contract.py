"""The contract: a descriptor set, and a folder that `buf push` takes."""

import shutil
import subprocess

from tree import DIST, ROOT, tracked

BUF = ROOT / ".tools" / "bin" / "buf"


def write():
    folder = DIST / "proto"
    module = folder / "module"
    for path in [path for path in tracked("proto") if path.suffix == ".proto" or path.name == "buf.yaml"]:
        copy = module / path.relative_to("proto")
        copy.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / path, copy)
    shutil.copyfile(ROOT / "LICENSE", module / "LICENSE")
    subprocess.run([BUF, "build", "--output", folder / "idphoto.binpb"], cwd=module, check=True)
