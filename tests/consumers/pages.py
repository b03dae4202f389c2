"""The blocks of a client's page, as they stand there.

A block ```LANGUAGE FILE is that file; a block ```sh after `## Install` that names no file is run when it
follows one of those. Nothing is changed but the two things that a reader puts in: the gateway's address and a photo.
"""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
ADDRESS = "localhost:50051"
FENCE = re.compile(r"^```(\w+)(?: (\S+))?\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def install(page, part=None):
    """The files and the first commands that the section of installing shows before its parts, or with one of them."""
    text = (ROOT / page).read_text()
    section = re.split(r"^## ", text.split("\n## Install\n", 1)[1], maxsplit=1, flags=re.MULTILINE)[0]
    first, *others = re.split(r"^### ", section, flags=re.MULTILINE)
    parts = {other.split("\n", 1)[0]: other for other in others}
    wanted = [first] + ([parts[part]] if part else [])
    files = {name: content for _, name, content in FENCE.findall("".join(wanted)) if name}
    commands = [content for language, name, content in FENCE.findall(wanted[-1]) if language == "sh" and not name]
    if not files or not commands:
        raise SystemExit(f"{page}: no files or no commands under Install")
    return files, commands[0]
