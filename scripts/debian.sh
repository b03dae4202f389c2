#!/usr/bin/env bash
# Installs the Debian packages that are missing: scripts/debian.sh PACKAGE...
# Without root or apt it only tells, and whoever needs one of them fails by its name later.
set -euo pipefail

missing=()
for package in "$@"; do
    if [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" != installed ]; then
        missing+=("$package")
    fi
done
if [ "${#missing[@]}" -eq 0 ]; then
    exit 0
fi
if ! command -v apt-get >/dev/null || [ "$(id -u)" -ne 0 ]; then
    echo "not installed, and left so: ${missing[*]}"
    exit 0
fi

apt() {
    DEBIAN_FRONTEND=noninteractive timeout 600 apt-get -qq -o DPkg::Lock::Timeout=120 "$@" >/dev/null
}

echo "installing from Debian: ${missing[*]}"
for attempt in 1 2; do
    code=0
    { apt update && apt install -y --no-install-recommends "${missing[@]}"; } || code=$?
    if [ "$code" -ne 124 ]; then
        exit "$code"
    fi
    echo "timed out (attempt $attempt)"
done
exit 1
