#!/usr/bin/env python3
"""Compares what is written about configuration keys with the keys themselves.

`idphoto config schema` comes in on standard input. What follows from it:

- idphoto.schema.json is it;
- idphoto.example.toml, from its first section on;
- the table of keys in docs/configuration.md.

With --write it writes them.
"""

import json
import sys
import textwrap
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
RULE = "# " + "-" * 64
TABLE = "| key | default | expected | what it does |\n|---|---|---|---|\n"


def toml(value):
    """A value on one line."""
    if isinstance(value, dict):
        members = ", ".join(f"{name} = {toml(it)}" for name, it in value.items())
        return f"{{ {members} }}" if members else "{}"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def tables(schema, path=()):
    """Every table with its keys, those of a table before its tables."""
    properties = schema["properties"].items()
    keys = {name: it for name, it in properties if "properties" not in it}
    if keys:
        yield ".".join(path), schema, keys
    for name, it in properties:
        if "properties" in it:
            yield from tables(it, (*path, name))


def comment(text):
    return "\n".join(textwrap.wrap(text, 98, initial_indent="# ", subsequent_indent="# "))


def entry(name, key):
    """A list of tables that stands before all others, as one of its tables that is commented out."""
    example = key["x-example"][0]
    order = [member for member in key["items"]["properties"] if member in example]
    members = (f"# {member} = {toml(example[member])}" for member in order)
    return "\n".join([comment(key["description"]), f"# [[{name}]]", *members, ""])


def setting(name, key):
    about = ("Mandatory. " if key["x-mandatory"] else "") + key["description"]
    if "enum" in key:
        about += " One of " + ", ".join(f'"{choice}"' for choice in key["enum"]) + "."
    line = f"{name} = {toml(key['default'])}" if "default" in key else f"# {name} = {toml(key['x-example'])}"
    return f"{comment(about)}\n{line}\n"


def section(path, table, keys):
    if not path:
        return "\n".join([f"{RULE} who may call", *(entry(*key) for key in keys.items())])
    head = [f"{RULE} {table['title']}"] if table["title"] else []
    head += [comment(table["description"])] if table["description"] else []
    return "\n".join([*head, f"[{path}]", "", "\n".join(setting(*key) for key in keys.items())])


def example(text, schema):
    head, _, _ = text.partition(RULE)
    return head + "\n".join(section(*table) for table in tables(schema))


def row(path, name, key):
    default = f"`{toml(key['default'])}`" if "default" in key else "not set"
    default = "mandatory" if key["x-mandatory"] else default
    place = f"{path}.{name}" if path else name
    return f"| `{place}` | {default} | {key['x-expected']} | {key['description']} |\n"


def reference(text, schema):
    head, _, _ = text.partition(TABLE)
    rows = (row(path, name, key) for path, _, keys in tables(schema) for name, key in keys.items())
    return head + TABLE + "".join(rows)


def main():
    printed = sys.stdin.read()
    schema = json.loads(printed)
    differ = False
    for name, made in [
        ("idphoto.schema.json", lambda _: printed),
        ("idphoto.example.toml", lambda text: example(text, schema)),
        ("docs/configuration.md", lambda text: reference(text, schema)),
    ]:
        path = ROOT / name
        text = path.read_text() if path.exists() else ""
        if made(text) == text:
            continue
        if "--write" in sys.argv:
            path.write_text(made(text))
        else:
            print(f"{name} differs from the keys: run make docs")
            differ = True
    if not differ:
        print("configuration: schema, example and reference hold")
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())
