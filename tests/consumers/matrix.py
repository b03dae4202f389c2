#!/usr/bin/env python3
"""The program of the Java page beside the BOMs of Java teams: the enforcer passes, and a call is answered.

Each variant runs with every JDK from 17 on that this machine has. Words name some of them: matrix.py newest alone
"""

import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path

from gateway import Gateway
from pages import install
from run import DIST, PHOTO, compared, forget_java

PAGE = "clients/java/README.md"
PROTOBUF = "com.google.protobuf:protobuf-bom"
GRPC = "io.grpc:grpc-bom"
SPRING = "org.springframework.grpc:spring-grpc-dependencies"
GOOGLE = "com.google.cloud:libraries-bom"
VARIANTS = {
    "alone": [],
    "Spring gRPC 1.0.0": [f"{SPRING}:1.0.0"],
    "Spring gRPC 1.0.2": [f"{SPRING}:1.0.2"],
    "grpc-bom, oldest": [f"{GRPC}:1.76.3"],
    "grpc-bom, newest": [f"{GRPC}:1.85.1"],
    "libraries-bom": [f"{GOOGLE}:26.89.0"],
    "protobuf 3.25 forced": [f"{PROTOBUF}:3.25.8", f"{SPRING}:1.0.0"],
    "newest": [f"{PROTOBUF}:4.36.2", f"{GRPC}:1.85.1"],
}
ENFORCER = """\
      <plugin>
        <groupId>org.apache.maven.plugins</groupId>
        <artifactId>maven-enforcer-plugin</artifactId>
        <version>3.6.2</version>
        <configuration>
          <rules>
            <requireUpperBoundDeps/>
            <dependencyConvergence/>
          </rules>
        </configuration>
        <executions>
          <execution>
            <goals>
              <goal>enforce</goal>
            </goals>
          </execution>
        </executions>
      </plugin>
"""


def imported(boms):
    """dependencyManagement with these BOMs: the first that knows an artifact wins."""
    entries = ""
    for group, artifact, version in (bom.split(":") for bom in boms):
        entries += (
            f"<dependency><groupId>{group}</groupId><artifactId>{artifact}</artifactId>"
            f"<version>{version}</version><type>pom</type><scope>import</scope></dependency>"
        )
    managed = f"<dependencyManagement><dependencies>{entries}</dependencies></dependencyManagement>"
    return managed if boms else ""


def jdks():
    """One JDK of each version from 17 on: the folders of the system, JAVA_HOME's default last."""
    found = {}
    for compiler in sorted(Path("/usr/lib/jvm").glob("*/bin/javac")):
        home = compiler.parent.parent.resolve()
        release = home / "release"
        version = release.exists() and re.search(r'JAVA_VERSION="(\d+)', release.read_text())
        if version and int(version[1]) >= 17:
            found[int(version[1])] = home
    return found or {0: None}


def prepare(folder, boms):
    files, _ = install(PAGE)
    pom = files["pom.xml"].replace("  <dependencies>", f"  {imported(boms)}\n  <dependencies>", 1)
    files["pom.xml"] = pom.replace("    </plugins>\n", f"{ENFORCER}    </plugins>\n", 1)
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)


def passes(name, boms, home, address):
    command = ["mvn", "--batch-mode", "--quiet", "--no-transfer-progress", "compile"]
    command += ["org.codehaus.mojo:exec-maven-plugin:3.5.0:java", "-Dexec.mainClass=shop.Onboarding"]
    command += [f"-Dexec.args={address} {PHOTO}"]
    environment = os.environ | {"DIST": str(DIST)} | ({"JAVA_HOME": str(home)} if home else {})
    with tempfile.TemporaryDirectory() as folder:
        prepare(Path(folder), boms)
        ended = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True)
    good = ended.returncode == 0 and compared(ended.stdout)
    if not good:
        print(f"exit code {ended.returncode}")
        print("\n".join((ended.stdout + ended.stderr).splitlines()[:60]))
    print(f"{'ok' if good else 'FAILED'}: {name}", flush=True)
    return good


def main():
    results = []
    chosen = {name: boms for name, boms in VARIANTS.items() if not sys.argv[1:] or name in sys.argv[1:]}
    forget_java()
    with Gateway() as gateway:
        for version, home in sorted(jdks().items()):
            for name, boms in chosen.items():
                results.append(passes(f"{name}, JDK {version}", boms, home, gateway.address))
    forget_java()
    print(f"{results.count(True)} passed, {results.count(False)} failed")
    return 0 if results and all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
