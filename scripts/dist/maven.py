"""A Maven repository as a tree of files: jar, sources, Javadoc, a POM that stands alone, checksums."""

import hashlib
import re
import shutil
import subprocess
import xml.etree.ElementTree as xml

from tree import DIST, ROOT, VERSION, WORK, moment, tracked

SPACE = "http://maven.apache.org/POM/4.0.0"
SUMS = ("md5", "sha1", "sha256")
# Our own tests and build; a consumer has no use for it.
BUILD_ONLY = ("build", "dependencyManagement", "properties")
# The property that says the version, for what the POM gets from an imported BOM.
MANAGED = {"io.grpc": "grpc.version", "org.junit.jupiter": "junit.version"}


def staged():
    """A copy of what the jar is made of, with the version of the release."""
    stage = WORK / "java"
    shutil.rmtree(stage, ignore_errors=True)
    for path in tracked("proto", "clients/java"):
        (stage / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(ROOT / path, stage / path)
    folder = stage / "clients" / "java"
    licence = folder / "src" / "main" / "resources" / "META-INF" / "LICENSE"
    licence.parent.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(ROOT / "LICENSE", licence)
    pom = folder / "pom.xml"
    text = pom.read_text().replace(f"<version>{VERSION}-SNAPSHOT<", f"<version>{VERSION}<", 1)
    pom.write_text(text)
    if f"<version>{VERSION}</version>" not in text:
        raise SystemExit(f"clients/java/pom.xml is not of version {VERSION}-SNAPSHOT")
    return folder


def package(folder):
    time = moment().strftime("%Y-%m-%dT%H:%M:%SZ")
    command = ["mvn", "--batch-mode", "--quiet", "--no-transfer-progress", "-Dmaven.test.skip=true"]
    command += [f"-Dproject.build.outputTimestamp={time}", "package"]
    ended = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    if ended.returncode:
        raise SystemExit(f"{ended.stdout}{ended.stderr}Maven ended with {ended.returncode}")


def consumable(pom):
    """The POM without build, tests and properties, each dependency with its version."""
    xml.register_namespace("", SPACE)
    project = xml.parse(pom).getroot()
    properties = {entry.tag.partition("}")[2]: entry.text for entry in project.find("{*}properties")}
    for name in BUILD_ONLY:
        project.remove(project.find(f"{{*}}{name}"))
    dependencies = project.find("{*}dependencies")
    for dependency in list(dependencies):
        if dependency.findtext("{*}scope") == "test":
            dependencies.remove(dependency)
        else:
            resolve(dependency, properties)
    xml.indent(project)
    return xml.tostring(project, encoding="UTF-8", xml_declaration=True) + b"\n"


def resolve(dependency, properties):
    version = dependency.find("{*}version")
    if version is None:
        name = MANAGED[dependency.findtext("{*}groupId")]
        version = xml.Element(f"{{{SPACE}}}version")
        version.text = properties[name]
        dependency.insert(2, version)
    version.text = re.sub(r"\$\{(.+?)\}", lambda match: properties[match[1]], version.text)


def metadata():
    updated = moment().strftime("%Y%m%d%H%M%S")
    return (
        '<?xml version="1.0" encoding="UTF-8"?>\n<metadata>\n'
        "  <groupId>example.idphoto</groupId>\n  <artifactId>idphoto-client</artifactId>\n"
        f"  <versioning>\n    <latest>{VERSION}</latest>\n    <release>{VERSION}</release>\n"
        f"    <versions>\n      <version>{VERSION}</version>\n    </versions>\n"
        f"    <lastUpdated>{updated}</lastUpdated>\n  </versioning>\n</metadata>\n"
    )


def write():
    folder = staged()
    package(folder)
    artifact = DIST / "maven" / "example" / "idphoto" / "idphoto-client"
    release = artifact / VERSION
    release.mkdir(parents=True)
    name = f"idphoto-client-{VERSION}"
    for end in (".jar", "-sources.jar", "-javadoc.jar"):
        shutil.copyfile(folder / "target" / f"{name}{end}", release / f"{name}{end}")
    (release / f"{name}.pom").write_bytes(consumable(folder / "pom.xml"))
    (artifact / "maven-metadata.xml").write_text(metadata())
    for file in sorted(path for path in artifact.rglob("*") if path.is_file()):
        for kind in SUMS:
            digest = hashlib.new(kind, file.read_bytes()).hexdigest()
            file.with_name(f"{file.name}.{kind}").write_text(digest)
