#!/usr/bin/env python3
"""Writes the clients' tables of error reasons from docs/errors.md, or with --check compares them.

A test of the gateway holds that page to `src/rpc/status/table.rs` and to the contract.
"""

import re
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs/errors.md"
PROTO = ROOT / "proto/idphoto/v1/error_reason.proto"
GO = ROOT / "clients/go"
JAVA = ROOT / "clients/java/src/main/java/idphoto/client"

# A fake has to say something.
FAKED = {"as far as the order came": "UNKNOWN", "absent": ""}
LONGEST = 100


def table():
    """Reason, code, dispatch and retry of each row of the page."""
    rows = re.findall(r"^\| `([A-Z_]+)` \| `(\w+)` \| ([^|]+) \| ([^|]+) \|", PAGE.read_text(), re.MULTILINE)
    word = lambda cell: FAKED.get(cell, cell.strip("`"))
    return [(reason, code, word(dispatch), word(retry)) for reason, code, dispatch, retry in rows]


def camel(name):
    short = ("ID", "UPI")
    return "".join(word if word in short else word.capitalize() for word in name.split("_"))


def go_constants(text):
    width = max(len(camel(reason)) for reason, *_ in table())
    lines = [f'\tReason{camel(reason):{width}} Reason = "{reason}"\n' for reason, *_ in table()]
    return re.sub(r'(?:\tReason\w+ +Reason = "\w+"\n)+', lambda _: "".join(lines), text)


def go_rows(text):
    value = lambda kind, name: f"idphoto.{kind}{camel(name)}" if name else '""'
    width = max(len(camel(reason)) for reason, *_ in table()) + 1
    lines = [
        f"\tidphoto.Reason{camel(reason) + ':':{width}} "
        f"{{codes.{camel(code)}, {value('Dispatch', dispatch)}, {value('Retry', retry)}}},\n"
        for reason, code, dispatch, retry in table()
    ]
    return re.sub(r"(?:\tidphoto\.Reason\w+: +\{codes\..*\},\n)+", lambda _: "".join(lines), text)


def java_constants(text):
    """Each with the words that it has, or else with the contract's."""
    constant = re.compile(r'    /\*\* (.+) \*/\n    public static final Reason (\w+) = new Reason\("\w+"\);\n')
    words = {reason: said for said, reason in constant.findall(text)}
    for reason, said in re.findall(r"// ERROR_REASON_(\w+): ([^.:;(]+)", PROTO.read_text()):
        words.setdefault(reason, " ".join(said.replace("//", "").split()).capitalize() + ".")
    lines = [
        f'    /** {words[reason]} */\n    public static final Reason {reason} = new Reason("{reason}");\n'
        for reason, *_ in table()
    ]
    block = r'(?:    /\*\* .+ \*/\n    public static final Reason (?!NONE)\w+ = new Reason\("\w+"\);\n)+'
    return re.sub(block, lambda _: "".join(lines), text)


def java_rows(text):
    rows = []
    for reason, code, dispatch, retry in table():
        rest = f"Code.{code}, Dispatch.{dispatch or 'NONE'}, Retry.{retry or 'NONE'})"
        line = f"            row(Reason.{reason}, {rest}"
        room = len(line) < LONGEST
        rows.append(line if room else f"            row(Reason.{reason},\n                    {rest}")
    entries = "Map.ofEntries(\n" + ",\n".join(rows) + ");\n"
    return re.sub(r"Map\.ofEntries\(\n(?:.+\n)+?(?=\n)", lambda _: entries, text)


FILES = {
    GO / "idphoto/error.go": go_constants,
    GO / "idphototest/reply.go": go_rows,
    JAVA / "Reason.java": java_constants,
    JAVA / "testing/Reply.java": java_rows,
}


def main(check):
    stale = [(path, written) for path, write in FILES.items() if (written := write(path.read_text())) != path.read_text()]
    for path, written in stale:
        if check:
            print(f"{path.relative_to(ROOT)}: not the reasons of docs/errors.md; make reasons writes them")
        else:
            path.write_text(written)
    if not stale:
        print("reasons: the clients have those of docs/errors.md")
    return 1 if stale and check else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:] == ["--check"]))
