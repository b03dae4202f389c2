#!/usr/bin/env python3
"""Draws the module graph of src, and fails on what should not be in it. Tests do not count.

- A circle: files that import each other, directly or through others. What a file takes from the
  modules that it is a part of does not count: it is theirs together.
- An import against the layers, which a table of CONTRIBUTING.md names.
"""

import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
LAYERS = re.compile(r"^\| ((?:`\w+`(?:, )?)+) \| (nothing|everything|(?:`\w+`(?:, )?)+) \|$", re.MULTILINE)

QUOTED = re.compile(r'"(?:\\.|[^"\\])*"|//.*')
TESTS = re.compile(
    r"#\[cfg\((?:test|fuzzing)\)\]\s*(?:pub(?:\(\w+\))? )?(?:mod \w+;|mod \w+ \{.*?^\}|use [^;]+;)",
    re.DOTALL | re.MULTILINE,
)
CHILD = re.compile(r"\bmod (\w+);")
USE = re.compile(r"\buse ([^;]+);")


def sources():
    """The production text of each file, by its module such as ("rpc", "status")."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "src/*.rs"]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    texts = {}
    for line in set(listed.stdout.split()) - {"src/main.rs", "src/lib.rs"}:
        if (ROOT / line).exists():
            text = QUOTED.sub("", (ROOT / line).read_text())
            texts[tuple(line[4:-3].split("/"))] = TESTS.sub("", text)
    kept = {}
    for module in sorted(texts, key=len):
        # What is a part of tests is not declared by what was kept.
        if len(module) == 1 or module[-1] in CHILD.findall(kept.get(module[:-1], "")):
            kept[module] = texts[module]
    return kept


def expanded(path):
    """The paths within braces, each whole."""
    inner = re.search(r"\{([^{}]*)\}", path)
    if not inner:
        return {path.strip()}
    found = set()
    for leaf in filter(None, map(str.strip, inner[1].split(","))):
        found |= expanded(path[: inner.start()] + leaf + path[inner.end() :])
    return found


def named(text):
    """Every path of ours in a module's text, as words."""
    ours = {"crate", "super", "self", *CHILD.findall(text)}
    paths = set().union(*map(expanded, USE.findall(text)))
    paths.update(re.findall(r"(?<![\w:.])\w+(?:::\w+)+", USE.sub("", text)))
    return [words for words in (path.split("::") for path in paths) if words[0] in ours]


def found(module, words, texts):
    """The file that a path names."""
    at = () if words[0] == "crate" else module
    for word in words:
        if word == "super":
            at = at[:-1]
        elif (*at, word) in texts:
            at = (*at, word)
        elif word not in ("crate", "self"):
            break
    return at


def graph():
    texts = sources()
    edges = {}
    for module, text in texts.items():
        others = {found(module, words, texts) for words in named(text)} - {()}
        edges[module] = {other for other in others if other != module[: len(other)]}
    return edges


def reached(edges, start):
    seen, ahead = set(), [start]
    while ahead:
        for other in edges[ahead.pop()] - seen:
            seen.add(other)
            ahead.append(other)
    return seen


def circles(edges):
    """The groups of files each of which reaches all others, as text."""
    reach = {module: reached(edges, module) for module in edges}
    groups = {
        frozenset(other for other in reach[module] if module in reach[other])
        for module in edges
        if module in reach[module]
    }
    return {" ".join(sorted("::".join(module) for module in group)) for group in groups}


def layers():
    """What each module of src may import; `None` for everything."""
    allowed = {}
    for modules, imports in LAYERS.findall((ROOT / "CONTRIBUTING.md").read_text()):
        names = None if imports == "everything" else set(re.findall(r"`(\w+)`", imports))
        allowed |= dict.fromkeys(re.findall(r"`(\w+)`", modules), names)
    return allowed


def against(edges, allowed):
    for module, others in edges.items():
        may = allowed.get(module[0], set())
        for other in others:
            if may is not None and other[0] not in may | {module[0]}:
                yield f"{'::'.join(module)} -> {other[0]}"


def main():
    edges, allowed = graph(), layers()
    defects = [
        f"CONTRIBUTING.md: the table of layers and src differ in {name}"
        for name in sorted({module[0] for module in edges} ^ set(allowed))
    ]
    defects += [f"src: a circle of files: {one}" for one in sorted(circles(edges))]
    defects += [f"src: an import against the layers: {one}" for one in sorted(against(edges, allowed))]
    print("\n".join(defects) or f"modules: {len(edges)} files, no circle, no import against the layers")
    return 1 if defects else 0


if __name__ == "__main__":
    sys.exit(main())
